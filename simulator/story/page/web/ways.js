// @ts-check
// By what one can step through a run.

import { blockOf } from "../../component/moment.js";
import { harmed } from "../../component/words.js";

/** @typedef {import("./book.js").Book} Book @typedef {import("../../component/trace.js").Happening} Happening */
/** @typedef {{key: string, name: string, letter: string, events: Happening[]}} Way */

/** @param {Book} book @returns {Way[]} those of which there is anything */
export function waysOf(book) {
  const of = (/** @type {(e: Happening) => boolean} */ is) => book.events.filter(is);
  return [
    { key: "anything", name: "anything", letter: "", events: of((e) => e.event !== "led") },
    { key: "log", name: "log line", letter: "l", events: of((e) => e.event === "log") },
    { key: "message", name: "request or answer", letter: "m", events: of((e) => e.event === "message") },
    { key: "block", name: "block", letter: "b", events: of((e) => e.event === "message" && blockOf(e) > 0) },
    { key: "frame", name: "frame", letter: "f", events: of((e) => e.event === "frame") },
    { key: "fault", name: "fault", letter: "x", events: of((e) => e.event === "fault") },
    { key: "again", name: "resend", letter: "r", events: of((e) => e.event === "message" && Boolean(e.again_of)) },
    { key: "harmed", name: "lost, garbled or late frame", letter: "g", events: of((e) => e.event === "frame" && harmed(e)) },
    { key: "window", name: "window", letter: "p", events: of((e) => e.event === "window") },
    { key: "step", name: "step of the tool", letter: "t", events: of((e) => e.event === "step") },
    { key: "state", name: "state of the meter", letter: "s", events: of((e) => e.event === "state") },
  ].filter((w) => w.events.length > 0);
}

/** @param {Way} way @param {number} t @param {number} n the chosen event; 0 for none @returns {Happening | undefined} */
export function next(way, t, n) { return way.events.find((e) => n ? e.n > n && e.at >= t : e.at > t); }

/** @param {Way} way @param {number} t @param {number} n @returns {Happening | undefined} */
export function previous(way, t, n) { return way.events.findLast((e) => n ? e.n < n && e.at <= t : e.at < t); }
