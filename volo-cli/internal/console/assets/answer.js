// The right side: what has come of a call.

import { copy, duration, h, later, shortcut, size } from "./dom.js";
import { colours } from "./editor.js";
import { parse, print } from "./json.js";
import { short } from "./form.js";

// pretty is a text of JSON on many lines.
function pretty(text) {
  try {
    return print(parse(text));
  } catch {
    return text; // nested more deeply than we read
  }
}

const code = (text) => h("pre", { class: "code" }, colours(text));

// An Answer shows a run.
export class Answer {
  constructor(element) {
    this.element = element;
    this.run = null;
    this.soon = later(() => this.draw(), 40);
  }

  // show shows a run, null for none.
  show(run) {
    if (this.run !== run) this.shown = null;
    this.run = run;
    this.draw();
  }

  // changed shows what is new of a run, if it is the one that is shown.
  changed(run) {
    if (this.run !== run) return;
    if (run.over) this.draw();
    else this.soon();
  }

  draw() {
    const run = this.run;
    if (!run) {
      const keys = [[shortcut, "sends the request"], ["/", "looks for a method or a type"]];
      this.element.replaceChildren(h("p", { class: "note" }, "The response will be here."), h("dl", { class: "keys" }, keys.map(([key, what]) => [h("dt", {}, key), h("dd", {}, what)])));
      return;
    }
    if (!this.shown) {
      this.shown = { head: h("div", { class: "outcome", role: "status" }), messages: h("div", { class: "messages" }), rest: h("div", {}), count: 0, list: [] };
      this.element.replaceChildren(this.shown.head, this.shown.messages, this.shown.rest);
    }
    this.shown.head.replaceChildren(...this.head(run));
    this.messages(run);
    if (run.header || run.over) this.shown.rest.replaceChildren(...this.rest(run));
  }

  head(run) {
    const parts = [badge(run)];
    if (run.past) parts.push(h("span", { class: "fact" }, h("span", {}, "from the history,"), run.past.toLocaleString()));
    const fact = (name, value) => parts.push(h("span", { class: "fact" }, h("span", {}, name), value));
    if (run.over) fact("total", duration(run.took));
    if (run.streams && run.first) fact("first message", duration(run.first));
    if (run.streams) fact("messages", run.method.client_streams ? `${run.sent} out, ${run.received} in` : `${run.received}`);
    const wire = run.reply?.timing.received_bytes;
    if (wire && !run.streams) fact("size", size(wire));
    else if (run.bytes) fact("size", `${size(run.bytes)} of JSON`);
    if (run.reply?.peer) fact("from", run.reply.peer);
    return parts;
  }

  // messages adds what is new, and takes away what the run has dropped.
  messages(run) {
    const { messages: box, list } = this.shown;
    if (run.error && run.over && !this.shown.error) {
      this.shown.error = true;
      box.before(failure(run.error));
    }
    const total = run.dropped + run.messages.length;
    const follow = this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight < 80;
    for (let i = Math.max(this.shown.count, run.dropped); i < total; i++) {
      const card = message(run, run.messages[i - run.dropped], i);
      list.push(card);
      box.append(card);
    }
    this.shown.count = total;
    while (list.length > run.messages.length) list.shift().remove();
    if (run.dropped) {
      this.shown.note ??= h("p", { class: "note" });
      this.shown.note.textContent = `The last ${run.messages.length} of ${total} messages`;
      box.prepend(this.shown.note);
    }
    if (run.streams && follow && !run.over) this.element.scrollTop = this.element.scrollHeight;
    if (run.past && run.received > 0 && run.messages.length === 0 && !this.shown.empty) {
      this.shown.empty = true;
      box.append(h("p", { class: "note" }, "The response was too long to be kept."));
    }
    if (run.over && !run.error && run.received === 0 && !this.shown.empty) {
      this.shown.empty = true;
      box.append(h("p", { class: "note" }, run.method.oneway ? "Sent. A oneway method has no response." : "The call has ended without a message."));
    }
  }

