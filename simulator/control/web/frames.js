// @ts-check
// The last frames on the line, each with its fields and their bytes.

import { make } from "../../story/component/dom.js";
import { fieldTable } from "../../story/component/fields.js";
import { clock } from "../../story/component/clock.js";
import { harmed, wayWords } from "../../story/component/words.js";

/**
 * @typedef {import("../../story/component/trace.js").Field} Field @typedef {import("../../story/component/trace.js").Direction} Direction
 * @typedef {import("../../story/component/trace.js").Outcome} Outcome
 * @typedef {Outcome & {n: number, at: number, direction: Direction, bytes: string, title: string, ack: boolean,
 *   fields: Field[], message?: {bytes: string, fields: Field[]}}} Frame
 */

const shown = 40;

/** A list of frames, newest first. What is open stays open. */
export class FrameList {
  /** @param {HTMLElement} list @param {HTMLInputElement} acks whether ACKs are shown too */
  constructor(list, acks) {
    this.list = list;
    this.acks = acks;
    this.newest = 0; // number of the newest frame that was drawn
    this.clear();
    acks.addEventListener("change", () => this.clear());
  }

  clear() {
    this.newest = 0;
    this.list.replaceChildren(make("li", "None yet.", "quiet"));
  }

  /** @param {Frame[]} frames oldest first */
  draw(frames) {
    const last = frames.at(-1);
    if (last && last.n < this.newest) this.clear(); // the meter was started again
    const fresh = frames.filter((f) => f.n > this.newest && (this.acks.checked || !f.ack));
    if (last) this.newest = last.n;
    if (fresh.length > 0) this.insert(fresh);
    this.settle(frames);
  }

  /** @param {Frame[]} fresh oldest first */
  insert(fresh) {
    this.list.querySelector(":scope > .quiet")?.remove();
    this.list.prepend(...fresh.map(row).reverse());
    while (this.list.childElementCount > shown) this.list.lastElementChild?.remove();
  }

  /** Says of frames that are drawn what became of them. @param {Frame[]} frames */
  settle(frames) {
    for (const f of frames) {
      const size = f.fate ? this.list.querySelector(`:scope > [data-n="${f.n}"] summary > span:last-child`) : null;
      if (size && size.textContent !== sizeOf(f)) size.replaceWith(sizeSpan(f));
    }
  }
}

/** @param {Frame} f */
function sizeOf(f) { return `${f.bytes.length / 2} B${harmed(f) ? `, ${f.fate}` : ""}`; }

/** @param {Frame} f */
function sizeSpan(f) { return make("span", sizeOf(f), harmed(f) ? "bad" : "quiet"); }

/** @param {Frame} f */
function row(f) {
  const item = document.createElement("li");
  item.dataset.n = String(f.n);
  const box = document.createElement("details");
  const head = document.createElement("summary");
  const arrow = make("span", f.direction === "to-meter" ? "→" : "←", "way");
  arrow.setAttribute("role", "img");
  arrow.setAttribute("aria-label", wayWords(f.direction));
  const bad = [...f.fields, ...(f.message?.fields ?? [])].some((field) => field.wrong);
  head.append(make("time", clock(f.at)), arrow, make("span", f.title, bad ? "title bad" : "title"), sizeSpan(f));
  box.append(head);
  box.addEventListener("toggle", () => {
    if (!box.open || box.childElementCount > 1) return;
    box.append(fieldTable(f.bytes, f.fields, "Fields of the frame"));
    if (f.message) box.append(fieldTable(f.message.bytes, f.message.fields, "Fields of the message"));
  });
  item.append(box);
  return item;
}
