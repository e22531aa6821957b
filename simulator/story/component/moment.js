// @ts-check
// The state of everything at an instant.

import { after } from "./trace.js";

/**
 * @typedef {import("./trace.js").Trace} Trace @typedef {import("./trace.js").Happening} Happening
 * @typedef {import("./trace.js").MessageEvent} MessageEvent @typedef {import("./trace.js").FrameEvent} FrameEvent
 * @typedef {{from: number, to: number, fault: string, n: number}} Strike
 * @typedef {{state: string, lcd: string, lit: boolean, toggles: number, attempt: string, step: string, window: string, finished: string,
 *   block: number, blocks: number, answered: number, resends: number, lines: number, request: MessageEvent | undefined, reply: MessageEvent | undefined,
 *   wire: FrameEvent[], faults: Strike[]}} Moment
 */

/** Knows the state at every instant. */
export class Moments {
  /** @param {Trace} trace */
  constructor(trace) {
    this.trace = trace;
    const own = trace.events.filter((e) => !e.line && !e.station);
    this.states = own.filter((e) => e.event === "state");
    this.texts = own.filter((e) => e.event === "lcd");
    this.lamps = own.filter((e) => e.event === "led");
    this.steps = own.filter((e) => e.event === "step" || e.event === "finished" || e.event === "attempt");
    this.windows = own.filter((e) => e.event === "window" || e.event === "finished" || e.event === "attempt");
    this.attempts = own.filter((e) => e.event === "attempt");
    this.ends = own.filter((e) => e.event === "finished" || e.event === "attempt");
    this.logs = trace.events.filter((e) => e.event === "log");
    this.requests = own.filter((e) => e.event === "message" && e.direction === "to-meter");
    this.replies = own.filter((e) => e.event === "message" && e.direction === "from-meter");
    this.again = this.requests.filter((e) => e.event === "message" && e.again_of);
    this.frames = own.filter((e) => e.event === "frame");
    this.blocks = own.filter((e) => e.event === "block-programmed" || e.event === "state" && e.state === "erasing");
    this.strikes = strikesOf(trace);
    this.sectors = new Sectors(trace, own);
    this.image = imageOf(trace);
    /** @type {{at: number, block: number}[]} */
    this.sent = this.requests.flatMap((e) => {
      const block = e.event === "message" ? blockOf(e) : 0;
      return block ? [{ at: e.at, block }] : [];
    });
  }

  /** @param {number} t @returns {Moment} */
  at(t) {
    /** @template {Happening} T @param {T[]} list */
    const last = (list) => list[after(list, t, (e) => e.at) - 1];
    const state = last(this.states), text = last(this.texts), lamp = last(this.lamps), step = last(this.steps), window = last(this.windows);
    const attempt = last(this.attempts), end = last(this.ends), request = last(this.requests), reply = last(this.replies), block = last(this.blocks);
    const sent = this.sent[after(this.sent, t, (e) => e.at) - 1];
    return {
      state: state?.event === "state" ? state.state : this.trace.first.state ?? "application",
      lcd: text?.event === "lcd" ? text.text : this.trace.first.display ?? "",
      lit: lamp?.event === "led" && lamp.on,
      toggles: lamp?.event === "led" ? lamp.count : 0,
      attempt: attempt?.event === "attempt" ? attempt.title || (attempt.number === 1 ? "the upgrade" : `attempt ${attempt.number}`) : "",
      step: step?.event === "step" ? step.step : "",
      window: window?.event === "window" ? window.window : "",
      finished: end?.event === "finished" ? end.text : "",
      block: sent && (!attempt || sent.at >= attempt.at) ? sent.block : 0,
      blocks: this.image.blocks,
      answered: block?.event === "block-programmed" ? block.block : 0,
      resends: after(this.again, t, (e) => e.at),
      lines: after(this.logs, t, (e) => e.at),
      request: request?.event === "message" ? request : undefined,
      reply: reply?.event === "message" ? reply : undefined,
      wire: this.wire(t),
      faults: this.strikes.filter((s) => s.from <= t && s.to > t),
    };
  }