  rest(run) {
    const parts = [];
    const pairs = (title, all) => all?.length && parts.push(table(title, all));
    pairs("Headers", run.header ?? run.reply?.header);
    pairs("Trailers", run.reply?.trailer);
    pairs("Backward metadata", run.reply?.backward);
    if (run.reply && !run.streams) parts.push(...timing(run.reply.timing));
    return parts;
  }
}

// badge says in a word how it has ended.
export function badge(run) {
  if (!run.over) return h("span", { class: "badge running" }, run.id ? "running" : "connecting");
  if (!run.error) return h("span", { class: "badge ok" }, run.method.oneway ? "sent" : "OK");
  const e = run.error;
  const text = { exception: short(e.name ?? ""), business: `business error ${e.code}`, status: e.name, local: "not sent" }[e.kind] ?? e.name;
  return h("span", { class: `badge ${e.kind === "transport" || e.kind === "local" ? "lost" : "failed"}` }, text || "failed");
}

// message is one message: for methods with one answer, that alone.
function message(run, m, i) {
  const text = pretty(m.text);
  const head = h(
    "header",
    {},
    run.streams && h("span", { class: "way" }, m.sent ? "→ sent" : "← received"),
    run.streams && h("span", { class: "number" }, `#${i + 1}`),
    run.streams && h("time", {}, duration(m.at)),
    h("span", { class: "grow" }),
    copy(m.sent ? "Copy this message" : "Copy the response", () => text),
  );
  return h("article", { class: `${m.sent ? "sent" : "received"} ${run.streams ? "" : "only"}`, "aria-label": m.sent ? "message sent" : "message received" }, head, code(text));
}

// failure says what has gone wrong, and what came with it.
function failure(e) {
  const words = { exception: "The method has thrown an exception that it declares", business: "The method has said no", status: "The server has answered with a failure", transport: "There was no answer", local: "Nothing was sent" };
  const box = h("div", { class: "failure", role: "alert" }, h("p", { class: "why" }, words[e.kind] ?? "The call has failed"));
  if (e.kind === "exception") box.append(h("p", { class: "what" }, e.name));
  else if (e.kind === "business") box.append(h("p", { class: "what" }, `${e.code}: ${e.message}`));
  else if (e.kind === "status") box.append(h("p", { class: "what" }, `${e.name} (${e.code}): ${e.message}`));
  else box.append(h("p", { class: "what" }, e.message));
  for (const node of [e.value, ...(e.details ?? [])]) if (node) box.append(code(print(node)));
  if (e.extra) box.append(table("", Object.entries(e.extra).map(([key, value]) => ({ key, value }))));
  return box;
}

function table(title, pairs) {
  return h(
    "details",
    { open: true, class: "pairs" },
    title && h("summary", {}, title, h("span", { class: "count" }, String(pairs.length))),
    h("table", {}, h("tbody", {}, pairs.map((p) => h("tr", {}, h("th", { scope: "row" }, p.key), h("td", {}, p.value))))),
  );
}

// timing is a bar of the phases that are known.
function timing(t) {
  const phases = [
    ["connect", "connect and encode", t.encode_ns],
    ["write", "write", t.write_ns],
    ["wait", "wait", t.wait_ns],
    ["decode", "decode", t.decode_ns],
  ].filter(([, , ns]) => ns > 0);
  if (phases.length === 0) return [];
  const sum = phases.reduce((n, [, , ns]) => n + ns, 0);
  const bar = h("div", { class: "phases", "aria-hidden": "true" });
  for (const [phase, name, ns] of phases) {
    const part = h("span", { class: `phase phase-${phase}`, title: `${name} ${duration(ns)}` });
    part.style.flexGrow = String(ns / sum);
    bar.append(part);
  }
  return [
    h(
      "details",
      { open: true, class: "pairs" },
      h("summary", {}, "Timing"),
      bar,
      h("ul", { class: "legend" }, phases.map(([phase, name, ns]) => h("li", {}, h("span", { class: `dot phase-${phase}` }), `${name} `, h("b", {}, duration(ns))))),
      t.sent_bytes && t.received_bytes && h("p", { class: "sizes" }, `${size(t.sent_bytes)} sent, ${size(t.received_bytes)} received`),
    ),
  ];
}
