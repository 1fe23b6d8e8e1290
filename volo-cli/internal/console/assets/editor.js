// A field for JSON: numbered lines, colours, and a mark where something is
// wrong.

import { h, id } from "./dom.js";
import { indexOf, lineOf, tokens } from "./json.js";

// A text of so many characters still gets colours at every stroke.
const colourful = 100_000;

// colours returns a text as spans.
export function colours(text) {
  if (text.length > colourful) return [text];
  return tokens(text).map(([kind, part]) => (kind ? h("span", { class: "j-" + kind }, part) : part));
}

// An Editor edits a text.
export class Editor {
  constructor(label, changed) {
    const fault = id("fault");
    this.numbers = h("pre", { class: "numbers", "aria-hidden": "true" });
    this.paint = h("pre", { class: "paint", "aria-hidden": "true" });
    this.input = h("textarea", {
      "aria-label": label,
      "aria-describedby": fault,
      spellcheck: "false",
      autocapitalize: "off",
      wrap: "off",
      oninput: () => {
        this.mark();
        this.draw();
        changed();
      },
      onscroll: () => this.scroll(),
      onkeydown: (e) => this.key(e),
    });
    this.message = h("p", { class: "fault", id: fault, role: "alert" });
    this.element = h("div", { class: "editor" }, h("div", { class: "page" }, this.numbers, h("div", { class: "sheet" }, this.paint, this.input)), this.message);
    this.wrong = 0;
  }

  get text() {
    return this.input.value;
  }

  set text(text) {
    this.input.value = text;
    this.mark();
    this.draw();
  }

  // mark shows what is wrong and where; without arguments, nothing is.
  mark(message = "", index = -1) {
    this.message.textContent = message && index >= 0 ? `line ${lineOf(this.text, index)}: ${message}` : message;
    this.wrong = message && index >= 0 ? lineOf(this.text, index) : 0;
    if (message) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
    if (message && index >= 0) {
      this.input.focus();
      this.input.setSelectionRange(index, index);
    }
    this.draw();
  }

  // fault shows what the server says.
  fault({ message, line, column }) {
    this.mark(message, line ? indexOf(this.text, line, column) : -1);
  }

  draw() {
    const lines = this.text.split("\n").length;
    this.numbers.replaceChildren(...Array.from({ length: lines }, (_, i) => h("span", { class: i + 1 === this.wrong ? "wrong" : "" }, `${i + 1}\n`)));
    this.paint.replaceChildren(...colours(this.text), "\n");
    this.input.rows = Math.max(6, Math.min(30, lines));
    this.scroll();
  }

  scroll() {
    this.paint.scrollLeft = this.input.scrollLeft;
    this.paint.scrollTop = this.numbers.scrollTop = this.input.scrollTop;
  }

  // key indents a new line like the one before. Tab stays what it is for who
  // has no mouse: the way to the next field.
  key(e) {
    if (e.key !== "Enter" || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
    const { value, selectionStart, selectionEnd } = this.input;
    const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
    const margin = /^ */.exec(line)[0];
    const opens = /[{[]\s*$/.test(line);
    const closes = opens && /^\s*[}\]]/.test(value.slice(selectionEnd));
    e.preventDefault();
    // The only way to change a text that can be undone.
    document.execCommand("insertText", false, "\n" + margin + (opens ? "  " : "") + (closes ? "\n" + margin : ""));
    const at = selectionStart + 1 + margin.length + (opens ? 2 : 0);
    this.input.setSelectionRange(at, at);
  }
}
