// One call: what has been sent, what has come, and how it has ended.

import * as api from "./api.js";
import { parse } from "./json.js";

// So many messages are kept; of more, the last ones.
const kept = 500;

export class Run {
  // changed is told when there is something new.
  constructor(method, what, changed) {
    this.method = method;
    this.what = what; // as /api/calls takes it
    this.changed = changed;
    this.began = new Date();
    this.clock = performance.now();
    this.id = "";
    this.header = null;
    this.messages = []; // {sent, text, at}
    this.dropped = 0;
    this.received = 0;
    this.sent = 0;
    this.pending = []; // texts that the server has not said are sent
    this.sending = Promise.resolve(); // one after the other
    this.bytes = 0; // of JSON received
    this.first = 0; // ns until the first message
    this.ended = false; // the requests
    this.reply = null;
    this.error = null;
    this.over = false;
    this.control = new AbortController();
    this.ready = new Promise((resolve) => (this.begun = resolve));
  }

  get streams() {
    return this.method.client_streams || this.method.server_streams;
  }

  // begin makes the call and returns when it is over. It throws what says that
  // there was no call.
  async begin() {
    try {
      await api.call(this.what, this.control.signal, (e) => this.event(e));
      if (!this.over) this.finish(null, { kind: "transport", message: "volo console has gone away" });
    } catch (e) {
      if (this.control.signal.aborted) this.finish(null, { kind: "transport", name: "canceled", message: "canceled by the user" });
      else if (this.id) this.finish(null, e.error ?? { kind: "transport", message: "the connection to volo console has broken" });
      else {
        this.finish(null, e.error);
        throw e;
      }
    }
  }

  event(e) {
    switch (e.event) {
      case "begin":
        this.id = e.id;
        this.begun();
        break;
      case "header":
        this.header = e.pairs ?? [];
        break;
      case "message":
        this.first ||= e.at_ns;
        this.received++;
        this.bytes += e.text.length;
        this.keep({ sent: false, text: e.text, at: e.at_ns });
        break;
      case "sent":
        this.sent++;
        this.keep({ sent: true, text: this.pending.shift() ?? "", at: e.at_ns });
        break;
      case "end":
        this.finish(e.reply, e.error, e.at_ns);
        return;
    }
    this.changed();
  }

  keep(message) {
    this.messages.push(message);
    if (this.messages.length > kept) {
      this.dropped++;
      this.messages.shift();
    }
  }

  finish(reply, error, at) {
    this.over = true;
    this.reply = reply;
    this.error = error ?? null;
    // Times within a stream are of one clock.
    this.took = (this.streams ? at : reply?.timing.total_ns) || Math.round((performance.now() - this.clock) * 1e6);
    this.begun();
    this.changed();
  }

  // send sends a message of a stream. The server tells when it is on its way.
  send(text) {
    const sent = this.sending.then(async () => {
      await this.ready;
      if (this.over) return;
      this.pending.push(text);
      try {
        await api.send(this.id, text);
      } catch (e) {
        this.pending.pop(); // it is the last: there is one at a time
        throw e;
      }
    });
    this.sending = sent.catch(() => {});
    return sent;
  }

  // end says that there are no more.
  async end() {
    await this.ready;
    this.ended = true;
    this.changed();
    if (!this.over) await api.end(this.id);
  }

  async cancel() {
    if (this.over) return;
    if (!this.id) return this.control.abort();
    try {
      await api.cancel(this.id);
    } catch {
      this.control.abort(); // it is over, or nobody is there
    }
  }
}

// A Past is a call of the history, to be shown like one of now.
export class Past {
  constructor(method, entry) {
    this.method = method;
    this.past = new Date(entry.at);
    this.id = "past";
    this.over = true;
    this.dropped = 0;
    this.messages = entry.answer ? [{ sent: false, text: entry.answer, at: entry.took }] : [];
    this.received = entry.received;
    this.sent = entry.sent;
    this.bytes = entry.answer.length;
    this.took = entry.took;
    this.error = entry.error && { ...entry.error, value: entry.value && parse(entry.value), details: entry.details?.map(parse) };
  }

  get streams() {
    return this.method.client_streams || this.method.server_streams;
  }

  cancel() {}
}
