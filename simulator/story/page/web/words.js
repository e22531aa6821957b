// @ts-check
// Events in words.

/** @typedef {import("./book.js").Happening} Happening */

/** @type {Record<string, string>} */
const states = {
  off: "off", booting: "booting", application: "runs its application", download: "in download state",
  erasing: "clears its flash", receiving: "waits for blocks", programming: "programs a block", verifying: "checks the image",
};

/** @param {string} state as the meter names it */
export function stateWords(state) { return states[state] ?? state; }

/** @param {string} name such as upgrade-failed @returns {string} the title of a window */
export function windowWords(name) { return name.replaceAll("-", " ").replace(/^./, (c) => c.toUpperCase()); }

/** @param {Happening} e @returns {string} one line */
export function words(e) {
  switch (e.event) {
    case "state": return `the meter ${e.state === "off" || e.state === "booting" || e.state === "download" ? "is " : ""}${stateWords(e.state)}`;
    case "lcd": return e.text ? `the display shows “${e.text}”` : "the display is dark";
    case "led": return `L2 ${e.on ? "on" : "off"}`;
    case "event-log": return `meter's event log: ${e.text}`;
    case "log": return e.text;
    case "other": return e.text;
    case "sector-erased": return `sector ${e.sector} erased, ${e.left} to go`;
    case "block-programmed": return `block ${e.block} is in the flash`;
    case "verified": return `image checked: ${e.status}`;
    case "flash-cut": return `the power failed at flash operation ${e.operation}, ${e.phase}`;
    case "flash-op": return `flash operation ${e.operation}, ${e.phase}`;
    case "host-baud": return e.baud ? `the host talks at ${e.baud} baud` : "the host has no rate";
    case "not-reset": return `no connection was reset: ${e.reason}`;
    case "connected": return "the host has opened the port";
    case "disconnected": return `the host ${e.reason ? `has lost the port: ${e.reason}` : "has closed the port"}`;
    case "fault": return `fault ${e.phase === "cannot-strike" ? "cannot strike" : e.phase}: ${e.fault}${e.reason ? `: ${e.reason}` : ""}`;
    case "frame": return `frame ${e.direction === "to-meter" ? "to the meter" : "from the meter"}: ${e.title}${e.fate === "came" ? "" : `, ${e.fate}`}`;
    case "message": return `${e.direction === "to-meter" ? "request" : "answer"}: ${e.title}${e.again_of ? ", sent again" : ""}`;
    case "window": return `window: ${windowWords(e.window)}`;
    case "answer": return `the person presses ${e.button} in ${windowWords(e.window)}`;
    case "step": return `the tool: ${e.step}`;
    case "attempt": return `attempt ${e.number} begins${e.title ? `: ${e.title}` : ""}`;
    case "finished": return `the tool ends: ${e.text}`;
    case "output": return `${e.stream}: ${e.text}`;
  }
}

/** @param {Happening} e @returns {boolean} whether it is something that went wrong */
export function isBad(e) {
  switch (e.event) {
    case "fault": return e.phase !== "ends";
    case "frame": return e.fate !== "came";
    case "message": return Boolean(e.again_of);
    case "flash-cut": return true;
    case "verified": return e.status !== "ok";
    case "finished": return !e.ok;
    case "state": return e.state === "off";
  }
  return false;
}
