// @ts-check
// What is in the flash, sector by sector.

import { make, put } from "./dom.js";

/** A map of the flash in a part of a page. */
export class FlashMap {
  /** @param {HTMLElement} at which it fills */
  constructor(at) {
    this.text = make("p", "", "quiet");
    this.text.id = "flash-text";
    this.map = make("div", "", "sectors");
    this.map.setAttribute("role", "img");
    const legend = make("p", "", "legend quiet");
    legend.setAttribute("aria-hidden", "true");
    for (const [style, name] of [["sector loader", "loader"], ["sector", "erased"], ["sector full", "written"]]) legend.append(make("span", "", style), ` ${name} `);
    at.replaceChildren(this.text, this.map, legend);
    /** @type {number[]} */
    this.drawn = [];
  }

  /**
   * @param {number[]} used of each sector, the share in percent that is not erased
   * @param {number} loader sectors at the beginning that hold the loader @param {number} sectorBytes
   */
  draw(used, loader, sectorBytes) {
    if (this.map.childElementCount !== used.length) {
      this.map.replaceChildren(...used.map((_, i) => make("span", "", i < loader ? "sector loader" : "sector")));
      this.drawn = [];
    }
    used.forEach((share, i) => {
      const sector = this.map.children[i];
      if (i >= loader && this.drawn[i] !== share && sector instanceof HTMLElement) sector.style.setProperty("--used", `${share}%`);
    });
    this.drawn = used;
    const text = flashWords(used, loader, sectorBytes);
    put(this.text, text);
    if (this.map.getAttribute("aria-label") !== text) this.map.setAttribute("aria-label", text);
  }
}

/** @param {number[]} used @param {number} loader @param {number} sectorBytes as FlashMap.draw has them @returns {string} */
export function flashWords(used, loader, sectorBytes) {
  if (used.length === 0) return "";
  const written = used.slice(loader).filter((share) => share > 0).length;
  return `${written} of ${used.length - loader} sectors of ${sectorBytes / 1024} KiB hold something; ${loader} more hold the loader`;
}
