// What lists, sets and maps look like in a form.

import { raw } from "./controls.js";
import { button, h, id } from "./dom.js";
import { bool, obj, pathText, str } from "./json.js";
import { message } from "./messages.js";

// list is a list or a set.
export function list(form, type, node, path, name = "item") {
  const box = h("div", { class: "list" });
  const render = (focus) => {
    const rows = node.a.map((_, i) => {
      const slot = { get: () => node.a[i], set: (v) => (node.a[i] = v) };
      const row = form.row({ name: String(i), type: type.elem, slot, path: [...path, i] });
      row.querySelector(":scope > .control").after(button("remove", `Remove item ${i} of ${name}`, () => (node.a.splice(i, 1), form.changed(), render())));
      return row;
    });
    const add = h("button", { type: "button", class: "add", onclick: () => (node.a.push(form.schema.first(type.elem)), form.changed(), render(true)) }, `Add to ${name}`);
    box.replaceChildren(...rows, add);
    if (focus) (rows.at(-1)?.querySelector(".control input, .control select, .control textarea, .control button") ?? add).focus();
  };
  render(false);
  return box;
}

// map is a map whose keys are names in JSON.
export function map(form, type, node, path, name = "map") {
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
      const row = form.row({ name: "value", type: type.elem, slot, path: [...path, e.k] });
      row.classList.add("keyed");
      const control = form.control(type.key, key, path, id("key"), "key", () => {});
      (control.matches("select") ? control : control.querySelector("input, textarea")).setAttribute("aria-label", `key of ${name}`);
      row.querySelector(".label").prepend(h("div", { class: "key" }, control));
      row.querySelector(".name").hidden = true;
      row.querySelector(":scope > .control").after(button("remove", `Remove an entry of ${name}`, () => (node.m.splice(node.m.indexOf(e), 1), form.changed(), render())));
      return row;
    });
    const add = h("button", {
      type: "button",
      class: "add",
      onclick: () => {
        const first = form.schema.first(type.key);
        node.m.push({ k: first.t === "num" ? first.raw : String(first.v), v: form.schema.first(type.elem) });
        form.changed();
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
export function pairs(form, type, node, path, name) {
  const entry = { kind: "message", name: "", text: "entry" };
  const declaration = { kind: "entry", members: [{ name: "key", type: type.key, required: true }, { name: "value", type: type.elem, required: true }] };
  const box = h("div", { class: "list" });
  const render = () => {
    const rows = node.a.map((pair, i) =>
      h(
        "div",
        { class: "row set nested", "data-path": pathText([...path, i]) },
        h("div", { class: "label" }, h("span", { class: "name" }, String(i)), h("span", { class: "type" }, entry.text)),
        h("div", { class: "control" }, pair.t === "obj" ? message(form, declaration, pair, [...path, i]) : raw(form, { get: () => node.a[i], set: (v) => (node.a[i] = v) }, id("value"), "not an entry")),
        button("remove", `Remove entry ${i} of ${name}`, () => (node.a.splice(i, 1), form.changed(), render())),
        h("p", { class: "fault", role: "alert" }),
      ),
    );
    box.replaceChildren(
      ...rows,
      h("button", { type: "button", class: "add", onclick: () => (node.a.push(obj({ k: "key", v: form.schema.first(type.key) }, { k: "value", v: form.schema.first(type.elem) })), form.changed(), render()) }, `Add to ${name ?? "map"}`),
    );
  };
  render();
  return box;
}
