// @ts-check
// The story as the file tells it (ionbench-story 1): its head and the trace.

import { Trace } from "../../component/trace.js";

/**
 * @typedef {import("../../component/trace.js").Field} Field
 * @typedef {import("../../component/trace.js").Flash} Flash
 * @typedef {{model: string, serial: string, unit: number, line: string, baud: number, state?: string, display?: string}} Meter
 * @typedef {{event: "story", format: string, program: string, title: string, plan: string, trial: string, repeat: string,
 *   virtual: boolean, replays: boolean, byte: number, start: string, outcome: string, broken: string[], unstruck: string[], meters: Meter[], flash: Flash, world?: string}} Head
 */

const format = "ionbench-story 1";

/** A run: its head, and what happened, in order. */
export class Book extends Trace {
  /** @param {string} text the file */
  constructor(text) {
    const [first, ...lines] = text.split("\n");
    /** @type {Head} */
    const head = JSON.parse(first);
    if (head.format !== format) throw new Error(`the page reads ${format}, and this is ${head.format}`);
    super(head.flash, head.byte);
    this.head = head;
    this.first = head.meters[0] ?? {};
    this.start = new Date(head.start);
    /** @type {Map<number, Field[]>} */
    this.layouts = new Map();
    for (const line of lines) if (line) this.read(JSON.parse(line));
  }

  /** @param {any} e an event, or the fields that many frames have */
  read(e) {
    if (e.event === "layout") this.layouts.set(e.layout, e.fields);
    else this.add(e);
  }
}