  /** @param {number} t @returns {FrameEvent[]} frames of which a byte is on the line */
  wire(t) {
    const list = [];
    for (let i = after(this.frames, t, (e) => e.at) - 1; i >= 0 && i > after(this.frames, t, (e) => e.at) - 6; i--) {
      const f = this.frames[i];
      if (f.event === "frame" && t < this.trace.over(f)) list.push(f);
    }
    return list.reverse();
  }
}

/** @param {MessageEvent} m @returns {number} the number of the block that it carries; 0 for none */
export function blockOf(m) {
  const found = m.direction === "to-meter" && /^block (\d+),/.exec(m.title);
  return found ? Number(found[1]) : 0;
}

/** @param {Trace} trace @returns {{bytes: number, blocks: number}} */
function imageOf(trace) {
  let bytes = 0, blocks = 0;
  for (const m of trace.messages.values()) {
    const said = m.fields.find((f) => f.name === "bytes of the image");
    if (said?.value) bytes = Number(said.value);
    blocks = Math.max(blocks, blockOf(m));
  }
  return { bytes, blocks: bytes && trace.flash.block_bytes ? Math.ceil(bytes / trace.flash.block_bytes) : blocks };
}

/** @param {Trace} trace @returns {Strike[]} */
function strikesOf(trace) {
  /** @type {Strike[]} */
  const list = [];
  for (const e of trace.events) {
    if (e.event !== "fault") continue;
    if (e.phase === "strikes") list.push({ from: e.at, to: e.lasts ? Infinity : e.at, fault: e.fault, n: e.n });
    if (e.phase === "ends") {
      const began = list.findLast((s) => s.fault === e.fault && s.to === Infinity);
      if (began) began.to = e.at;
    }
  }
  return list;
}

/** What is in the flash. */
class Sectors {
  /** @param {Trace} trace @param {Happening[]} own */
  constructor(trace, own) {
    this.flash = trace.flash;
    const image = imageOf(trace).bytes || Infinity;
    /** @type {{at: number, sector: number, used: number}[]} */
    this.changes = [];
    const used = [...this.flash.used];
    const set = (/** @type {number} */ at, /** @type {number} */ sector, /** @type {number} */ share) => {
      used[sector] = share;
      this.changes.push({ at, sector, used: share });
    };
    for (const e of own) {
      if (e.event === "sector-erased") set(e.at, e.sector, 0);
      if (e.event !== "block-programmed") continue;
      const from = (e.block - 1) * this.flash.block_bytes, to = Math.min(image, from + this.flash.block_bytes);
      const size = this.flash.sector_bytes;
      for (let sector = Math.floor((this.flash.base + from) / size); sector * size < this.flash.base + to; sector++) {
        set(e.at, sector, Math.min(100, 100 * (this.flash.base + to - sector * size) / size));
      }
    }
    const touched = [...this.changes.filter((c) => c.used > 0).map((c) => c.sector), ...this.flash.used.flatMap((share, i) => share > 0 ? [i] : [])];
    this.rows = Math.min(this.flash.used.length, Math.max(8, 2 + touched.reduce((most, s) => Math.max(most, s), 0))); // that are worth a look
    this.every = 256; // changes between two that are kept whole
    /** @type {number[][]} */
    this.kept = [];
    const now = [...this.flash.used];
    this.changes.forEach((c, i) => {
      if (i % this.every === 0) this.kept.push([...now]);
      now[c.sector] = c.used;
    });
  }

  /** @param {number} t @returns {number[]} of each sector, the share in percent that is not erased */
  at(t) {
    const n = after(this.changes, t, (c) => c.at);
    const whole = Math.min(Math.floor(n / this.every), this.kept.length - 1);
    const used = [...(this.kept[whole] ?? this.flash.used)];
    for (const c of this.changes.slice(Math.max(0, whole) * this.every, n)) used[c.sector] = c.used;
    return used;
  }
}
