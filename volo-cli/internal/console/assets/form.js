// A form that is made from a type and edits a tree of JSON. What the tree has
// and the type does not know stays, and is shown as JSON.
//
// Values are reached through slots: {get, set, unset}, whose unset is missing if
// there must be a value. Controls change the tree when they are used; those that
// hold others are built anew when what is in them comes or goes.

import { button, h, id } from "./dom.js";
import { JSONFault, bool, num, obj, parse, pathText, print, str } from "./json.js";

// A Form edits the value of one type.
export class Form {
  // links.type is told which type the user wants to see; changed, that the tree
  // has changed.
  constructor(schema, type, root, { changed, type: showType }) {
    this.schema = schema;
    this.root = root;
    this.changed = changed;
    this.showType = showType;
    const slot = { get: () => this.root, set: (v) => (this.root = v) };
    this.element = h("div", { class: "form" }, this.body(type, slot, []));
  }

  // fault shows what is wrong at a place, and reports whether there is one.
  fault(path, message) {
    this.clear();
    for (let p = path; p.length > 0; p = p.slice(0, -1)) {
      const row = this.element.querySelector(`[data-path="${CSS.escape(pathText(p))}"]`);
      if (!row) continue;
      row.classList.add("wrong");
      const text = row.querySelector(":scope > .fault");
      text.textContent = message;
      row.scrollIntoView({ block: "nearest" });
      row.querySelector("input, select, textarea")?.focus();
      return true;
    }
    return false;
  }

  clear() {
    for (const row of this.element.querySelectorAll(".wrong")) {
      row.classList.remove("wrong");
      row.querySelector(":scope > .fault").textContent = "";
    }
  }

  typeLink(type) {
    if (!type.name) return h("span", { class: "type" }, short(type.text));
    return h("button", { type: "button", class: "type link", tabindex: "-1", title: `Show ${type.name}`, onclick: () => this.showType(type.name) }, short(type.text));
  }

  // row is one value with its name. Build makes its control; it is asked again
  // when the value comes or goes.
  row({ name, type, slot, path, doc, required, standard, tags = [] }) {
    const control = id("value");
    const row = h("div", { class: "row", "data-path": pathText(path), role: "group" });
    const render = (focus) => {
      const node = slot.get();
      const open = node && this.nests(type, node);
      row.className = `row ${node ? "set" : "unset"} ${open ? "nested" : ""}`;
      const toggle =
        slot.unset &&
        (node
          ? button("remove", `Remove ${name}`, () => (slot.unset(), this.changed(), render(true)))
          : button("plus", `Set ${name}`, () => (slot.set(this.schema.first(type)), this.changed(), render(true))));
      const label = h(
        open ? "span" : "label",
        { class: "name", for: open ? null : control, id: control + "-name", title: doc?.trim() || null },
        name,
        required && h("span", { class: "required", title: "required" }, "*"),
      );
      const body = node || this.invites(type) ? this.control(type, slot, path, control, name, () => render(false), standard) : h("button", { type: "button", class: "absent", onclick: () => (slot.set(this.schema.first(type)), this.changed(), render(true)) }, "not set");
      row.setAttribute("aria-labelledby", control + "-name");
      row.replaceChildren(
        h("div", { class: "label" }, label, tags.map((t) => h("span", { class: "tag" }, t)), this.typeLink(type)),
        h("div", { class: "control" }, body),
        ...(toggle ? [toggle] : []),
        ...(doc?.trim() ? [h("p", { class: "doc" }, doc.trim())] : []),
        h("p", { class: "fault", role: "alert" }),
      );
      if (focus) (row.querySelector(".control input, .control select, .control textarea, .control button") ?? row.querySelector("button.tool"))?.focus();
    };
    render(false);
    return row;
  }

  // nests tells whether a value is shown below its name instead of beside it.
  nests(type, node) {
    return this.schema.suits(type, node) && ["message", "list", "set", "map", "any"].includes(this.schema.form(type));
  }

  // invites tells whether the control of a value that is not there can be typed
  // into.
  invites(type) {
    return !["message", "list", "set", "map", "any", "json", "null"].includes(this.schema.form(type));
  }

