// What there is to call, and what values of its types look like in JSON.

import { arr, bool, nil, num, obj, str } from "./json.js";

// special are the messages of Protobuf that JSON writes in ways of their own:
// how a form shows them.
const special = {
  "google.protobuf.Timestamp": "timestamp",
  "google.protobuf.Duration": "duration",
  "google.protobuf.FieldMask": "mask",
  "google.protobuf.Struct": "json",
  "google.protobuf.Value": "json",
  "google.protobuf.ListValue": "json",
  "google.protobuf.Any": "any",
  "google.protobuf.BoolValue": "bool",
  "google.protobuf.Int32Value": "i32",
  "google.protobuf.UInt32Value": "u32",
  "google.protobuf.Int64Value": "i64",
  "google.protobuf.UInt64Value": "u64",
  "google.protobuf.FloatValue": "float",
  "google.protobuf.DoubleValue": "double",
  "google.protobuf.StringValue": "string",
  "google.protobuf.BytesValue": "bytes",
};

// bounds of integers.
const bounds = {
  i8: [-(2n ** 7n), 2n ** 7n - 1n],
  i16: [-(2n ** 15n), 2n ** 15n - 1n],
  i32: [-(2n ** 31n), 2n ** 31n - 1n],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  u64: [0n, 2n ** 64n - 1n],
};

// aside tells whether a service or a type is one that servers have beside their
// own.
export const aside = (s) => /^(grpc|google\.protobuf)\./.test(s.name);

export class Schema {
  constructor({ protocol, services, types }) {
    this.protocol = protocol;
    // Health checks, reflection and the like are seldom what is looked for.
    this.services = [...services.filter((s) => !aside(s)), ...services.filter(aside)];
    this.types = types;
    this.grpc = protocol === "grpc";
    this.methods = new Map();
    for (const s of this.services) for (const m of s.methods) this.methods.set(`${s.name}/${m.name}`, m);
  }

  // declared is the declaration behind a type, undefined if it has none.
  declared(type) {
    return type.kind === "message" || type.kind === "enum" ? this.types[type.name] : undefined;
  }

  // form is the kind of control that a type has: its kind, or one of special's.
  form(type) {
    if (type.kind === "message" && this.grpc && special[type.name]) return special[type.name];
    if (type.kind === "enum" && type.name === "google.protobuf.NullValue") return "null";
    return type.kind;
  }

  // pairs tells whether a map is a list of pairs in JSON.
  pairs(type) {
    return ["message", "list", "set", "map"].includes(type.key.kind);
  }

  // member finds a member by a name that JSON may have for it.
  member(declaration, name) {
    return declaration.members?.find((m) => m.name === name || m.alias === name);
  }

  // choice tells the name of the choice that a member is a part of.
  choice(declaration, member) {
    return declaration.kind === "union" ? declaration.name : member.one_of;
  }

  // first is the value that a form begins with: as little as may be sent.
  first(type, depth = 0) {
    switch (this.form(type)) {
      case "bool":
        return bool(false);
      case "i64":
      case "u64":
        return this.grpc ? str("0") : num("0"); // as Protobuf writes them in JSON
      case "string":
      case "bytes":
      case "mask":
        return str("");
      case "uuid":
        return str("00000000-0000-0000-0000-000000000000");
      case "timestamp":
        return str(new Date().toISOString());
      case "duration":
        return str("0s");
      case "null":
        return nil();
      case "json":
        return type.name.endsWith(".Value") ? nil() : type.name.endsWith(".ListValue") ? arr() : obj();
      case "enum": {
        const values = this.declared(type)?.values;
        return values ? str(values[0].name) : num("0");
      }
      case "list":
      case "set":
        return arr();
      case "map":
        return this.pairs(type) ? arr() : obj();
      case "any":
        return obj();
      case "message":
        return this.firstMessage(type, depth);
    }
    return num("0");
  }

  firstMessage(type, depth) {
    const d = this.declared(type);
    const node = obj();
    for (const m of d?.members ?? []) {
      // An argument is there; a required field has to be.
      if ((m.required || d.kind === "arguments") && depth < 20) node.m.push({ k: m.name, v: this.first(m.type, depth + 1) });
    }
    return node;
  }

  // suits tells whether a node is what a control can show; any other is shown as
  // JSON.
  suits(type, node) {
    switch (this.form(type)) {
      case "bool":
        return node.t === "bool";
      case "string":
      case "bytes":
      case "uuid":
      case "mask":
      case "timestamp":
      case "duration":
        return node.t === "str";
      case "enum":
      case "i8":
      case "i16":
      case "i32":
      case "i64":
      case "u32":
      case "u64":
      case "float":
      case "double":
        return node.t === "str" || node.t === "num";
      case "list":
      case "set":
        return node.t === "arr";
      case "map":
        return node.t === (this.pairs(type) ? "arr" : "obj");
      case "any":
      case "message":
        return node.t === "obj";
      case "null":
        return node.t === "null";
    }
    return false;
  }

  // complaint says what is wrong with the text of a scalar, "" if nothing is.
  // The server decides; this is to be told before.
  complaint(type, text) {
    const form = this.form(type);
    if (bounds[form]) {
      if (!/^-?\d+$/.test(text)) return `not an integer`;
      const [least, most] = bounds[form];
      return BigInt(text) < least || BigInt(text) > most ? `not between ${least} and ${most}` : "";
    }
    switch (form) {
      case "float":
      case "double":
        return /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|NaN|-?Infinity)$/.test(text) ? "" : "not a number";
      case "bytes":
        return /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) ? "" : "not base64";
      case "uuid":
        return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? "" : "not a UUID";
      case "timestamp":
        return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i.test(text) ? "" : "not a time such as 2026-01-31T12:00:00Z";
      case "duration":
        return /^-?\d+(\.\d{1,9})?s$/.test(text) ? "" : "not a number of seconds such as 1.5s";
    }
    return "";
  }

  // scalar is the node that a text in a control stands for. Of an integer or a
  // number that is none, nothing is lost: it stays text.
  scalar(type, text, before) {
    const form = this.form(type);
    if (bounds[form] || form === "float" || form === "double") {
      const wide = form === "i64" || form === "u64";
      const asText = before ? before.t === "str" && wide : wide && this.grpc;
      return asText || !/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? str(text) : num(text);
    }
    return str(text);
  }
}

// kindOf says in a word who sends how much.
export function kindOf(m) {
  if (m.oneway) return "oneway";
  if (m.client_streams && m.server_streams) return "bidi";
  if (m.client_streams) return "client";
  if (m.server_streams) return "server";
  return "unary";
}

export const kindTitles = {
  unary: "one request, one response",
  oneway: "one request, no response",
  client: "the client streams requests",
  server: "the server streams responses",
  bidi: "both sides stream",
};
