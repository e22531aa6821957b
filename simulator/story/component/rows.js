// @ts-check
// Lists of what happened, a row each.

import { make } from "./dom.js";

/** @param {string} time in words @param {Node | string} what @param {boolean} bad whether it went wrong @returns {HTMLElement} a row of a list of the class rows */
export function eventRow(time, what, bad) {
  const row = make("li", "", bad ? "bad" : "");
  const said = make("span", "", "said");
  said.append(what);
  row.append(make("time", time), said);
  return row;
}
