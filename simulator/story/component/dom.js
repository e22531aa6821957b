// @ts-check
// Parts of a page.

/** @template {Element} T @param {string} id @param {new () => T} type @returns {T} the element of the page that has this id */
export function part(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

/** @param {Element} at @param {string} text changes nothing if it is there already, so that no screen reader says it again */
export function put(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

/** @param {string} id @param {string} text as put does */
export function say(id, text) { put(part(id, HTMLElement), text); }

/** @param {string} tag @param {string} text @param {string} [style] @returns {HTMLElement} */
export function make(tag, text, style) {
  const e = document.createElement(tag);
  e.textContent = text;
  if (style) e.className = style;
  return e;
}
