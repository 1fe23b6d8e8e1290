// What messages look like in a form: a row for each member, one choice for a
// oneof or a union, what the type does not know, and messages of any type.

import { raw } from "./controls.js";
import { button, h, id } from "./dom.js";
import { pathText, str } from "./json.js";

// message is what a message holds.
export function message(form, declaration, node, path) {
  const body = h("div", { class: "message" });
  const done = new Set();
  for (const m of declaration.members ?? []) {
    const group = form.schema.choice(declaration, m);
    if (!group) body.append(form.row(memberRow(form, declaration, node, m, path)));
    else if (!done.has(group)) {
      done.add(group);
      body.append(choice(form, declaration, group, node, path));
    }
  }
  if (!declaration.members?.length && node.m.length === 0) body.append(h("p", { class: "empty" }, declaration.kind === "arguments" ? "no arguments" : "no fields"));
  body.append(extra(form, declaration, node, path));
  return body;
}

// memberRow is what row wants to know of a member.
function memberRow(form, declaration, node, m, path) {
  const entry = () => node.m.find((e) => e.k === m.name || e.k === m.alias);
  const slot = {
    get: () => entry()?.v,
    set: (v) => {
      const e = entry();
      if (e) e.v = v;
      else node.m.splice(place(form, declaration, node, m), 0, { k: m.name, v });
    },
  };
  if (!m.required) slot.unset = () => node.m.splice(node.m.indexOf(entry()), 1);
  return { name: m.name, type: m.type, slot, path: [...path, entry()?.k ?? m.name], doc: m.doc, required: m.required, standard: m.default };
}

// place is where a member goes among those that are there: the order of the
// IDL.
function place(form, declaration, node, m) {
  const order = (e) => declaration.members.indexOf(form.schema.member(declaration, e.k));
  const at = declaration.members.indexOf(m);
  const next = node.m.findIndex((e) => order(e) > at);
  return next < 0 ? node.m.length : next;
}

// choice is a oneof or a union: one of its members, or none.
function choice(form, declaration, name, node, path) {
  const members = declaration.members.filter((m) => form.schema.choice(declaration, m) === name);
  const here = () => members.filter((m) => node.m.some((e) => form.schema.member(declaration, e.k) === m));
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
          node.m = node.m.filter((e) => !members.includes(form.schema.member(declaration, e.k)));
          if (m) memberRow(form, declaration, node, m, path).slot.set(form.schema.first(m.type));
          form.changed();
          render(true);
        },
      },
      h("option", { value: "" }, "none"),
      members.map((m) => h("option", { value: m.name, selected: m === chosen }, m.name)),
    );
    const rows = here().map((m) => form.row(memberRow(form, declaration, node, m, path)));
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
function extra(form, declaration, node, path) {
  const box = h("div", {});
  const render = () => {
    const seen = new Set();
    const strange = node.m.filter((e) => {
      const m = form.schema.member(declaration, e.k);
      if (m && !seen.has(m)) return seen.add(m) && false;
      return !(declaration.any && e.k === "@type");
    });
    box.replaceChildren(
      ...strange.map((e) => {
        const slot = { get: () => e.v, set: (v) => (e.v = v) };
        const again = form.schema.member(declaration, e.k);
        return h(
          "div",
          { class: "row set wrong", "data-path": pathText([...path, e.k]) },
          h("div", { class: "label" }, h("span", { class: "name" }, e.k), h("span", { class: "tag" }, again ? "twice" : "not in the IDL")),
          h("div", { class: "control" }, raw(form, slot, id("value"), "")),
          button("remove", `Remove ${e.k}`, () => (node.m.splice(node.m.indexOf(e), 1), form.changed(), render())),
          h("p", { class: "fault", role: "alert" }),
        );
      }),
    );
  };
  render();
  return box;
}

// any is a message of any type, which it names.
export function any(form, node, path) {
  const box = h("div", { class: "message" });
  const messages = Object.values(form.schema.types).filter((d) => d.kind === "message").map((d) => d.name).sort();
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
        if (url && form.schema.form(type) !== "message") node.m.push({ k: "value", v: form.schema.first(type) });
        form.changed();
        render(true);
      },
    });
    const rows = [];
    const type = { kind: "message", name, text: name };
    const declared = form.schema.declared(type);
    if (declared && form.schema.form(type) !== "message") {
      const declaration = { any: true, members: [{ name: "value", type, required: true }] };
      rows.push(message(form, declaration, node, path));
    } else rows.push(message(form, { any: true, kind: "message", ...declared, members: declared?.members ?? [] }, node, path));
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
