// The page: what is on the left, in the middle and on the right, and how one
// leads to another. The address after # says what is in the middle, so that
// the browser's buttons go back and forth.

import * as api from "./api.js";
import { Answer } from "./answer.js";
import { h } from "./dom.js";
import { History } from "./history.js";
import { Page } from "./method.js";
import { Nav } from "./nav.js";
import { Schema } from "./schema.js";
import { typePage } from "./types.js";

const main = document.getElementById("main");
const answer = new Answer(document.getElementById("answer"));
const pages = new Map(); // by method
const drafts = new Map(); // by method: what was written before all was read again
let peer, schema, page;

const go = {
  method: (key) => (location.hash = "#/" + encodeURI(key)),
  type: (name) => (location.hash = "#type/" + encodeURI(name)),
};

const nav = new Nav({
  ...go,
  restore: (entry) => {
    if (!schema.methods.has(entry.method)) return main.replaceChildren(h("p", { class: "note" }, `There is no method ${entry.method} any more.`));
    go.method(entry.method);
    route();
    page.restore(entry);
    answer.show(page.run);
  },
});
const live = (p) => p?.run && !p.run.over;
nav.running = (key) => live(pages.get(key));

const on = {
  type: go.type,
  live: () => [...pages.values()].filter(live).length,
  run: (p, run) => {
    if (p === page) answer.show(run);
    // On a narrow page the response is far below.
    if (answer.element.getBoundingClientRect().top > innerHeight) answer.element.scrollIntoView({ block: "start" });
    nav.draw();
  },
  changed: (p, run) => p === page && answer.changed(run),
  over: (p, run) => {
    if (run.id) nav.past.add(run);
    else if (p.run === run) {
      p.run = null; // there was none
      if (p === page) answer.show(null);
    }
    p.shell();
    nav.draw();
  },
};

function open(key) {
  if (!pages.has(key)) {
    pages.set(key, new Page(schema, key, peer, on));
    if (drafts.has(key)) pages.get(key).adopt(drafts.get(key));
    drafts.delete(key);
  }
  page = pages.get(key);
  main.replaceChildren(page.element);
  answer.show(page.run);
  document.title = `${page.method.name} · volo console`;
}

// route shows what the address says.
function route() {
  if (!schema) return;
  const hash = decodeURI(location.hash);
  page = undefined;
  document.body.classList.remove("typing");
  if (hash.startsWith("#type/")) {
    const name = hash.slice("#type/".length);
    main.replaceChildren(typePage(schema, name, go));
    document.body.classList.add("typing");
    document.title = `${name} · volo console`;
    nav.current = name;
  } else {
    const first = [...schema.methods.keys()][0];
    const key = schema.methods.has(hash.slice(2)) ? hash.slice(2) : first;
    nav.current = key ?? "";
    if (key) open(key);
    else main.replaceChildren(h("p", { class: "note" }, "There is no method to call."));
  }
  main.scrollTop = 0;
  nav.draw();
}

// load asks what there is and shows it.
async function load(ask) {
  main.setAttribute("aria-busy", "true");
  try {
    peer = await api.peer();
    nav.past ??= new History(peer.target);
    schema = new Schema(await ask());
    for (const [key, p] of pages) {
      drafts.set(key, p.draft());
      p.run?.cancel();
    }
    pages.clear();
    nav.schema = schema;
    document.getElementById("where").replaceChildren(h("span", { class: "target" }, peer.target || "no target"), h("span", { class: "tag" }, schema.protocol));
    route();
  } catch (e) {
    if (!(e instanceof api.Failure)) throw e;
    if (peer) document.getElementById("where").replaceChildren(h("span", { class: "target" }, peer.target || "no target"));
    main.replaceChildren(
      h("div", { class: "failure" }, h("p", { class: "why" }, e.status === 403 ? "This page has not been let in" : "It is not known what there is"), h("pre", { class: "what" }, e.message), e.status !== 403 && h("button", { type: "button", class: "send", onclick: () => load(api.reload) }, "Try again")),
    );
  } finally {
    main.removeAttribute("aria-busy");
  }
}

addEventListener("hashchange", route);
document.addEventListener("keydown", (e) => {
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && page) {
    e.preventDefault();
    page.send();
  }
});
document.getElementById("reload").addEventListener("click", () => load(api.reload));
await load(api.outline);
