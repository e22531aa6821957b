// @ts-check
// Bytes with their fields: what a frame or message says, and where it says it.

import { make } from "./dom.js";

/** @typedef {import("./trace.js").Field} Field */

const long = 48; // bytes of a field that are shown at once

/**
 * A table of fields, each with its bytes.
 * @param {string} hex @param {Field[]} fields @param {string} name of the table
 * @returns {HTMLElement}
 */
export function fieldTable(hex, fields, name) {
  const table = document.createElement("table");
  table.className = "fields";
  table.append(make("caption", name));
  const head = document.createElement("tr");
  for (const title of ["Field", "Bytes", "Meaning"]) {
    const th = make("th", title);
    th.setAttribute("scope", "col");
    head.append(th);
  }
  table.createTHead().append(head);
  const body = table.createTBody();
  for (const f of fields) {
    const row = body.insertRow();
    if (f.wrong) row.className = "bad";
    const th = make("th", f.name);
    th.setAttribute("scope", "row");
    row.append(th, bytesCell(hex, f), make("td", f.value ?? "", "meaning"));
  }
  return table;
}

/** @param {string} hex @param {Field} f */
function bytesCell(hex, f) {
  const cell = document.createElement("td");
  const own = hex.slice(2 * f.from, 2 * f.to);
  const code = make("code", spaced(own.slice(0, 2 * long)));
  cell.append(code);
  if (own.length > 2 * long) {
    const more = make("button", `all ${own.length / 2}`);
    more.setAttribute("type", "button");
    more.addEventListener("click", () => {
      code.textContent = spaced(own);
      more.remove();
    });
    cell.append(" … ", more);
  }
  return cell;
}

/** @param {string} hex @returns {string} */
export function spaced(hex) { return hex.replace(/../g, "$& ").trim(); }

/** @param {string} sent @param {string} got both hexadecimal @returns {HTMLElement} what came, with what is not as it was sent marked */
export function differing(sent, got) {
  const p = document.createElement("p");
  p.append("came as ");
  const code = document.createElement("code");
  for (let i = 0; i < got.length; i += 2) {
    const byte = got.slice(i, i + 2);
    code.append(byte === sent.slice(i, i + 2) ? `${byte} ` : make("mark", byte), byte === sent.slice(i, i + 2) ? "" : " ");
  }
  p.append(code);
  return p;
}
