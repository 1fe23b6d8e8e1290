// JSON as a tree that loses nothing: numbers are the text they were written as,
// members keep their order and may occur twice, and every node knows where it
// stands. Browsers' own JSON rounds 64-bit integers.
//
// A node is one of
//
//	{t: "obj", m: [{k, v, at}]}   {t: "arr", a: [node]}
//	{t: "str", v}   {t: "num", raw}   {t: "bool", v}   {t: "null"}
//	{t: "raw", text}              what somebody writes and is no JSON (yet)
//
// and has, if it was parsed, its place in the text: start, end.

export const str = (v) => ({ t: "str", v });
export const num = (raw) => ({ t: "num", raw });
export const bool = (v) => ({ t: "bool", v });
export const nil = () => ({ t: "null" });
export const obj = (...m) => ({ t: "obj", m });
export const arr = (...a) => ({ t: "arr", a });

// A JSONFault is where text is no JSON.
export class JSONFault extends Error {
  constructor(message, index) {
    super(message);
    this.index = index;
  }
}

const maxDepth = 500;

// parse returns the tree of a text that is one value.
export function parse(text) {
  const p = new Parser(text);
  const v = p.value(0);
  p.space();
  if (p.i < text.length) p.fail("there is more after the value");
  return v;
}

class Parser {
  constructor(text) {
    this.text = text;
    this.i = 0;
  }

  fail(message, at = this.i) {
    throw new JSONFault(message, at);
  }

  space() {
    while (this.i < this.text.length && " \t\n\r".includes(this.text[this.i])) this.i++;
  }

  value(depth) {
    if (depth > maxDepth) this.fail("nested too deeply");
    this.space();
    const start = this.i;
    const node = this.bare(depth);
    node.start = start;
    node.end = this.i;
    return node;
  }

  bare(depth) {
    const c = this.text[this.i];
    if (c === undefined) this.fail("a value is missing");
    if (c === "{") return this.object(depth);
    if (c === "[") return this.array(depth);
    if (c === '"') return str(this.string());
    for (const [word, node] of [["true", bool(true)], ["false", bool(false)], ["null", nil()]]) {
      if (this.text.startsWith(word, this.i) && !/[\w$]/.test(this.text[this.i + word.length] ?? "")) {
        this.i += word.length;
        return node;
      }
    }
    const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    number.lastIndex = this.i;
    const m = number.exec(this.text);
    if (!m || /[\w.]/.test(this.text[number.lastIndex] ?? "")) this.fail("want a value here: an object, an array, a string, a number, true, false or null");
    this.i = number.lastIndex;
    return num(m[0]);
  }

  object(depth) {
    const m = [];
    this.i++;
    for (this.space(); this.text[this.i] !== "}"; this.space()) {
      if (m.length > 0) {
        if (this.text[this.i] !== ",") this.fail("want a comma or } here");
        this.i++;
        this.space();
      }
      const at = this.i;
      if (this.text[this.i] !== '"') this.fail("want a name in double quotes here");
      const k = this.string();
      this.space();
      if (this.text[this.i] !== ":") this.fail("want a colon here");
      this.i++;
      m.push({ k, at, v: this.value(depth + 1) });
    }
    this.i++;
    return { t: "obj", m };
  }

  array(depth) {
    const a = [];
    this.i++;
    for (this.space(); this.text[this.i] !== "]"; this.space()) {
      if (a.length > 0) {
        if (this.text[this.i] !== ",") this.fail("want a comma or ] here");
        this.i++;
      }
      a.push(this.value(depth + 1));
    }
    this.i++;
    return { t: "arr", a };
  }

  string() {
    const start = this.i;
    for (this.i++; this.text[this.i] !== '"'; this.i++) {
      const c = this.text[this.i];
      if (c === undefined) this.fail("the string has no end", start);
      if (c < " ") this.fail("a control character in a string; write it as an escape");
      if (c === "\\") this.i++;
    }
    this.i++;
    try {
      return JSON.parse(this.text.slice(start, this.i));
    } catch {
      this.fail("an escape in the string is none of JSON's", start);
    }
  }
}

// quote writes a string. Halves of surrogate pairs, which UTF-8 has no bytes
// for, stay escapes, as JSON.stringify makes them.
export const quote = (s) => JSON.stringify(s);

// print writes a tree; without an indent, on one line.
export function print(node, indent = "  ", margin = "") {
  const inner = margin + indent;
  const open = indent ? "\n" + inner : "";
  const close = indent ? "\n" + margin : "";
  const colon = indent ? ": " : ":";
  switch (node.t) {
    case "obj":
      if (node.m.length === 0) return "{}";
      return "{" + open + node.m.map((e) => quote(e.k) + colon + print(e.v, indent, inner)).join("," + open) + close + "}";
    case "arr":
      if (node.a.length === 0) return "[]";
      return "[" + open + node.a.map((e) => print(e, indent, inner)).join("," + open) + close + "]";
    case "str":
      return quote(node.v);
    case "num":
      return node.raw;
    case "bool":
      return String(node.v);
    case "raw":
      return node.text;
  }
  return "null";
}

// indexOf is where line and column, which count characters from 1, are in text.
export function indexOf(text, line, column) {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf("\n", at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  for (let n = 1; n < column && at < text.length && text[at] !== "\n"; n++) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

// lineOf is the line, from 1, that an index is in.
export function lineOf(text, index) {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < index; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

// pathAt returns the way to the innermost value at an index: names and numbers.
// A name belongs to its value.
export function pathAt(root, index) {
  const path = [];
  for (let node = root; ; ) {
    let step;
    if (node.t === "obj") {
      const e = node.m.find((e) => e.at <= index && index < e.v.end);
      if (e) step = [e.k, e.v];
    } else if (node.t === "arr") {
      const i = node.a.findIndex((e) => e.start <= index && index < e.end);
      if (i >= 0) step = [i, node.a[i]];
    }
    if (!step) return path;
    path.push(step[0]);
    node = step[1];
  }
}

// pathText writes a way as an attribute can have it.
export const pathText = (path) => path.map((p) => "/" + String(p).replaceAll("~", "~0").replaceAll("/", "~1")).join("");

// tokens splits text for colours, whether or not it is JSON: pairs of a class
// and a part of the text, which together are all of it.
export function tokens(text) {
  const out = [];
  const token = /("(?:[^"\\\n]|\\.)*"?)(\s*:)?|-?\b\d[\w.+-]*|\b(?:true|false|null)\b/g;
  let at = 0;
  for (let m; (m = token.exec(text)); ) {
    if (m.index > at) out.push(["", text.slice(at, m.index)]);
    at = token.lastIndex;
    if (m[1] === undefined) out.push([/^[tfn]/.test(m[0]) ? "word" : "number", m[0]]);
    else {
      out.push([m[2] === undefined ? "string" : "key", m[1]]);
      if (m[2]) out.push(["", m[2]]);
    }
  }
  if (at < text.length) out.push(["", text.slice(at)]);
  return out;
}
