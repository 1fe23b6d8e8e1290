// Metadata that is sent along, and what is left of it in the history.

import { button, h } from "./dom.js";

const sorts = { metadata: "header", persistent: "persistent", transient: "transient" };

// pairsOf returns the metadata that something has: a list for each sort.
const pairsOf = (from) => Object.keys(sorts).flatMap((sort) => (from[sort] ?? []).map((p) => ({ sort, ...p })));

// Metadata edits pairs {sort, key, value}; one that is hidden had a value that
// was not remembered.
export class Metadata {
  // free tells whether there are headers besides those of package metainfo.
  constructor(from, free, changed) {
    this.pairs = pairsOf(from);
    this.able = Object.keys(sorts).filter((sort) => free || sort !== "metadata");
    this.changed = changed;
    this.count = h("span", { class: "count" });
    this.element = h("div", { class: "pairs-edit" });
    this.draw();
  }

  draw(focus) {
    const add = h("button", { type: "button", class: "add", onclick: () => (this.pairs.push({ sort: this.able[0], key: "", value: "" }), this.draw(true)) }, "Add metadata");
    this.element.replaceChildren(...this.pairs.map((p) => this.row(p)), add);
    this.count.textContent = this.pairs.length ? String(this.pairs.length) : "";
    if (focus) this.element.querySelector(".pair:last-of-type input").focus();
  }

  row(p) {
    const set = (name) => (e) => {
      p[name] = e.target.value;
      delete p.hidden;
      this.changed();
    };
    const field = (name, hint) => h("input", { "aria-label": name, value: p[name], placeholder: hint, spellcheck: "false", autocomplete: "off", oninput: set(name) });
    return h(
      "div",
      { class: "pair" },
      h("select", { "aria-label": "kind of metadata", onchange: set("sort") }, this.able.map((s) => h("option", { value: s, selected: s === p.sort }, sorts[s]))),
      field("key", "key"),
      field("value", p.hidden ? "not remembered" : "value"),
      button("remove", `Remove ${p.key || "this entry"}`, () => {
        this.pairs.splice(this.pairs.indexOf(p), 1);
        this.draw();
        this.changed();
      }),
    );
  }

  // lists returns the pairs as /api/calls takes them.
  lists() {
    const of = (sort) => this.pairs.filter((p) => p.sort === sort && p.key.trim()).map((p) => ({ key: p.key.trim(), value: p.value }));
    return { metadata: of("metadata"), persistent: of("persistent"), transient: of("transient") };
  }

  // restore takes the pairs of an entry of the history. A value that was not
  // remembered is that of now, if there is one.
  restore(entry) {
    const before = this.pairs;
    this.pairs = pairsOf(entry).map((p) => {
      const now = p.hidden && before.find((o) => o.sort === p.sort && o.key === p.key && o.value);
      return now || p;
    });
    this.draw();
  }
}