  // control is what edits a value. Came is told when a value that was not there
  // is. Standard is the value that it then has in the IDL.
  control(type, slot, path, control, name, came, standard) {
    const node = slot.get();
    const form = this.schema.form(type);
    if (node && !this.schema.suits(type, node)) return this.raw(slot, control, form === "json" ? "" : `not ${type.text}`);
    switch (form) {
      case "message":
      case "any":
      case "list":
      case "set":
      case "map":
        return this.body(type, slot, path, name);
      case "bool":
        return this.bool(slot, control, came);
      case "enum":
        return this.enum(type, slot, control, came);
      case "null":
        return h("code", {}, "null");
    }
    return this.text(type, slot, control, came, standard);
  }

  // body is what a value holds.
  body(type, slot, path, name) {
    const node = slot.get();
    if (!this.schema.suits(type, node)) {
      const form = this.schema.form(type);
      if (this.invites(type)) return this.control(type, slot, path, id("value"), name, () => {});
      return this.raw(slot, id("value"), form === "json" ? "" : `not ${type.text}`);
    }
    switch (this.schema.form(type)) {
      case "message":
        return this.message(this.schema.declared(type), node, path);
      case "any":
        return this.any(node, path);
      case "list":
      case "set":
        return this.list(type, node, path, name);
      case "map":
        return this.schema.pairs(type) ? this.pairs(type, node, path, name) : this.map(type, node, path, name);
    }
    return this.control(type, slot, path, id("value"), name, () => {});
  }

  message(declaration, node, path) {
    const body = h("div", { class: "message" });
    const done = new Set();
    for (const m of declaration.members ?? []) {
      const choice = this.schema.choice(declaration, m);
      if (!choice) body.append(this.row({ ...this.memberRow(declaration, node, m, path) }));
      else if (!done.has(choice)) {
        done.add(choice);
        body.append(this.choice(declaration, choice, node, path));
      }
    }
    if (!declaration.members?.length && node.m.length === 0) body.append(h("p", { class: "empty" }, declaration.kind === "arguments" ? "no arguments" : "no fields"));
    body.append(this.extra(declaration, node, path));
    return body;
  }

  // memberRow is what row wants to know of a member.
  memberRow(declaration, node, m, path) {
    const entry = () => node.m.find((e) => e.k === m.name || e.k === m.alias);
    const slot = {
      get: () => entry()?.v,
      set: (v) => {
        const e = entry();
        if (e) e.v = v;
        else node.m.splice(this.place(declaration, node, m), 0, { k: m.name, v });
      },
    };
    if (!m.required) slot.unset = () => node.m.splice(node.m.indexOf(entry()), 1);
    return { name: m.name, type: m.type, slot, path: [...path, entry()?.k ?? m.name], doc: m.doc, required: m.required, standard: m.default };
  }

  // place is where a member goes among those that are there: the order of the
  // IDL.
  place(declaration, node, m) {
    const order = (e) => declaration.members.indexOf(this.schema.member(declaration, e.k));
    const at = declaration.members.indexOf(m);
    const next = node.m.findIndex((e) => order(e) > at);
    return next < 0 ? node.m.length : next;
  }

  // choice is a oneof or a union: one of its members, or none.
  choice(declaration, name, node, path) {
    const members = declaration.members.filter((m) => this.schema.choice(declaration, m) === name);
    const here = () => members.filter((m) => node.m.some((e) => this.schema.member(declaration, e.k) === m));
    const box = h("div", { class: "choice" });
    const label = declaration.kind === "union" ? "one of" : name;
    const render = (focus) => {
      const chosen = here()[0];
      const control = id("choice");
      const select = h(
        "select",
        {
          id: control,
          onchange: () => {
            const m = members.find((m) => m.name === select.value);
            node.m = node.m.filter((e) => !members.includes(this.schema.member(declaration, e.k)));
            if (m) this.memberRow(declaration, node, m, path).slot.set(this.schema.first(m.type));
            this.changed();
            render(true);
          },
        },
        h("option", { value: "" }, "none"),
        members.map((m) => h("option", { value: m.name, selected: m === chosen }, m.name)),
      );
      const rows = here().map((m) => this.row(this.memberRow(declaration, node, m, path)));
      for (const r of rows) if (rows.length === 1) r.querySelector(":scope > .tool")?.remove(); // the select does it
      box.replaceChildren(
        h("div", { class: "row set" }, h("div", { class: "label" }, h("label", { class: "name", for: control }, label), h("span", { class: "tag" }, declaration.kind === "union" ? "union" : "oneof")), h("div", { class: "control" }, select)),
        ...rows,
      );
      if (focus) select.focus();
    };
    render(false);
    return box;
  }

