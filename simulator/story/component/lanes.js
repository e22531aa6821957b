// @ts-check
// What each lane of the time axis shows.

import { harmed, isBad, windowWords, stateWords } from "./words.js";

/**
 * @typedef {import("./trace.js").Trace} Trace @typedef {import("./moment.js").Moments} Moments
 * @typedef {import("./trace.js").Happening} Happening
 * @typedef {{from: number, to: number, label: string, tone: string, n: number, thin?: boolean, hollow?: boolean}} Span
 * @typedef {{at: number, label: string, tone: string, n: number}} Mark
 * @typedef {{name: string, height: number, spans?: Span[], rows?: Span[][], marks?: Mark[], flash?: boolean, lamp?: boolean}} Lane
 */

/** @type {Record<string, string>} */
const stateTones = {
  off: "off", booting: "warn", application: "calm", download: "quiet", erasing: "erase", receiving: "pale", programming: "write", verifying: "check",
};

/** @param {Trace} trace @param {Moments} moments @returns {Lane[]} from top to bottom; empty ones are left out */
export function lanesOf(trace, moments) {
  /** @type {Lane[]} */
  const lanes = [
    { name: "Attempt", height: 18, spans: attempts(trace) },
    { name: "Person", height: 18, marks: windows(trace) },
    { name: "Tool", height: 18, spans: steps(trace) },
    { name: "Requests", height: 18, spans: messages(trace, "to-meter") },
    { name: "Answers", height: 18, spans: messages(trace, "from-meter") },
    { name: "Line, to meter", height: 18, spans: frames(trace, "to-meter") },
    { name: "Line, from meter", height: 18, spans: frames(trace, "from-meter") },
    { name: "Faults", height: 0, rows: stacked(faults(trace, moments)) },
    { name: "Meter", height: 18, spans: states(trace) },
    { name: "Flash", height: 56, flash: true },
    { name: "Display", height: 18, spans: texts(trace) },
    { name: "LED L2", height: 14, lamp: true },
    { name: "Event log", height: 18, marks: entries(trace) },
    { name: "Upgrade.log", height: 18, marks: logs(trace) },
    { name: "Output", height: 18, marks: output(trace) },
  ];
  for (const lane of lanes) if (lane.rows) lane.height = 18 * lane.rows.length;
  return lanes.filter((l) => l.flash && trace.flash.used.length || l.lamp && moments.lamps.length || l.spans?.length || l.rows?.length || l.marks?.length);
}

/**
 * Each event that begins something lasts until the next one.
 * @param {Happening[]} events @param {number} end @param {(e: Happening) => {label: string, tone: string} | null} say
 * @returns {Span[]}
 */
function until(events, end, say) {
  /** @type {Span[]} */
  const list = [];
  events.forEach((e, i) => {
    const said = say(e);
    if (said) list.push({ from: e.at, to: events[i + 1]?.at ?? end, n: e.n, ...said });
  });
  return list;
}

/**
 * What was so before any event said it.
 * @param {Trace} trace @param {Happening[]} events that say it @param {string | undefined} first undefined: nobody knows
 * @param {(what: string) => {label: string, tone: string}} looks @returns {Span[]}
 */
function atFirst(trace, events, first, looks) {
  const to = events[0]?.at ?? trace.end;
  return first && to > trace.begin ? [{ from: trace.begin, to, n: 0, ...looks(first) }] : [];
}

/** @param {Trace} trace */
function attempts(trace) {
  const all = trace.events.filter((e) => e.event === "attempt" || e.event === "finished");
  return until(all, trace.end, (e) => e.event === "attempt" ? { label: e.title || (e.number === 1 ? "the upgrade" : `attempt ${e.number}`), tone: "calm" } : null);
}

/** @param {Trace} trace @returns {Mark[]} */
function windows(trace) {
  return trace.events.flatMap((e) => e.event === "window" ? [{ at: e.at, label: windowWords(e.window), tone: e.window.includes("failed") || e.window.includes("lost") ? "bad" : "ink", n: e.n }] : []);
}

/** @param {Trace} trace */
function steps(trace) {
  if (!trace.events.some((e) => e.event === "step") && trace.events.some((e) => e.event === "attempt")) return doings(trace);
  const all = trace.events.filter((e) => e.event === "step" || e.event === "finished");
  let odd = false;
  return until(all, trace.end, (e) => e.event === "step" ? { label: e.step, tone: (odd = !odd) ? "quiet" : "calm" } : null);
}

/**
 * What a program does that tells no steps of its own: by its requests, each kind until the next kind or
 * the program's end.
 * @param {Trace} trace @returns {Span[]}
 */
