// The page of a type.

import { h } from "./dom.js";
import { short } from "./form.js";

// options are annotations, as the IDL has them.
export function options(all) {
  if (!all?.length) return null;
  return h("ul", { class: "options" }, all.map((o) => h("li", {}, h("code", {}, `${o.name} = ${/^[[{\d-]|^(true|false)$/.test(o.value) ? o.value : JSON.stringify(o.value)}`))));
}

// link is a type as the IDL writes it, its names to click on.
export function link(type, show) {
  if (!type) return "void";
  const to = (name, text) => h("button", { type: "button", class: "link", title: name, onclick: () => show(name) }, text);
  if (type.name && !(type.kind === "list" || type.kind === "set" || type.kind === "map")) return to(type.name, short(type.text));
  if (type.name) return to(type.name, short(type.text)); // a typedef of a container
  switch (type.kind) {
    case "list":
    case "set":
      return h("span", {}, type.text.startsWith("repeated ") ? ["repeated ", link(type.elem, show)] : [`${type.kind}<`, link(type.elem, show), ">"]);
    case "map":
      return h("span", {}, "map<", link(type.key, show), ", ", link(type.elem, show), ">");
  }
  return type.text;
}

// typePage shows a declaration, and who uses it.
export function typePage(schema, name, { type: showType, method: showMethod }) {
  const d = schema.types[name];
  if (!d) return h("div", { class: "page-type" }, h("h2", {}, name), h("p", { class: "note" }, "There is no such type."));
  const members = d.members ?? [];
  return h(
    "div",
    { class: "page-type" },
    h("p", { class: "crumb" }, d.kind, d.file && h("span", {}, ` in ${d.file}`)),
    h("h2", {}, name),
    d.doc?.trim() && h("p", { class: "doc" }, d.doc.trim()),
    options(d.options),
    d.type && h("p", { class: "signature" }, "typedef ", typedefOf(schema, d, showType)),
    members.length > 0 &&
      h(
        "div",
        { class: "scroll" },
        h(
          "table",
          { class: "members" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "n" }, "#"), ["Field", "Type", ""].map((t) => h("th", { scope: "col" }, t)))),
          h(
            "tbody",
            {},
            members.map((m) =>
              h(
                "tr",
                {},
                h("td", { class: "n" }, String(m.id)),
                h("td", {}, h("code", {}, m.alias || m.name), m.alias && h("span", { class: "soft" }, ` ${m.name} in JSON`), m.doc?.trim() && h("p", { class: "doc" }, m.doc.trim()), options(m.options)),
                h("td", {}, link(m.type, showType)),
                h("td", { class: "facts" }, facts(d, m).map((f) => h("span", { class: "tag" }, f))),
              ),
            ),
          ),
        ),
      ),
    d.values &&
      h(
        "div",
        { class: "scroll" },
        h(
          "table",
          { class: "members" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Value"), h("th", { scope: "col", class: "n" }, "#"))),
          h("tbody", {}, d.values.map((v) => h("tr", {}, h("td", {}, h("code", {}, v.name), v.doc?.trim() && h("p", { class: "doc" }, v.doc.trim()), options(v.options)), h("td", { class: "n" }, d.kind === "senum" ? "" : String(v.number))))),
        ),
      ),
    users(schema, name, showType, showMethod),
  );
}

const typedefOf = (schema, d, show) => link({ ...d.type, name: d.type.name === d.name ? "" : d.type.name, text: d.type.text }, show);

function facts(d, m) {
  const all = [];
  if (m.required) all.push("required");
  if (m.one_of && d.kind !== "union") all.push(`oneof ${m.one_of}`);
  else if (m.optional && d.kind !== "union") all.push("optional");
  if (m.default) all.push(`= ${m.default}`);
  return all;
}

// names are those of all types that a type is made of.
function* names(type) {
  if (!type) return;
  if (type.name) yield type.name;
  yield* names(type.key);
  yield* names(type.elem);
}

const uses = (type, name) => [...names(type)].includes(name);

function users(schema, name, showType, showMethod) {
  const types = Object.values(schema.types).filter((d) => d.kind !== "arguments" && d.name !== name && (d.members?.some((m) => uses(m.type, name)) || uses(d.type, name)));
  const methods = [...schema.methods].filter(([key, m]) => uses(m.request, name) || uses(m.response, name) || m.throws?.some((t) => uses(t.type, name)) || schema.types[key]?.members?.some((a) => uses(a.type, name)));
  if (types.length + methods.length === 0) return null;
  return h(
    "div",
    { class: "users" },
    h("h3", {}, "Used by"),
    h(
      "ul",
      {},
      methods.map(([key]) => h("li", {}, h("button", { type: "button", class: "link", onclick: () => showMethod(key) }, key))),
      types.map((d) => h("li", {}, h("button", { type: "button", class: "link", onclick: () => showType(d.name) }, d.name))),
    ),
  );
}
