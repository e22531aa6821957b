// @ts-check
// The story as the file tells it (ionbench-story 1), with types.

/**
 * @typedef {{model: string, serial: string, unit: number, line: string, baud: number}} Meter
 * @typedef {{sector_bytes: number, used: number[], protected: number, base: number, block_bytes: number}} Flash
 * @typedef {{event: "story", format: string, program: string, title: string, plan: string, trial: string, repeat: string,
 *   virtual: boolean, replays: boolean, byte: number, start: string, outcome: string, broken: string[], unstruck: string[], meters: Meter[], flash: Flash, world?: string}} Head
 * @typedef {{name: string, from: number, to: number, value?: string, wrong?: boolean}} Field
 * @typedef {"to-meter" | "from-meter"} Direction
 * @typedef {{n: number, at: number, line?: number, station?: number, source?: string}} Base
 * @typedef {Base & {event: "state", state: string}} StateEvent
 * @typedef {Base & {event: "lcd" | "event-log" | "log" | "other", text: string}} TextEvent
 * @typedef {Base & {event: "led", led: string, on: boolean, count: number}} LedEvent
 * @typedef {Base & {event: "sector-erased", sector: number, left: number}} ErasedEvent
 * @typedef {Base & {event: "block-programmed", block: number}} BlockEvent
 * @typedef {Base & {event: "verified", status: string}} VerifiedEvent
 * @typedef {Base & {event: "flash-cut" | "flash-op", operation: number, phase: string}} FlashEvent
 * @typedef {Base & {event: "host-baud", baud: number}} BaudEvent
 * @typedef {Base & {event: "not-reset" | "disconnected", reason: string}} NotResetEvent
 * @typedef {Base & {event: "connected"}} ConnectedEvent
 * @typedef {Base & {event: "fault", phase: "strikes" | "ends" | "cannot-strike", fault: string, lasts?: boolean, reason?: string}} FaultEvent
 * @typedef {Base & {event: "frame", direction: Direction, bytes: number, hex: string, title: string, layout: number, message?: number,
 *   data?: number, fate: "came" | "lost" | "garbled", arrived?: number, got?: string}} FrameEvent
 * @typedef {Base & {event: "message", message: number, direction: Direction, until: number, id?: number, title: string, whole: boolean,
 *   fields: Field[], again_of?: number, times?: number, why?: string, see?: number}} MessageEvent
 * @typedef {Base & {event: "window", window: string}} WindowEvent
 * @typedef {Base & {event: "answer", window: string, button: string}} AnswerEvent
 * @typedef {Base & {event: "step", step: string}} StepEvent
 * @typedef {Base & {event: "attempt", number: number, title: string}} AttemptEvent
 * @typedef {Base & {event: "finished", ok: boolean, text: string}} FinishedEvent
 * @typedef {Base & {event: "output", stream: string, text: string}} OutputEvent
 * @typedef {StateEvent | TextEvent | LedEvent | ErasedEvent | BlockEvent | VerifiedEvent | FlashEvent | BaudEvent | NotResetEvent | ConnectedEvent | FaultEvent
 *   | FrameEvent | MessageEvent | WindowEvent | AnswerEvent | StepEvent | AttemptEvent | FinishedEvent | OutputEvent} Happening
 */

const format = "ionbench-story 1";

/** A run: its head, and what happened, in order. */
export class Book {
  /** @param {string} text the file */
  constructor(text) {
    /** @type {Happening[]} */
    this.events = [];
    /** @type {Map<number, Field[]>} */
    this.layouts = new Map();
    /** @type {Map<number, MessageEvent>} */
    this.messages = new Map();
    /** @type {Map<number, FrameEvent[]>} frames of each message */
    this.frames = new Map();
    const [first, ...lines] = text.split("\n");
    /** @type {Head} */
    this.head = JSON.parse(first);
    if (this.head.format !== format) throw new Error(`the page reads ${format}, and this is ${this.head.format}`);
    for (const line of lines) if (line) this.add(JSON.parse(line));
    this.start = new Date(this.head.start);
    this.begin = this.events.length ? this.events[0].at : 0;
    this.end = this.events.reduce((end, e) => Math.max(end, e.at, e.event === "frame" ? e.arrived ?? 0 : 0), this.begin + 1e-3);
    this.byte = this.head.byte || 1e-6; // seconds of one byte on the line
  }

  /** @param {any} e */
  add(e) {
    if (e.event === "layout") {
      this.layouts.set(e.layout, e.fields);
      return;
    }
    this.events.push(e);
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
