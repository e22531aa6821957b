// @ts-check
// One event in full: what it is, its fields and bytes, and what it leads to.

import { make } from "../../component/dom.js";
import { differing, fieldTable } from "../../component/fields.js";
import { eventRow } from "../../component/rows.js";
import { clock, lasting } from "../../component/clock.js";
import { harmed, isBad, words } from "../../component/words.js";

/**
 * @typedef {import("./book.js").Book} Book @typedef {import("../../component/trace.js").Happening} Happening
 * @typedef {import("../../component/trace.js").FrameEvent} FrameEvent @typedef {import("../../component/trace.js").MessageEvent} MessageEvent
 */

/** @param {Book} book @param {Happening} e @returns {string} the part of an address that names an event */
export function address(book, e) { return `#t=${Number(Math.max(book.begin, e.at).toFixed(9))}&n=${e.n}`; }

/** @param {Book} book @param {Happening} e @param {string} text @returns {HTMLAnchorElement} a link to an event */
export function linkTo(book, e, text) {
  const a = document.createElement("a");
  a.href = address(book, e);
  a.textContent = text;
  return a;
}

/** @param {Book} book @param {Happening} e @returns {Node[]} */
export function detail(book, e) {
  const title = make("p", words(e), isBad(e) ? "what bad" : "what");
  switch (e.event) {
    case "frame": return [title, ...frame(book, e), around(book, e)];
    case "message": return [title, ...message(book, e), around(book, e)];
  }
  return [title, around(book, e)];
}

/** @param {Book} book @param {Happening} e @returns {HTMLElement} what happened shortly before and after */
function around(book, e) {
  const near = [];
  for (let n = e.n - 1, left = 4; n > 0 && left > 0; n--) if (book.numbered(n)?.event !== "led") near.unshift(book.numbered(n)), left--;
  near.push(e);
  for (let n = e.n + 1, left = 8; n <= book.events.length && left > 0; n++) if (book.numbered(n)?.event !== "led") near.push(book.numbered(n)), left--;
  const box = make("div", "", "around");
  box.append(make("h3", "Before and after"));
  const list = make("ol", "", "rows");
  for (const other of near) {
    if (!other) continue;
    const row = eventRow(clock(other.at), linkTo(book, other, words(other)), isBad(other));
    row.classList.toggle("now", other === e);
    list.append(row);
  }
  box.append(list);
  return box;
}

/** @param {Book} book @param {FrameEvent} f */
function frame(book, f) {
  const parts = [];
  const over = book.over(f);
  parts.push(make("p", `${f.bytes} bytes in ${lasting(over - f.at)}, ${f.held ? `held back for ${lasting(f.held)} before, ` : ""}${fates[f.fate ?? "came"]}`, "quiet"));
  const m = f.message ? book.messages.get(f.message) : undefined;
  if (m) {
    const all = book.frames.get(m.message) ?? [];
    const p = make("p", `frame ${all.indexOf(f) + 1} of ${all.length} that were sent of `);
    p.append(linkTo(book, m, words(m)));
    parts.push(p);
  }
  parts.push(fieldTable(f.hex, book.layouts.get(f.layout ?? 0) ?? [], "Fields of the frame"));
  if (f.got) parts.push(differing(f.hex, f.got));
  return parts;
}

/** @type {Record<string, string>} */
const fates = { came: "it came through", lost: "it never arrived", garbled: "it arrived damaged", late: "it arrived when the host had sent a further request" };

/** @param {Book} book @param {MessageEvent} m */
function message(book, m) {
  const parts = [];
  if (m.again_of) parts.push(why(book, m));
  const frames = book.frames.get(m.message) ?? [];
  parts.push(make("p", `message ${m.id ?? "without id"}, ${frames.length} ${frames.length === 1 ? "frame" : "frames"} in ${lasting(frames.reduce((end, f) => Math.max(end, book.over(f)), m.at) - m.at)}`, "quiet"));
  if (m.whole) parts.push(fieldTable(bytes(book, frames), m.fields, "Fields of the message"));
  else parts.push(make("p", "It was not sent to its end, so there is no more to read.", "quiet"));
  parts.push(frameList(book, frames));
  return parts;
}

/** @param {Book} book @param {MessageEvent} m */
function why(book, m) {
  const box = make("div", "", "why");
  box.append(make("h3", "Why was this sent again?"), make("p", `${(m.why ?? "").replace(/^./, (c) => c.toUpperCase())}.`));
  const ways = make("p", "", "ways");
  const see = m.see ? book.numbered(m.see) : undefined;
  if (see) ways.append(linkTo(book, see, "Show what was missing"));
  const before = m.again_of ? book.messages.get(m.again_of) : undefined;
  if (before) ways.append(linkTo(book, before, `the time before, at ${clock(before.at)}`));
  box.append(ways, make("p", `It is the ${m.times}${m.times === 2 ? "nd" : m.times === 3 ? "rd" : "th"} time.`, "quiet"));
  return box;
}

/** @param {Book} book @param {FrameEvent[]} frames @returns {string} the message, in hexadecimal */
function bytes(book, frames) {
  let hex = "";
  for (const f of frames) {
    const data = book.layouts.get(f.layout ?? 0)?.find((x) => x.name === "data");
    if (data && 2 * (f.data ?? 0) === hex.length) hex += f.hex.slice(2 * data.from, 2 * data.to);
  }
  return hex;
}

/** @param {Book} book @param {FrameEvent[]} frames */
function frameList(book, frames) {
  const box = document.createElement("details");
  box.append(make("summary", `Its ${frames.length === 1 ? "frame" : `${frames.length} frames`}`));
  const list = make("ol", "", "plain");
  for (const f of frames) {
    const item = make("li", "", harmed(f) ? "bad" : "");
    item.append(linkTo(book, f, `${clock(f.at, 6)} ${f.title}${harmed(f) ? `, ${f.fate}` : ""}`));
    list.append(item);
  }
  box.append(list);
  return box;
}
