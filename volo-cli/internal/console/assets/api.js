// The way to the server that has served this page.

import { parse } from "./json.js";

// The token comes in the fragment of the URL. It is kept for this tab, so that
// it can be loaded again, and taken out of sight.
const given = /^#token=(\w+)$/.exec(location.hash);
if (given) {
  sessionStorage.setItem("token", given[1]);
  history.replaceState(null, "", location.pathname);
}
const token = sessionStorage.getItem("token") ?? "";

// A Failure is what has not worked, as the server tells it: kind, name, code,
// message, and, if JSON is at fault, where.
export class Failure extends Error {
  constructor(error, fault, status) {
    super(error.message);
    this.error = error;
    this.fault = fault;
    this.status = status;
  }
}

async function ask(path, { method = "GET", body, signal } = {}) {
  let answer;
  try {
    answer = await fetch(path, { method, body, signal, headers: { "Volo-Console-Token": token }, cache: "no-store" });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new Failure({ kind: "transport", message: "volo console does not answer; is it still running?" }, null, 0);
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  try {
    const { error, fault } = JSON.parse(text);
    throw new Failure(error, fault, answer.status);
  } catch (e) {
    if (e instanceof Failure) throw e;
    throw new Failure({ kind: "local", message: text.trim() || answer.statusText }, null, answer.status);
  }
}

const json = async (...args) => (await ask(...args)).json();

export const peer = () => json("/api/peer");
export const outline = () => json("/api/outline");
export const reload = () => json("/api/reload", { method: "POST" });
export const check = (method, text) => json("/api/check", { method: "POST", body: JSON.stringify({ method, text }) });
export const send = (id, text) => json(`/api/calls/${id}/messages`, { method: "POST", body: text });
export const end = (id) => json(`/api/calls/${id}/end`, { method: "POST" });
export const cancel = (id) => json(`/api/calls/${id}`, { method: "DELETE" });

// call makes a call and hands its events on as they come. Answers are texts:
// their numbers may be longer than those of a browser.
export async function call(what, signal, each) {
  const answer = await ask("/api/calls", { method: "POST", body: JSON.stringify(what), signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const parts = value.split("\n");
    for (const part of parts.slice(0, -1)) {
      rest.push(part);
      each(eventOf(rest.join("")));
      rest = [];
    }
    rest.push(parts.at(-1));
  }
}

// eventOf reads a line. What comes of the service is kept as it is written: the
// text of an answer, which is the last member, and what an error has with it,
// as trees.
function eventOf(line) {
  const at = line.startsWith('{"event":"message"') ? line.indexOf('"text":') : -1;
  if (at >= 0) {
    const event = JSON.parse(line.slice(0, at).replace(/,$/, "") + "}");
    event.text = line.slice(at + '"text":'.length, -1);
    return event;
  }
  const event = JSON.parse(line);
  if (event.error?.value !== undefined || event.error?.details) {
    const error = member(parse(line), "error");
    event.error.value = member(error, "value");
    event.error.details = member(error, "details")?.a;
  }
  return event;
}

const member = (node, name) => node.m.find((e) => e.k === name)?.v;