  // extra are members that the type does not have, or has already.
  extra(declaration, node, path) {
    const box = h("div", {});
    const render = () => {
      const seen = new Set();
      const strange = node.m.filter((e) => {
        const m = this.schema.member(declaration, e.k);
        if (m && !seen.has(m)) return seen.add(m) && false;
        return !(declaration.any && e.k === "@type");
      });
      box.replaceChildren(
        ...strange.map((e) => {
          const slot = { get: () => e.v, set: (v) => (e.v = v) };
          const again = this.schema.member(declaration, e.k);
          return h(
            "div",
            { class: "row set wrong", "data-path": pathText([...path, e.k]) },
            h("div", { class: "label" }, h("span", { class: "name" }, e.k), h("span", { class: "tag" }, again ? "twice" : "not in the IDL")),
            h("div", { class: "control" }, this.raw(slot, id("value"), "")),
            button("remove", `Remove ${e.k}`, () => (node.m.splice(node.m.indexOf(e), 1), this.changed(), render())),
            h("p", { class: "fault", role: "alert" }),
          );
        }),
      );
    };
    render();
    return box;
  }

  // any is a message of any type, which it names.
  any(node, path) {
    const box = h("div", { class: "message" });
    const messages = Object.values(this.schema.types).filter((d) => d.kind === "message").map((d) => d.name).sort();
    const render = (focus) => {
      const at = node.m.find((e) => e.k === "@type");
      const url = at?.v.t === "str" ? at.v.v : "";
      const name = url.slice(url.lastIndexOf("/") + 1);
      const control = id("any");
      const list = id("types");
      const input = h("input", {
        id: control,
        list,
        value: url,
        placeholder: "type.googleapis.com/…",
        spellcheck: "false",
        onchange: () => {
          const text = input.value.trim();
          const url = messages.includes(text) ? "type.googleapis.com/" + text : text;
          const type = { kind: "message", name: url.slice(url.lastIndexOf("/") + 1), text: "" };
          node.m = url ? [{ k: "@type", v: str(url) }] : [];
          if (url && this.schema.form(type) !== "message") node.m.push({ k: "value", v: this.schema.first(type) });
          this.changed();
          render(true);
        },
      });
      const rows = [];
      const type = { kind: "message", name, text: name };
      const declared = this.schema.declared(type);
      if (declared && this.schema.form(type) !== "message") {
        const declaration = { any: true, members: [{ name: "value", type, required: true }] };
        rows.push(this.message(declaration, node, path));
      } else rows.push(this.message({ any: true, kind: "message", ...declared, members: declared?.members ?? [] }, node, path));
      box.replaceChildren(
        h("datalist", { id: list }, messages.map((m) => h("option", { value: m }))),
        h("div", { class: "row set", "data-path": pathText([...path, "@type"]) }, h("div", { class: "label" }, h("label", { class: "name", for: control }, "@type")), h("div", { class: "control" }, input), h("p", { class: "fault", role: "alert" })),
        ...(name ? rows : []),
      );
      if (focus) input.focus();
    };
    render(false);
    return box;
  }

  list(type, node, path, name = "item") {
    const box = h("div", { class: "list" });
    const render = (focus) => {
      const rows = node.a.map((_, i) => {
        const slot = { get: () => node.a[i], set: (v) => (node.a[i] = v) };
        const row = this.row({ name: String(i), type: type.elem, slot, path: [...path, i] });
        row.querySelector(":scope > .control").after(button("remove", `Remove item ${i} of ${name}`, () => (node.a.splice(i, 1), this.changed(), render())));
        return row;
      });
      const add = h("button", { type: "button", class: "add", onclick: () => (node.a.push(this.schema.first(type.elem)), this.changed(), render(true)) }, `Add to ${name}`);
      box.replaceChildren(...rows, add);
      if (focus) (rows.at(-1)?.querySelector(".control input, .control select, .control textarea, .control button") ?? add).focus();
    };
    render(false);
    return box;
  }

