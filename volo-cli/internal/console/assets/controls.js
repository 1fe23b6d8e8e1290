// Controls of single values. Each gets its form, the slot of its value, and the
// id that its label points to; came is told when a value that was not there is.

import { h } from "./dom.js";
import { JSONFault, bool, num, parse, print, str } from "./json.js";

// toggle is true or false.
export function toggle(form, slot, control, came) {
  const input = h("input", {
    type: "checkbox",
    id: control,
    role: "switch",
    checked: slot.get()?.v === true,
    onchange: () => {
      const before = slot.get();
      slot.set(bool(input.checked));
      word.textContent = String(input.checked);
      form.changed();
      if (!before) came();
    },
  });
  const word = h("span", { class: "word" }, slot.get() ? String(slot.get().v) : "");
  return h("span", { class: "switch" }, input, word);
}

// choose is a value of an enum.
export function choose(form, type, slot, control, came) {
  const node = slot.get();
  const values = form.schema.declared(type)?.values ?? [];
  const current = node && (node.t === "str" ? node.v : node.raw);
  const known = values.find((v) => v.name === current || (node?.t === "num" && String(v.number) === current));
  const select = h(
    "select",
    {
      id: control,
      onchange: () => {
        const before = slot.get();
        slot.set(select.value === "=" + current && node?.t === "num" ? num(current) : str(select.value));
        form.changed();
        if (!before) came();
      },
    },
    !node && h("option", { value: "", selected: true, disabled: true }, "not set"),
    // A number stays one: it may be of a value without a name.
    node && (!known || node.t === "num") && h("option", { value: "=" + current, selected: true }, known ? `${current} (${known.name})` : current),
    values.map((v) => h("option", { value: v.name, selected: node?.t === "str" && v.name === current, title: v.doc?.trim() || null }, form.schema.declared(type).kind === "enum" ? `${v.name} = ${v.number}` : v.name)),
  );
  return select;
}

// text is a scalar that is typed in.
export function text(form, type, slot, control, came, standard) {
  const kind = form.schema.form(type);
  const node = slot.get();
  const value = node ? (node.t === "num" ? node.raw : node.v) : "";
  const hint = h("span", { class: "hint", role: "status" });
  const say = (text) => {
    const complaint = slot.get() && form.schema.complaint(type, text);
    hint.textContent = complaint || (kind === "bytes" && slot.get() ? `${bytes(text)} bytes` : "");
    hint.classList.toggle("bad", Boolean(complaint));
    if (complaint) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  const typed = () => {
    const before = slot.get();
    slot.set(form.schema.scalar(type, input.value, before));
    form.changed();
    say(input.value);
    if (!before) keepFocus(input, came);
  };
  const absent = standard ? `${standard} by default` : placeholders[kind] ?? "not set";
  const long = kind === "string" && (value.includes("\n") || value.length > 60);
  const input =
    kind === "string"
      ? h("textarea", { id: control, rows: long ? Math.min(12, value.split("\n").length + 1) : 1, spellcheck: "false", placeholder: node ? null : absent, oninput: typed })
      : h("input", { id: control, spellcheck: "false", autocomplete: "off", inputmode: /^[iu]\d/.test(kind) ? "numeric" : null, placeholder: node ? null : absent, oninput: typed });
  input.value = value;
  say(value);
  const put = (text) => ((input.value = text), typed());
  const more = [];
  if (kind === "timestamp") more.push(h("button", { type: "button", class: "small", onclick: () => put(new Date().toISOString()) }, "Now"));
  if (kind === "uuid") more.push(h("button", { type: "button", class: "small", onclick: () => put(crypto.randomUUID()) }, "New"));
  if (kind === "bytes") more.push(file(form, put));
  return h("span", { class: `text ${kind}` }, input, more, hint);
}

// file puts what is in a file.
function file(form, put) {
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
export function raw(form, slot, control, why) {
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
      form.changed();
    },
  });
  input.value = text;
  return h("span", { class: "text json" }, input, hint);
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
