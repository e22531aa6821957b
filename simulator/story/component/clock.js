// @ts-check
// Times in words. Moments are seconds of the run.

/** @param {number} seconds @param {number} [digits] of a second @returns {string} such as 1:10:02.125 */
export function clock(seconds, digits = 3) {
  const sign = seconds < 0 ? "−" : "";
  const [whole, part] = Math.abs(seconds).toFixed(digits).split(".");
  const n = Number(whole);
  const two = (/** @type {number} */ v) => String(v).padStart(2, "0");
  const hours = Math.floor(n / 3600);
  const head = hours > 0 ? `${hours}:${two(Math.floor(n / 60) % 60)}` : String(Math.floor(n / 60));
  return `${sign}${head}:${two(n % 60)}${part ? `.${part}` : ""}`;
}

/** @param {number} seconds @returns {string} a length of time, such as 1 h 10 min or 3.2 ms */
export function lasting(seconds) {
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${Math.round(seconds % 3600 / 60)} min`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  for (const [unit, size] of /** @type {[string, number][]} */ ([["s", 1], ["ms", 1e-3], ["µs", 1e-6]])) {
    if (seconds >= size) return `${Number((seconds / size).toPrecision(3))} ${unit}`;
  }
  return `${Number((seconds * 1e9).toPrecision(3))} ns`;
}

/** @param {Date} start @param {number} seconds @returns {string} the meter's calendar */
export function calendar(start, seconds) {
  return new Date(start.getTime() + seconds * 1000).toISOString().replace("T", " ").replace(/\.\d+Z$/, "");
}
