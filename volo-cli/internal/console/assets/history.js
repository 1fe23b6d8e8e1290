// Calls that were made, kept in the browser, for one target at a time.

import { print } from "./json.js";

const bound = 100; // calls
const longest = 64 << 10; // characters of a request or an answer that are kept

// secret are the names of metadata whose values are not kept.
const secret = /authorization|cookie|token|secret|password|passwd|credential|api-?key|session/i;

export class History {
  constructor(target) {
    this.key = "history " + target;
    try {
      this.entries = JSON.parse(localStorage.getItem(this.key)) ?? [];
    } catch {
      this.entries = []; // of another version, or there is no storage
    }
  }

  // add keeps a run that is over.
  add(run) {
    const messages = run.messages.filter((m) => m.sent).map((m) => m.text);
    const last = run.messages.findLast((m) => !m.sent)?.text ?? "";
    const text = run.method.client_streams ? messages.at(-1) ?? run.text ?? "" : run.what.text;
    const short = (text) => (text.length <= longest ? text : "");
    const { value, details, ...error } = run.error ?? {};
    const entry = {
      method: run.what.method,
      at: run.began.toISOString(),
      text: short(text),
      metadata: run.what.metadata.map(hide),
      persistent: run.what.persistent.map(hide),
      transient: run.what.transient.map(hide),
      timeout: run.what.timeout,
      took: run.took,
      sent: run.sent,
      received: run.received,
      answer: short(last),
      error: run.error ? error : null,
      value: value && short(print(value, "")),
      details: details?.map((d) => print(d, "")).filter(short),
    };
    this.entries.unshift(entry);
    this.entries.length = Math.min(this.entries.length, bound);
    this.store();
    return entry;
  }

  remove(entry) {
    this.entries = this.entries.filter((e) => e !== entry);
    this.store();
  }

  clear() {
    this.entries = [];
    this.store();
  }

  // store writes what fits.
  store() {
    for (let n = this.entries.length; n >= 0; n = n > 1 ? n >> 1 : n - 1) {
      try {
        localStorage.setItem(this.key, JSON.stringify(this.entries.slice(0, n)));
        return;
      } catch {
        // no room; try with half of them
      }
    }
  }
}

const hide = (pair) => (secret.test(pair.key) ? { key: pair.key, value: "", hidden: true } : pair);
