// @ts-check
// Events in words.

/** Events that are too many to read unless they are asked for. */
export const frequent = new Set(["led", "frame"]);

/**
 * @param {string} name @param {any} d the event's object
 * @returns {{text: string, bad: boolean}}
 */
export function words(name, d) {
  switch (name) {
    case "state": return calm(`the meter is ${stateWords(d.state)}`);
    case "lcd": return calm(d.text ? `the display shows “${d.text}”` : "the display is dark");
    case "led": return calm(`L2 ${d.on ? "on" : "off"}, ${d.count}`);
    case "event-log": return calm(`event log: ${d.text}`);
    case "sector-erased": return calm(`sector ${d.sector} erased, ${d.left} to go`);
    case "block-programmed": return calm(`block ${d.block} of ${d.blocks} programmed`);
    case "verified": return { text: `image checked: ${d.status}`, bad: d.status !== "ok" };
    case "flash-cut": return { text: `the power failed at flash operation ${d.operation}, ${d.phase}`, bad: true };
    case "fault": return { text: `${d.fault} ${phases[d.phase] ?? d.phase}${d.reason ? `: ${d.reason}` : ""}`, bad: d.phase !== "ends" };
    case "far": return { text: `the meter's port ${d.port}: ${d.state}${d.reason ? `: ${d.reason}` : ""}`, bad: d.state !== "open" };
    case "connected": return calm(`${d.host} connected`);
    case "disconnected": return calm(`${d.host} is gone: ${d.reason}`);
    case "refused": return { text: `${d.host} was refused: ${d.reason}`, bad: true };
    case "not-reset": return { text: `no connection was reset: ${d.reason}`, bad: true };
    case "lost-bytes": return { text: `${d.bytes} bytes were not taken by ${d.host}`, bad: true };
    case "no-ion": return { text: `${d.bytes} bytes that are no ION: ${d.likeness}`, bad: true };
    case "host-baud": return { text: `the host set ${d.baud} baud${d.fits === false ? ": both hear garbage" : ""}`, bad: d.fits === false };
    case "frame": return calm(`${d.direction}, ${d.bytes} bytes: ${d.hex}`);
    case "lost": return { text: `events are missing here: ${d.reason}`, bad: true };
    case "stopped": return { text: "the meter is served no more", bad: true };
  }
  return calm(`${name} ${JSON.stringify(d)}`);
}

/** @type {Record<string, string>} */
const phases = { strikes: "strikes", ends: "is over", "cannot-strike": "cannot strike", unstruck: "never struck" };

/** @param {string} text */
function calm(text) { return { text, bad: false }; }

/** @param {string} state as the server names it */
export function stateWords(state) {
  /** @type {Record<string, string>} */
  const known = {
    elsewhere: "elsewhere: this is a proxy", off: "off", booting: "booting", application: "running its application", download: "in download state",
    erasing: "clearing its flash", receiving: "waiting for blocks", programming: "programming a block", verifying: "checking the image",
  };
  return known[state] ?? state;
}