  map(type, node, path, name = "map") {
    const box = h("div", { class: "list" });
    const scalarKey = (k) => {
      if (type.key.kind === "bool") return bool(k === "true");
      return str(k);
    };
    const render = (focus) => {
      const rows = node.m.map((e) => {
        const key = {
          get: () => scalarKey(e.k),
          set: (v) => {
            e.k = v.t === "num" ? v.raw : String(v.v);
            row.dataset.path = pathText([...path, e.k]);
          },
        };
        const slot = { get: () => e.v, set: (v) => (e.v = v) };
        const row = this.row({ name: "value", type: type.elem, slot, path: [...path, e.k] });
        row.classList.add("keyed");
        const control = this.control(type.key, key, path, id("key"), "key", () => {});
        (control.matches("select") ? control : control.querySelector("input, textarea")).setAttribute("aria-label", `key of ${name}`);
        row.querySelector(".label").prepend(h("div", { class: "key" }, control));
        row.querySelector(".name").hidden = true;
        row.querySelector(":scope > .control").after(button("remove", `Remove an entry of ${name}`, () => (node.m.splice(node.m.indexOf(e), 1), this.changed(), render())));
        return row;
      });
      const add = h("button", {
        type: "button",
        class: "add",
        onclick: () => {
          const first = this.schema.first(type.key);
          node.m.push({ k: first.t === "num" ? first.raw : String(first.v), v: this.schema.first(type.elem) });
          this.changed();
          render(true);
        },
      }, `Add to ${name}`);
      box.replaceChildren(...rows, add);
      if (focus) (rows.at(-1)?.querySelector(".key input, .key select, .key textarea") ?? add).focus();
    };
    render(false);
    return box;
  }

  // pairs is a map whose keys are no scalars: a list of keys and values.
  pairs(type, node, path, name) {
    const entry = { kind: "message", name: "", text: "entry" };
    const declaration = { kind: "entry", members: [{ name: "key", type: type.key, required: true }, { name: "value", type: type.elem, required: true }] };
    const box = h("div", { class: "list" });
    const render = () => {
      const rows = node.a.map((pair, i) =>
        h(
          "div",
          { class: "row set nested", "data-path": pathText([...path, i]) },
          h("div", { class: "label" }, h("span", { class: "name" }, String(i)), h("span", { class: "type" }, entry.text)),
          h("div", { class: "control" }, pair.t === "obj" ? this.message(declaration, pair, [...path, i]) : this.raw({ get: () => node.a[i], set: (v) => (node.a[i] = v) }, id("value"), "not an entry")),
          button("remove", `Remove entry ${i} of ${name}`, () => (node.a.splice(i, 1), this.changed(), render())),
          h("p", { class: "fault", role: "alert" }),
        ),
      );
      box.replaceChildren(
        ...rows,
        h("button", { type: "button", class: "add", onclick: () => (node.a.push(obj({ k: "key", v: this.schema.first(type.key) }, { k: "value", v: this.schema.first(type.elem) })), this.changed(), render()) }, `Add to ${name ?? "map"}`),
      );
    };
    render();
    return box;
  }

  bool(slot, control, came) {
    const input = h("input", {
      type: "checkbox",
      id: control,
      role: "switch",
      checked: slot.get()?.v === true,
      onchange: () => {
        const before = slot.get();
        slot.set(bool(input.checked));
        word.textContent = String(input.checked);
        this.changed();
        if (!before) came();
      },
    });
    const word = h("span", { class: "word" }, slot.get() ? String(slot.get().v) : "");
    return h("span", { class: "switch" }, input, word);
  }

  enum(type, slot, control, came) {
    const node = slot.get();
    const values = this.schema.declared(type)?.values ?? [];
    const current = node && (node.t === "str" ? node.v : node.raw);
    const known = values.find((v) => v.name === current || (node?.t === "num" && String(v.number) === current));
    const select = h(
      "select",
      {
        id: control,
        onchange: () => {
          const before = slot.get();
          slot.set(select.value === "=" + current && node?.t === "num" ? num(current) : str(select.value));
          this.changed();
          if (!before) came();
        },
      },
      !node && h("option", { value: "", selected: true, disabled: true }, "not set"),
      // A number stays one: it may be of a value without a name.
      node && (!known || node.t === "num") && h("option", { value: "=" + current, selected: true }, known ? `${current} (${known.name})` : current),
      values.map((v) => h("option", { value: v.name, selected: node?.t === "str" && v.name === current, title: v.doc?.trim() || null }, type.kind === "enum" && this.schema.declared(type).kind === "enum" ? `${v.name} = ${v.number}` : v.name)),
    );
    return select;
  }