function doings(trace) {
  /** @type {Span[]} */
  const list = [];
  let works = false;
  const begin = (/** @type {Happening} */ e, /** @type {string} */ label) => {
    list.push({ from: e.at, to: trace.end, label, tone: list.length % 2 ? "calm" : "quiet", n: e.n });
  };
  const end = (/** @type {Happening} */ e) => {
    const last = list[list.length - 1];
    if (works && last) last.to = e.at;
  };
  for (const e of trace.events) {
    if (e.event === "attempt" || e.event === "finished") {
      end(e);
      works = e.event === "attempt";
      if (works) begin(e, "starts");
    }
    if (!works || e.event !== "message" || e.direction !== "to-meter" || e.line) continue;
    const label = doing(e.title);
    if (list[list.length - 1].label === label) continue;
    end(e);
    begin(e, label);
  }
  return list;
}

/** @param {string} title of a request, such as block 3, 7424 bytes for 033a00 @returns {string} what somebody does who sends it */
function doing(title) {
  const kind = /^\S+/.exec(title)?.[0] ?? "";
  /** @type {Record<string, string>} */
  const kinds = { block: "sends blocks", read: "reads", write: "writes", identify: "identifies", verify: "verifies", restart: "restarts", clear: "clears the flash", enter: "enters download state" };
  return kinds[kind.replace(/,$/, "")] ?? title.split(/[,\d]/)[0].trim();
}

/** @param {Trace} trace @param {string} direction @returns {Span[]} */
function messages(trace, direction) {
  return trace.events.flatMap((e) => e.event === "message" && e.direction === direction && !e.line
    ? [{ from: e.at, to: e.until, label: e.title, tone: e.again_of ? "bad" : direction === "to-meter" ? "calm" : "write", n: e.n, hollow: !e.whole }] : []);
}

/** @param {Trace} trace @param {string} direction @returns {Span[]} */
function frames(trace, direction) {
  return trace.events.flatMap((e) => e.event === "frame" && e.direction === direction && !e.line
    ? [{ from: e.at, to: trace.over(e), label: e.title ?? `${e.bytes} bytes`, tone: e.fate === "late" ? "warn" : harmed(e) ? "bad" : direction === "to-meter" ? "calm" : "write", n: e.n, thin: !e.message, hollow: e.fate === "lost" }] : []);
}

/** @param {Trace} trace @param {Moments} moments @returns {Span[]} */
function faults(trace, moments) {
  return moments.strikes.map((s) => ({ from: s.from, to: Math.min(s.to, trace.end), label: s.fault, tone: "bad", n: s.n }));
}

/** @param {Span[]} spans @returns {Span[][]} rows in which none overlap */
function stacked(spans) {
  /** @type {Span[][]} */
  const rows = [];
  for (const s of spans) {
    const row = rows.find((r) => r[r.length - 1].to <= s.from);
    if (row) row.push(s);
    else if (rows.length < 6) rows.push([s]);
  }
  return rows;
}

/** @param {Trace} trace */
function states(trace) {
  const all = trace.events.filter((e) => e.event === "state" && !e.line && !e.station);
  const looks = (/** @type {string} */ state) => ({ label: stateWords(state), tone: stateTones[state] ?? "quiet" });
  return [...atFirst(trace, all, trace.first.state, looks), ...until(all, trace.end, (e) => e.event === "state" ? looks(e.state) : null)];
}

/** @param {Trace} trace */
function texts(trace) {
  const all = trace.events.filter((e) => e.event === "lcd" && !e.line && !e.station);
  const looks = (/** @type {string} */ text) => ({ label: text, tone: "lcd" });
  return [...atFirst(trace, all, trace.first.display, looks), ...until(all, trace.end, (e) => e.event === "lcd" && e.text ? looks(e.text) : null)];
}

/** @param {Trace} trace @returns {Mark[]} of the meter's own log */
function entries(trace) {
  return trace.events.flatMap((e) => e.event === "event-log" && !e.line && !e.station ? [{ at: e.at, label: e.text, tone: "ink", n: e.n }] : []);
}

/** @param {Trace} trace @returns {Mark[]} */
function logs(trace) {
  return trace.events.flatMap((e) => e.event === "log" ? [{ at: e.at, label: e.text.replace(/^\S+ \S+ [AP]M:? */, ""), tone: isBad(e) ? "bad" : "ink", n: e.n }] : []);
}

/** @param {Trace} trace @returns {Mark[]} what a program writes, what befalls it and how it ends */
function output(trace) {
  if (!trace.events.some((e) => e.event === "output")) return [];
  return trace.events.flatMap((e) => e.event === "output" ? [{ at: e.at, label: e.text, tone: isBad(e) || e.stream === "judge" ? "bad" : e.stream === "stderr" ? "warn" : "ink", n: e.n }]
    : e.event === "finished" ? [{ at: e.at, label: e.text, tone: e.ok ? "ink" : "bad", n: e.n }] : []);
}
