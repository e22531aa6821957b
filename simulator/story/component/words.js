// @ts-check
// Events in words.

/** @typedef {import("./trace.js").Happening} Happening */

/** @type {Record<string, string>} */
const states = {
  elsewhere: "elsewhere: this is a proxy", off: "off", booting: "booting", application: "running its application", download: "in download state",
  erasing: "clearing its flash", receiving: "waiting for blocks", programming: "programming a block", verifying: "checking the image",
};

/** @param {string} state as the meter names it @returns {string} what it is */
export function stateWords(state) { return states[state] ?? state; }

// A download goes to and fro between these at every block.
const alternating = new Set(["receiving", "programming"]);

/** @param {string} before @param {string} now states @returns {boolean} whether the change is no more than the next block of a download */
export function isNextBlock(before, now) { return before !== now && alternating.has(before) && alternating.has(now); }

/** @param {string} name such as upgrade-failed @returns {string} the title of a window */
export function windowWords(name) { return name.replaceAll("-", " ").replace(/^./, (c) => c.toUpperCase()); }

/** @type {Record<string, string>} */
const phases = { "cannot-strike": "cannot strike", unstruck: "never struck" };

/** @param {Happening} e @returns {string} one line */
export function words(e) {
  switch (e.event) {
    case "state": return `the meter is ${stateWords(e.state)}`;
    case "lcd": return e.text ? `the display shows “${e.text}”` : "the display is dark";
    case "led": return `L2 ${e.on ? "on" : "off"}`;
    case "event-log": return `event log: ${e.text}`;
    case "log": return e.text;
    case "other": return e.text;
    case "sector-erased": return `sector ${e.sector} erased, ${e.left} to go`;
    case "block-programmed": return `block ${e.block}${e.blocks ? ` of ${e.blocks}` : ""} is in the flash`;
    case "verified": return `image checked: ${e.status}`;
    case "flash-cut": return `the power failed at flash operation ${e.operation}, ${e.phase}`;
    case "flash-op": return `flash operation ${e.operation}, ${e.phase}`;
    case "call": return `telephone: ${e.step}${e.text ? ` ${e.text}` : ""}`;
    case "host-baud": return e.baud ? `the host talks at ${e.baud} baud${e.fits === false ? ": both hear garbage" : ""}` : "the host has no rate";
    case "not-reset": return `no connection was reset: ${e.reason}`;
    case "connected": return `${who(e)} has opened the port`;
    case "disconnected": return `${who(e)} ${broke(e) ? `has lost the port: ${e.reason}` : "has closed the port"}`;
    case "refused": return `${who(e)} was refused: ${e.reason}`;
    case "port-gone": return `the port ${e.host ?? ""} is gone`;
    case "no-room": return `clients wait at ${e.host ?? "a port"} for room on this computer: ${e.reason}`;
    case "port-back": return `the port ${e.host ?? ""} is back`;
    case "lost-bytes": return `${who(e)} did not take ${e.bytes} bytes`;
    case "no-ion": return `${e.bytes} bytes that are no ION: ${e.likeness}`;
    case "far": return `the meter's port ${e.port}: ${e.state}${e.reason ? `: ${e.reason}` : ""}`;
    case "fault": return `fault ${phases[e.phase] ?? e.phase}: ${e.fault}${e.reason ? `: ${e.reason}` : ""}`;
    case "frame": return `frame ${wayWords(e.direction)}: ${e.title ?? `${e.bytes} bytes: ${e.hex}`}${harmed(e) ? `, ${e.fate}` : ""}`;
    case "frame-harmed": return `a frame of ${e.bytes} bytes ${wayWords(e.direction)} was ${e.fate === "lost" ? e.fate : e.text}`;
    case "message": return `${e.direction === "to-meter" ? "request" : "answer"}: ${e.title}${e.again_of ? ", sent again" : ""}`;
    case "window": return `window: ${windowWords(e.window)}`;
    case "answer": return `the person presses ${e.button} in ${windowWords(e.window)}`;
    case "step": return `the tool: ${e.step}`;
    case "attempt": return `attempt ${e.number} begins${e.title ? `: ${e.title}` : ""}`;
    case "finished": return `the tool ends: ${e.text}`;
    case "output": return `${e.stream}: ${e.text}`;
    case "lost": return `events are missing here: ${e.reason}`;
    case "stopped": return "the meter is not served any more";
  }
  return JSON.stringify(e); // of a program that is newer than the page
}

/** @param {{reason: string, broke?: boolean}} e @returns {boolean} whether a connection broke; a story gives a reason only then */
function broke(e) { return e.broke ?? Boolean(e.reason); }

/** @param {{host?: string}} e */
function who(e) { return e.host ? `the host ${e.host}` : "the host"; }

/** @param {import("./trace.js").Direction} direction */
export function wayWords(direction) { return direction === "to-meter" ? "to the meter" : "from the meter"; }

/** @param {import("./trace.js").Outcome} f @returns {boolean} whether it did not arrive as it was sent, or too late */
export function harmed(f) { return f.fate === "lost" || f.fate === "garbled" || f.fate === "late"; }

/** @param {Happening} e @returns {boolean} whether it is something that went wrong */
export function isBad(e) {
  switch (e.event) {
    case "fault": return e.phase !== "ends";
    case "frame": return harmed(e);
    case "message": return Boolean(e.again_of);
    case "flash-cut": case "refused": case "not-reset": case "lost-bytes": case "no-ion": case "frame-harmed": case "port-gone": case "no-room": case "lost": case "stopped": return true;
    case "verified": return e.status !== "ok";
    case "finished": return !e.ok;
    case "log": case "output": return /No response|failed|aborted/i.test(e.text);
    case "state": return e.state === "off";
    case "far": return e.state !== "open";
    case "host-baud": return e.fits === false;
    case "disconnected": return broke(e);
    case "call": return e.step === "ended";
  }
  return false;
}
