// @ts-check
// The log and the rest of the story as text, each line a link to its moment.

import { after } from "../../component/trace.js";
import { eventRow } from "../../component/rows.js";
import { clock } from "../../component/clock.js";
import { isBad, words } from "../../component/words.js";
import { linkTo } from "./detail.js";

/** @typedef {import("./book.js").Book} Book @typedef {import("../../component/trace.js").Happening} Happening */

const busy = new Set(["programming", "receiving"]); // states that alternate at every block

/** @param {Happening} e @returns {boolean} whether it is worth a line */
function told(e) {
  switch (e.event) {
    case "attempt": case "window": case "answer": case "finished": case "fault": case "event-log": case "verified": case "flash-cut": case "not-reset": case "connected": case "disconnected": case "other": case "host-baud":
      return true;
    case "step": return true;
    case "state": return !busy.has(e.state);
    case "lcd": return e.text !== "";
    case "message": return Boolean(e.again_of);
  }
  return false;
}

/** A list of events that follows the cursor. */
export class List {
  /** @param {HTMLElement} at @param {Book} book @param {Happening[]} events @param {(e: Happening) => string} say */
  constructor(at, book, events, say) {
    this.at = at;
    this.events = events;
    this.now = -1;
    at.replaceChildren(...events.map((e) => eventRow(clock(e.at), linkTo(book, e, say(e)), isBad(e))));
  }

  /** @param {number} t @param {number} n number of the chosen event */
  follow(t, n) {
    let now = after(this.events, t, (e) => e.at) - 1;
    while (n && now > 0 && this.events[now].n > n && this.events[now - 1].at === this.events[now].at) now--;
    if (now === this.now) return;
    const rows = this.at.children;
    rows[this.now]?.classList.remove("now");
    rows[this.now]?.removeAttribute("aria-current");
    this.now = now;
    const row = rows[now];
    if (!(row instanceof HTMLElement)) return;
    row.classList.add("now");
    row.setAttribute("aria-current", "true");
    // Not scrollIntoView: it would move the whole page as well.
    const { scrollTop, clientHeight } = this.at;
    if (row.offsetTop < scrollTop || row.offsetTop + row.clientHeight > scrollTop + clientHeight) this.at.scrollTop = row.offsetTop - (clientHeight - row.clientHeight) / 2;
  }
}

/** @param {HTMLElement} at @param {Book} book @returns {List} of the log, or, where nobody knows when its lines were written, of all output */
export function logList(at, book) {
  const log = book.events.filter((e) => e.event === "log");
  return new List(at, book, log.length ? log : book.events.filter((e) => e.event === "output"), (e) => e.event === "output" && e.stream === "stdout" ? e.text : words(e));
}

/** @param {HTMLElement} at @param {Book} book */
export function eventList(at, book) { return new List(at, book, book.events.filter(told), words); }
