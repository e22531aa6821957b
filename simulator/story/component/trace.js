// @ts-check
// The typed trace: what happened, in order. A story's file has it whole (ionbench-story 1); of a
// meter that is served its server tells it event by event (ionsim-events 1).

/**
 * @typedef {{sector_bytes: number, used: number[], protected: number, base: number, block_bytes: number}} Flash
 * @typedef {{name: string, from: number, to: number, value?: string, wrong?: boolean}} Field
 * @typedef {"to-meter" | "from-meter"} Direction
 * @typedef {{n: number, at: number, line?: number, station?: number, source?: string}} Base
 * @typedef {Base & {event: "state", state: string}} StateEvent
 * @typedef {Base & {event: "lcd" | "event-log" | "log" | "other", text: string}} TextEvent
 * @typedef {Base & {event: "led", led: string, on: boolean, count: number}} LedEvent
 * @typedef {Base & {event: "sector-erased", sector: number, left: number}} ErasedEvent
 * @typedef {Base & {event: "block-programmed", block: number, blocks?: number}} BlockEvent
 * @typedef {Base & {event: "verified", status: string}} VerifiedEvent
 * @typedef {Base & {event: "flash-cut" | "flash-op", operation: number, phase: string}} FlashEvent
 * @typedef {Base & {event: "call", step: string, text: string}} CallEvent
 * @typedef {Base & {event: "host-baud", baud: number, fits?: boolean}} BaudEvent
 * @typedef {Base & {event: "not-reset" | "disconnected" | "refused" | "no-room", reason: string, host?: string, broke?: boolean}} ReasonEvent
 * @typedef {Base & {event: "connected" | "port-gone" | "port-back", host?: string}} HostEvent
 * @typedef {Base & {event: "lost-bytes", host: string, bytes: number}} LostBytesEvent
 * @typedef {Base & {event: "no-ion", bytes: number, likeness: string, hex: string}} NoIonEvent
 * @typedef {Base & {event: "far", port: string, state: string, reason?: string}} FarEvent
 * @typedef {Base & {event: "fault", phase: "strikes" | "ends" | "cannot-strike" | "unstruck", fault: string, lasts?: boolean, reason?: string}} FaultEvent
 * @typedef {"came" | "lost" | "garbled" | "late"} Fate
 * @typedef {{fate?: Fate, arrived?: number, got?: string}} Outcome what became of a frame on the line; nothing while that is not known
 * @typedef {Base & Outcome & {event: "frame", direction: Direction, bytes: number, hex: string, title?: string, layout?: number, held?: number,
 *   message?: number, data?: number}} FrameEvent
 * @typedef {Base & Outcome & {event: "frame-harmed", frame: number, direction: Direction, sent: number, bytes: number, text: string}} HarmedEvent
 * @typedef {Base & {event: "message", message: number, direction: Direction, until: number, id?: number, title: string, whole: boolean,
 *   fields: Field[], again_of?: number, times?: number, why?: string, see?: number}} MessageEvent
 * @typedef {Base & {event: "window", window: string}} WindowEvent
 * @typedef {Base & {event: "answer", window: string, button: string}} AnswerEvent
 * @typedef {Base & {event: "step", step: string}} StepEvent
 * @typedef {Base & {event: "attempt", number: number, title: string}} AttemptEvent
 * @typedef {Base & {event: "finished", ok: boolean, text: string}} FinishedEvent
 * @typedef {Base & {event: "output", stream: string, text: string}} OutputEvent
 * @typedef {Base & {event: "lost", count: number, reason: string}} LostEvent events that were not kept for who watches
 * @typedef {Base & {event: "stopped"}} StoppedEvent
 * @typedef {StateEvent | TextEvent | LedEvent | ErasedEvent | BlockEvent | VerifiedEvent | FlashEvent | CallEvent | BaudEvent | ReasonEvent | HostEvent
 *   | LostBytesEvent | NoIonEvent | FarEvent | FaultEvent | FrameEvent | HarmedEvent | MessageEvent | WindowEvent | AnswerEvent | StepEvent | AttemptEvent
 *   | FinishedEvent | OutputEvent | LostEvent | StoppedEvent} Happening
 */

/** What happened, so far. */
export class Trace {
  /** @param {Flash} flash as it was at the beginning @param {number} byte seconds of one byte on the line */
  constructor(flash, byte) {
    this.flash = flash;
    this.byte = byte || 1e-6;
    /** @type {Happening[]} */
    this.events = [];
    /** @type {Map<number, MessageEvent>} */
    this.messages = new Map();
    /** @type {Map<number, FrameEvent[]>} frames of each message */
    this.frames = new Map();
    this.begin = 0;
    /** @type {{state?: string, display?: string}} how the meter was at first, as far as that is known */
    this.first = {};
    this.end = 1e-3;
  }

  /** @param {Happening} e which is not before the last one */
  add(e) {
    if (this.events.length === 0) this.begin = e.at;
    this.events.push(e);
    this.end = Math.max(this.end, this.begin + 1e-3, e.at, e.event === "frame" ? e.arrived ?? 0 : 0);
    if (e.event === "message") {
      this.messages.set(e.message, e);
      this.frames.set(e.message, []);
    }
    if (e.event === "frame" && e.message) this.frames.get(e.message)?.push(e);
  }

  /** @param {number} n @returns {Happening | undefined} the event with that number */
  numbered(n) { return this.events[n - 1]; }

  /** @param {FrameEvent} f @returns {number} when its last byte was due at the other end */
  over(f) { return f.arrived ?? f.at + f.bytes * this.byte; }

  /** @param {number} t @returns {number} how many events there were by then */
  by(t) { return after(this.events, t, (e) => e.at); }
}

/**
 * @template T @param {T[]} list in the order of key @param {number} t @param {(one: T) => number} key
 * @returns {number} how many of them are not later than t
 */
export function after(list, t, key) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const mid = (low + high) >> 1;
    if (key(list[mid]) <= t) low = mid + 1;
    else high = mid;
  }
  return low;
}
