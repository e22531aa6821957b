// @ts-check
// Finds text, and bytes in hexadecimal.

import { words } from "../../component/words.js";

/** @typedef {import("./book.js").Book} Book @typedef {import("../../component/trace.js").Happening} Happening */

/** Finds events. */
export class Search {
  /** @param {Book} book */
  constructor(book) {
    this.book = book;
    /** @type {string[] | null} */
    this.texts = null; // of each event, made when somebody asks
    this.query = "";
    /** @type {Happening[]} */
    this.found = [];
  }

  /** @param {string} query @returns {Happening[]} in order */
  all(query) {
    const sought = query.trim().toLowerCase();
    if (sought === this.query) return this.found;
    this.query = sought;
    const texts = this.texts ??= this.book.events.map((e) => e.event === "led" ? "" : text(e));
    const bytes = sought.replace(/\s/g, "");
    const hex = /^([0-9a-f]{2}){2,}$/.test(bytes);
    this.found = sought === "" ? [] : this.book.events.filter((e, i) => texts[i].includes(sought) || hex && e.event === "frame" && holds(e.hex, bytes));
    return this.found;
  }
}

/** @param {Happening} e */
function text(e) {
  const own = words(e);
  if (e.event !== "message") return own.toLowerCase();
  return `${own} ${e.why ?? ""} ${e.fields.map((f) => f.value ?? "").join(" ")}`.toLowerCase();
}

/** @param {string} hex @param {string} bytes @returns {boolean} whether they are there, from a whole byte on */
function holds(hex, bytes) {
  for (let at = hex.indexOf(bytes); at >= 0; at = hex.indexOf(bytes, at + 1)) if (at % 2 === 0) return true;
  return false;
}