  // text is a scalar that is typed in.
  text(type, slot, control, came, standard) {
    const form = this.schema.form(type);
    const node = slot.get();
    const value = node ? (node.t === "num" ? node.raw : node.v) : "";
    const hint = h("span", { class: "hint", role: "status" });
    const say = (text) => {
      const complaint = slot.get() && this.schema.complaint(type, text);
      hint.textContent = complaint || (form === "bytes" && slot.get() ? `${bytes(text)} bytes` : "");
      hint.classList.toggle("bad", Boolean(complaint));
      if (complaint) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    };
    const typed = () => {
      const before = slot.get();
      slot.set(this.schema.scalar(type, input.value, before));
      this.changed();
      say(input.value);
      if (!before) keepFocus(input, came);
    };
    const absent = standard ? `${standard} by default` : placeholders[form] ?? "not set";
    const long = form === "string" && (value.includes("\n") || value.length > 60);
    const input =
      form === "string"
        ? h("textarea", { id: control, rows: long ? Math.min(12, value.split("\n").length + 1) : 1, spellcheck: "false", placeholder: node ? null : absent, oninput: typed })
        : h("input", { id: control, spellcheck: "false", autocomplete: "off", inputmode: /^[iu]\d/.test(form) ? "numeric" : null, placeholder: node ? null : absent, oninput: typed });
    input.value = value;
    say(value);
    const put = (text) => ((input.value = text), typed());
    const more = [];
    if (form === "timestamp") more.push(h("button", { type: "button", class: "small", onclick: () => put(new Date().toISOString()) }, "Now"));
    if (form === "uuid") more.push(h("button", { type: "button", class: "small", onclick: () => put(crypto.randomUUID()) }, "New"));
    if (form === "bytes") more.push(this.file(put));
    return h("span", { class: `text ${form}` }, input, more, hint);
  }

  // file puts what is in a file.
  file(put) {
    const pick = h("input", {
      type: "file",
      hidden: true,
      onchange: async () => {
        const data = new Uint8Array(await pick.files[0].arrayBuffer());
        let text = "";
        for (let i = 0; i < data.length; i += 0x8000) text += String.fromCharCode(...data.subarray(i, i + 0x8000));
        put(btoa(text));
      },
    });
    return [pick, h("button", { type: "button", class: "small", onclick: () => pick.click() }, "File…")];
  }

  // raw is a value as JSON.
  raw(slot, control, why) {
    const node = slot.get();
    const text = node ? print(node) : "";
    const hint = h("span", { class: "hint", role: "status" }, why);
    const input = h("textarea", {
      id: control,
      class: "code",
      rows: Math.min(16, text.split("\n").length),
      spellcheck: "false",
      "aria-label": "JSON",
      oninput: () => {
        try {
          slot.set(parse(input.value));
          hint.textContent = why;
          hint.classList.remove("bad");
        } catch (e) {
          if (!(e instanceof JSONFault)) throw e;
          slot.set({ t: "raw", text: input.value });
          hint.textContent = e.message;
          hint.classList.add("bad");
        }
        input.rows = Math.min(16, input.value.split("\n").length);
        this.changed();
      },
    });
    input.value = text;
    return h("span", { class: "text json" }, input, hint);
  }
}

const placeholders = { timestamp: "2026-01-31T12:00:00Z", duration: "1.5s", mask: "a,b.c" };

// bytes is how many bytes base64 stands for.
function bytes(text) {
  return Math.floor((text.replace(/=+$/, "").length * 3) / 4);
}

// keepFocus has f rebuild a control while somebody types in it.
function keepFocus(input, f) {
  const row = input.closest(".row");
  const at = input.selectionStart;
  f();
  const now = row?.querySelector(".control input, .control textarea");
  now?.focus();
  try {
    now?.setSelectionRange(at, at);
  } catch {
    // not all inputs have a selection
  }
}

// short leaves the packages of names away.
export const short = (text) => text.replace(/[\w.]+\.(\w+)/g, "$1");
