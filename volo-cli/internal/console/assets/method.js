// The middle: one method and the request that is written for it.

import * as api from "./api.js";
import { copy, h, id, shortcut } from "./dom.js";
import { Editor } from "./editor.js";
import { Form } from "./form.js";
import { JSONFault, indexOf, parse, pathAt, print } from "./json.js";
import { Metadata } from "./metadata.js";
import { Past, Run } from "./run.js";
import { kindOf, kindTitles } from "./schema.js";
import { command } from "./shell.js";
import { link, options } from "./types.js";

// mostLive is how many calls one page has at once.
const mostLive = 4;

// A Page is what is written for one method, kept while others are looked at.
export class Page {
  // on.type shows a type; on.run is told of each call that begins, on.changed of
  // what happens to one, on.over of its end.
  constructor(schema, key, peer, on) {
    this.schema = schema;
    this.key = key;
    this.method = schema.methods.get(key);
    this.peer = peer;
    this.on = on;
    this.mode = "form";
    this.run = null;
    this.editor = new Editor("Request as JSON", () => this.shell());
    this.metadata = new Metadata(peer, schema.grpc, () => this.shell());
    this.parts = {
      mode: { form: this.tab("form", "Form"), json: this.tab("json", "JSON") },
      body: h("div", { class: "body", role: "tabpanel", id: id("request") }),
      fault: h("p", { class: "fault general", role: "alert" }),
      timeout: h("input", { id: id("timeout"), class: "timeout", size: "8", placeholder: this.streams() ? "none" : "30s", value: peer.timeout, spellcheck: "false", oninput: () => this.shell() }),
      bar: h("div", { class: "bar" }),
      shell: h("pre", { class: "shell" }),
    };
    this.parts.mode.form.setAttribute("aria-controls", this.parts.body.id);
    this.parts.mode.json.setAttribute("aria-controls", this.parts.body.id);
    this.tree(schema.first(this.method.request));
    this.element = this.build();
    this.show();
    this.drawBar();
  }

  streams() {
    return this.method.client_streams || this.method.server_streams;
  }

  tab(mode, text) {
    return h(
      "button",
      {
        type: "button",
        role: "tab",
        onclick: () => this.turn(mode),
        onkeydown: (e) => {
          if (e.key !== "ArrowLeft" && e.key !== "ArrowRight") return;
          this.turn(mode === "form" ? "json" : "form");
          this.parts.mode[this.mode].focus();
        },
      },
      text,
    );
  }

  build() {
    const m = this.method;
    const kind = kindOf(m);
    const p = this.parts;
    return h(
      "div",
      { class: "method" },
      h("p", { class: "crumb" }, this.key.slice(0, this.key.lastIndexOf("/"))),
      h("h2", {}, m.name, h("span", { class: `kind ${kind}`, title: kindTitles[kind] }, kind)),
      this.signature(),
      m.doc?.trim() && h("p", { class: "doc" }, m.doc.trim()),
      options(m.options),
      h(
        "div",
        { class: "request" },
        h(
          "div",
          { class: "tools" },
          h("div", { class: "tabs", role: "tablist", "aria-label": "Request as" }, p.mode.form, p.mode.json),
          h("span", { class: "grow" }),
          h("button", { type: "button", class: "small", title: "Every field, with its default or zero", onclick: () => this.write(this.template()) }, "All fields"),
          h("button", { type: "button", class: "small", title: "Only what there has to be", onclick: () => this.write(this.schema.first(m.request)) }, "Clear"),
          copy("Copy the request", () => this.text()),
        ),
        p.body,
      ),
      p.fault,
      h(
        "details",
        { class: "box", open: this.metadata.pairs.length > 0 },
        h("summary", {}, "Metadata and timeout", this.metadata.count),
        this.metadata.element,
        h("p", { class: "field" }, h("label", { for: p.timeout.id }, "Timeout"), p.timeout),
      ),
      h("details", { class: "box", ontoggle: () => this.shell() }, h("summary", {}, "In a shell"), h("div", { class: "shell-box" }, p.shell, copy("Copy the command", () => this.command()))),
      p.bar,
    );
  }

  signature() {
    const m = this.method;
    const show = this.on.type;
    if (this.schema.grpc) {
      const side = (streams, type) => [streams && "stream ", link(type, show)];
      return h("p", { class: "signature" }, "(", side(m.client_streams, m.request), ") → ", side(m.server_streams, m.response));
    }
    const list = (members) => members.flatMap((a, i) => [i > 0 && ", ", link(a.type, show), " ", a.name]);
    const args = this.schema.types[m.request.name];
    return h("p", { class: "signature" }, "(", args?.kind === "arguments" ? list(args.members ?? []) : link(m.request, show), ") → ", m.oneway ? "nothing" : link(m.response, show), m.throws?.length ? [" throws ", list(m.throws)] : null);
  }

  template() {
    return parse(JSON.stringify(this.method.template));
  }

  // text is the request as it is now.
  text() {
    return this.mode === "json" ? this.editor.text : print(this.form.root);
  }

  // tree has the form show a tree.
  tree(root) {
    this.form = new Form(this.schema, this.method.request, root, {
      changed: () => {
        this.form.clear();
        this.parts.fault.textContent = "";
        this.shell();
      },
      type: this.on.type,
    });
  }

  // write replaces the request, in either mode.
  write(root) {
    this.parts.fault.textContent = "";
    if (this.mode === "json") this.editor.text = print(root);
    else this.tree(root);
    this.show();
  }

