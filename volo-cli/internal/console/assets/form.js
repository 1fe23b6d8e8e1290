// A form that is made from a type and edits a tree of JSON. What the tree has
// and the type does not know stays, and is shown as JSON.
//
// Values are reached through slots: {get, set, unset}, whose unset is missing if
// there must be a value. Controls change the tree when they are used; those that
// hold others are built anew when what is in them comes or goes.
//
//	form.js      a form and its rows; which control a type has
//	messages.js  members, choices, messages of any type
//	lists.js     lists, sets and maps
//	controls.js  single values

import { choose, raw, text, toggle } from "./controls.js";
import { button, h, id } from "./dom.js";
import { pathText } from "./json.js";
import { list, map, pairs } from "./lists.js";
import { any, message } from "./messages.js";

// A Form edits the value of one type.
export class Form {
  // changed is told that the tree has changed; type, which type the user wants to
  // see.
  constructor(schema, type, root, { changed, type: showType }) {
    this.schema = schema;
    this.root = root;
    this.changed = changed;
    this.showType = showType;
    const slot = { get: () => this.root, set: (v) => (this.root = v) };
    this.element = h("div", { class: "form" }, this.control(type, slot, [], id("value"), "the request", () => {}));
  }

  // fault shows what is wrong at a place, and reports whether there is one.
  fault(path, message) {
    this.clear();
    for (let p = path; p.length > 0; p = p.slice(0, -1)) {
      const row = this.element.querySelector(`[data-path="${CSS.escape(pathText(p))}"]`);
      if (!row) continue;
      row.classList.add("wrong");
      row.querySelector(":scope > .fault").textContent = message;
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

  // row is one value with its name. It is built anew when the value comes or
  // goes.
  row({ name, type, slot, path, doc, required, standard }) {
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
        h("div", { class: "label" }, label, this.typeLink(type)),
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
    if (node && !this.schema.suits(type, node)) return raw(this, slot, control, form === "json" ? "" : `not ${type.text}`);
    switch (form) {
      case "message":
        return message(this, this.schema.declared(type), node, path);
      case "any":
        return any(this, node, path);
      case "list":
      case "set":
        return list(this, type, node, path, name);
      case "map":
        return this.schema.pairs(type) ? pairs(this, type, node, path, name) : map(this, type, node, path, name);
      case "bool":
        return toggle(this, slot, control, came);
      case "enum":
        return choose(this, type, slot, control, came);
      case "null":
        return h("code", {}, "null");
    }
    return text(this, type, slot, control, came, standard);
  }
}

// short leaves the packages of names away.
export const short = (text) => text.replace(/[\w.]+\.(\w+)/g, "$1");
