// The few words that the page is built with.

// h returns an element. Attributes that are functions listen; those that are
// false, null or undefined are left out; children are nodes, texts or lists.
export function h(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") e.addEventListener(name.slice(2), value);
    else if (name === "class") e.className = value;
    else if (value === true) e.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) e.setAttribute(name, value);
  }
  e.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

const svg = "http://www.w3.org/2000/svg";

// icon returns one of the drawings in icons.svg.
export function icon(name) {
  const e = document.createElementNS(svg, "svg");
  e.setAttribute("class", "icon");
  e.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svg, "use");
  use.setAttribute("href", "icons.svg#" + name);
  e.append(use);
  return e;
}

// button returns a button with a drawing, which title explains.
export const button = (name, title, onclick, attributes) =>
  h("button", { type: "button", class: "tool", title, "aria-label": title, onclick, ...attributes }, icon(name));

let count = 0;

// id returns an id that no element has.
export const id = (name) => `${name}-${++count}`;

// later returns a function that has f run once, soon, however often it is called.
export function later(f, ms) {
  let timer = 0;
  return () => {
    timer ||= setTimeout(() => {
      timer = 0;
      f();
    }, ms);
  };
}

// duration writes nanoseconds as people read them.
export function duration(ns) {
  if (ns < 1e3) return `${ns} ns`;
  for (const [unit, name] of [[1e3, "µs"], [1e6, "ms"], [1e9, "s"]]) {
    const n = ns / unit;
    if (n < 999.5 || name === "s") return `${n < 10 ? n.toFixed(2) : n < 100 ? n.toFixed(1) : n.toFixed(0)} ${name}`;
  }
}

// size writes bytes as people read them.
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

// copy returns a button that puts a text on the clipboard.
export function copy(title, text) {
  const b = button("copy", title, async () => {
    try {
      await navigator.clipboard.writeText(text());
      b.classList.add("done");
      b.title = "Copied";
    } catch (e) {
      b.title = `Not copied: ${e.message}`;
    }
    setTimeout(() => {
      b.classList.remove("done");
      b.title = title;
    }, 1500);
  });
  return b;
}

// shortcut sends the request.
export const shortcut = /Mac|iP/.test(navigator.platform) ? "⌘↵" : "Ctrl+↵";