  // turn changes between form and JSON. JSON that is none has no form.
  turn(mode) {
    if (mode === this.mode) return;
    this.parts.fault.textContent = "";
    if (mode === "json") {
      this.editor.text = print(this.form.root);
    } else {
      try {
        this.tree(parse(this.editor.text));
      } catch (e) {
        if (!(e instanceof JSONFault)) throw e;
        return this.editor.mark(e.message, e.index);
      }
    }
    this.mode = mode;
    this.show();
  }

  show() {
    for (const [mode, tab] of Object.entries(this.parts.mode)) {
      tab.setAttribute("aria-selected", String(mode === this.mode));
      tab.tabIndex = mode === this.mode ? 0 : -1;
    }
    this.parts.body.replaceChildren(this.mode === "form" ? this.form.element : this.editor.element);
    if (this.mode === "json") this.editor.draw();
    this.shell();
  }

  // drawBar shows what can be done now.
  drawBar() {
    const m = this.method;
    const live = this.run && !this.run.over;
    const main = (text, off) => h("button", { type: "button", class: "send", disabled: off, title: `${text} (${shortcut})`, onclick: () => this.send() }, text, h("kbd", {}, shortcut));
    const other = (text, f) => h("button", { type: "button", onclick: f }, text);
    const parts = [];
    if (!this.peer.target) parts.push(h("span", { class: "note" }, "There is no target to call; name one when you start volo console."));
    else if (!m.client_streams) parts.push(main("Send", live));
    else if (!live) parts.push(main("Start and send"), other("Start", () => this.start()));
    else parts.push(main("Send message", this.run.ended), !this.run.ended && other("End of messages", () => this.attempt(() => this.run.end())));
    if (live) parts.push(h("button", { type: "button", class: "cancel", onclick: () => this.run.cancel() }, "Cancel"));
    const state = parts.filter(Boolean).map((p) => p.textContent + p.disabled).join();
    if (state === this.state) return;
    const focused = this.parts.bar.contains(document.activeElement);
    this.state = state;
    this.parts.bar.replaceChildren(...parts.filter(Boolean));
    if (focused) this.parts.bar.querySelector("button:not(:disabled)")?.focus();
  }

  // what is the call as /api/calls takes it.
  what() {
    return { method: this.key, text: this.method.client_streams ? "" : this.text(), ...this.metadata.lists(), timeout: this.parts.timeout.value.trim() };
  }

  // send sends the request: it begins a call or, in a stream, goes on with one.
  async send() {
    if (!this.peer.target) return;
    const live = this.run && !this.run.over;
    const text = this.text();
    await this.attempt(async () => {
      if (!this.method.client_streams) return live ? undefined : this.start();
      if (live && this.run.ended) return;
      if (!live) {
        const fault = await api.check(this.key, text);
        if (fault) return this.fault(fault);
        this.start();
      }
      if (this.run && !this.run.over) await this.run.send(text);
    });
  }

  // start begins a call.
  start() {
    if (this.on.live() >= mostLive) {
      this.parts.fault.textContent = `${mostLive} calls are running; end one of them first. Browsers have six connections to a server, and each call takes one.`;
      return;
    }
    const run = new Run(this.method, this.what(), () => {
      this.drawBar();
      this.on.changed(this, run);
    });
    run.text = this.text();
    this.run = run;
    this.parts.fault.textContent = "";
    this.form.clear();
    if (this.mode === "json") this.editor.mark();
    this.on.run(this, run);
    this.drawBar();
    return this.attempt(async () => {
      try {
        await run.begin();
      } finally {
        this.drawBar();
        this.on.over(this, run);
      }
    });
  }

  // attempt tells what f throws.
  async attempt(f) {
    try {
      await f();
    } catch (e) {
      if (!(e instanceof api.Failure)) throw e;
      if (e.fault) this.fault(e.fault);
      else this.parts.fault.textContent = e.message;
    }
  }

  // fault shows what is wrong with the request, where it is wrong.
  fault(fault) {
    if (this.mode === "json") return this.editor.fault(fault);
    if (fault.line) {
      const text = this.text();
      try {
        if (this.form.fault(pathAt(parse(text), indexOf(text, fault.line, fault.column)), fault.message)) return;
      } catch (e) {
        if (!(e instanceof JSONFault)) throw e;
      }
    }
    this.parts.fault.textContent = fault.message;
  }

  // restore brings a call of the history back. One that runs goes on.
  restore(entry) {
    if (!this.run || this.run.over) this.run = new Past(this.method, entry);
    this.metadata.restore(entry);
    this.parts.timeout.value = entry.timeout;
    this.rewrite(entry.text);
  }

  // rewrite replaces the request by a text, which need not be JSON.
  rewrite(text) {
    try {
      this.write(parse(text));
    } catch (e) {
      if (!(e instanceof JSONFault)) throw e;
      this.mode = "json";
      this.editor.text = text;
      this.show();
    }
  }

  // draft is what somebody has written, for a page that takes the place of this
  // one; adopt takes it.
  draft() {
    return { text: this.text(), mode: this.mode, pairs: this.metadata.pairs, timeout: this.parts.timeout.value, run: this.run?.over ? this.run : null };
  }

  adopt({ text, mode, pairs, timeout, run }) {
    this.metadata.pairs = pairs;
    this.metadata.draw();
    this.parts.timeout.value = timeout;
    this.run = run;
    this.rewrite(text);
    this.turn(mode);
  }

  command() {
    const run = this.run;
    const compact = (text) => {
      try {
        return print(parse(text), "");
      } catch {
        return text;
      }
    };
    const sent = run?.messages.filter((m) => m.sent).map((m) => compact(m.text)) ?? [];
    const texts = this.method.client_streams && sent.length ? sent : [compact(this.text())];
    return command(this.peer.command, this.method, this.what(), texts);
  }

  shell() {
    this.parts.shell.textContent = this.command();
  }
}
