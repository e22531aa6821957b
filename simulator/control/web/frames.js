// @ts-check
// The last frames on the line, each with its fields and their bytes.

/**
 * @typedef {{name: string, from: number, to: number, value: string, wrong: boolean}} Field
 * @typedef {{n: number, at: number, direction: "to-meter" | "from-meter", bytes: string, title: string, ack: boolean,
 *   fields: Field[], message?: {bytes: string, fields: Field[]}}} Frame
 */

const shown = 40;
const longField = 24; // bytes of a field that are shown at once

/** @param {string} tag @param {string} text @param {string} [style] @returns {HTMLElement} */
export function make(tag, text, style) {
  const e = document.createElement(tag);
  e.textContent = text;
  if (style) e.className = style;
  return e;
}

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
    if (fresh.length === 0) return;
    this.list.querySelector(":scope > .quiet")?.remove();
    this.list.prepend(...fresh.map(row).reverse());
    while (this.list.childElementCount > shown) this.list.lastElementChild?.remove();
  }
}

/** @param {Frame} f */
function row(f) {
  const item = document.createElement("li");
  const box = document.createElement("details");
  const head = document.createElement("summary");
  const way = f.direction === "to-meter" ? "to the meter" : "from the meter";
  const arrow = make("span", f.direction === "to-meter" ? "→" : "←", "way");
  arrow.setAttribute("role", "img");
  arrow.setAttribute("aria-label", way);
  const bad = [...f.fields, ...(f.message?.fields ?? [])].some((field) => field.wrong);
  head.append(make("time", f.at.toFixed(3)), arrow, make("span", f.title, bad ? "title fault" : "title"), make("span", `${f.bytes.length / 2} B`, "quiet"));
  box.append(head);
  box.addEventListener("toggle", () => {
    if (!box.open || box.childElementCount > 1) return;
    box.append(table("Frame", f.bytes, f.fields));
    if (f.message) box.append(table("Message", f.message.bytes, f.message.fields));
  });
  item.append(box);
  return item;
}

/** @param {string} name @param {string} hex @param {Field[]} fields @returns {HTMLElement} */
function table(name, hex, fields) {
  const around = make("div", "", "table");
  around.tabIndex = 0;
  around.setAttribute("role", "region");
  around.setAttribute("aria-label", `${name}, field by field`);
  const t = document.createElement("table");
  t.append(make("caption", `${name}, ${hex.length / 2} bytes`));
  const body = t.createTBody();
  for (const f of fields) {
    const r = body.insertRow();
    if (f.wrong) r.className = "fault";
    const th = make("th", f.name);
    th.setAttribute("scope", "row");
    const td = document.createElement("td");
    td.append(make("code", spaced(hex.slice(2 * f.from, 2 * f.to))));
    r.append(th, td, make("td", f.value));
  }
  around.append(t);
  return around;
}

/** @param {string} hex */
function spaced(hex) {
  const some = hex.slice(0, 2 * longField).replace(/../g, "$& ").trim();
  return hex.length > 2 * longField ? `${some} … ${hex.length / 2} bytes` : some;
}
