// The left side: services, types, history.

import { button, duration, h } from "./dom.js";
import { short } from "./form.js";
import { aside, kindOf, kindTitles } from "./schema.js";

const pages = ["services", "types", "history"];

export class Nav {
  // on.method, on.type and on.restore are told what has been chosen.
  constructor(on) {
    this.on = on;
    this.page = "services";
    this.schema = null;
    this.past = null;
    this.current = "";
    this.running = () => false;
    this.box = document.getElementById("browse");
    this.filter = document.getElementById("filter");
    this.filter.addEventListener("input", () => this.draw());
    this.filter.addEventListener("keydown", (e) => {
      const links = [...this.box.querySelectorAll("button.entry, a.entry")];
      if (e.key === "Enter") links[0]?.click();
      else if (e.key === "ArrowDown") links[0]?.focus();
      else if (e.key === "Escape") {
        this.filter.value = "";
        this.draw();
      } else return;
      e.preventDefault();
    });
    this.box.addEventListener("keydown", (e) => this.arrows(e));
    for (const page of pages) {
      const tab = document.getElementById("tab-" + page);
      tab.addEventListener("click", () => this.show(page));
      tab.addEventListener("keydown", (e) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
        if (!step) return;
        const next = pages[(pages.indexOf(this.page) + step + pages.length) % pages.length];
        this.show(next);
        document.getElementById("tab-" + next).focus();
      });
    }
    document.addEventListener("keydown", (e) => {
      if (e.key !== "/" || e.target.closest?.("input, textarea, select")) return;
      e.preventDefault();
      this.filter.focus();
    });
  }

  arrows(e) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step || !e.target.classList.contains("entry")) return;
    const links = [...this.box.querySelectorAll(".entry")];
    (links[links.indexOf(e.target) + step] ?? (step < 0 ? this.filter : e.target)).focus();
    e.preventDefault();
  }

  show(page) {
    this.page = page;
    for (const p of pages) {
      const tab = document.getElementById("tab-" + p);
      tab.setAttribute("aria-selected", String(p === page));
      tab.tabIndex = p === page ? 0 : -1;
    }
    this.box.setAttribute("aria-labelledby", "tab-" + page);
    this.draw();
  }

  draw() {
    if (!this.schema) return;
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (...texts) => words.every((w) => texts.some((t) => t?.toLowerCase().includes(w)));
    const found = this[this.page](fits, words.length > 0);
    this.box.replaceChildren(...(found.length ? found : [h("p", { class: "note" }, words.length ? "Nothing fits the filter." : this.page === "history" ? "Calls that you make will be here." : "There is nothing.")]));
  }

  services(fits, words) {
    return this.schema.services.flatMap((s) => {
      const methods = s.methods.filter((m) => fits(m.name, s.name, m.doc));
      if (methods.length === 0 && !fits(s.name)) return [];
      return h(
        "details",
        { open: words || !aside(s), class: "service" },
        h("summary", { title: s.doc?.trim() || s.name }, h("span", { class: "package" }, s.name.slice(0, s.name.length - short(s.name).length)), h("wbr"), short(s.name)),
        s.error && h("p", { class: "note bad" }, s.error),
        s.methods.length === 0 && !s.error && h("p", { class: "note" }, "no methods"),
        h("ul", {}, methods.map((m) => this.method(s, m))),
      );
    });
  }

  method(s, m) {
    const key = `${s.name}/${m.name}`;
    const kind = kindOf(m);
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "entry", "data-name": m.name, "aria-current": key === this.current ? "page" : null, title: m.doc?.trim() || null, onclick: () => this.on.method(key) },
        h("span", { class: "label" }, m.name),
        this.running(key) && h("span", { class: "live", title: "a call is running" }),
        h("span", { class: `kind ${kind}`, title: kindTitles[kind] }, kind),
      ),
    );
  }

  types(fits) {
    const all = Object.values(this.schema.types).filter((d) => d.kind !== "arguments" && fits(d.name, d.doc)).sort((a, b) => aside(a) - aside(b) || (a.name < b.name ? -1 : 1));
    if (all.length === 0) return [];
    return [
      h(
        "ul",
        {},
        all.map((d) =>
          h(
            "li",
            {},
            h("button", { type: "button", class: "entry", "data-name": d.name, "aria-current": d.name === this.current ? "page" : null, title: d.name, onclick: () => this.on.type(d.name) }, h("span", { class: "label" }, h("span", { class: "package" }, d.name.slice(0, d.name.length - short(d.name).length)), h("wbr"), short(d.name)), h("span", { class: "kind" }, d.kind)),
          ),
        ),
      ),
    ];
  }

  history(fits) {
    const entries = this.past.entries.filter((e) => fits(e.method, e.text, e.error?.name, e.error?.kind));
    if (entries.length === 0) return [];
    return [
      h(
        "ul",
        {},
        entries.map((e) =>
          h(
            "li",
            { class: "past" },
            h(
              "button",
              { type: "button", class: "entry", title: `${e.method}\n${new Date(e.at).toLocaleString()}\n${e.text.slice(0, 400)}`, onclick: () => this.on.restore(e) },
              h("span", { class: `state ${e.error ? "failed" : "ok"}` }),
              h("span", { class: "label" }, e.method.slice(e.method.indexOf("/") + 1), h("small", {}, e.error ? short(e.error.name || e.error.kind) : "OK", ` · ${duration(e.took)} · ${ago(new Date(e.at))}`)),
            ),
            button("remove", "Forget this call", () => (this.past.remove(e), this.draw())),
          ),
        ),
      ),
      h("button", { type: "button", class: "small", onclick: () => (this.past.clear(), this.draw()) }, "Forget all"),
    ];
  }
}

function ago(date) {
  const seconds = (Date.now() - date) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return date.toLocaleDateString();
}
