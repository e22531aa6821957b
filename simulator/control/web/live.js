// @ts-check
// The last minutes of the run on one time axis: the lanes of a story's page, over what the server has told
// so far.

import { part, put } from "../../story/component/dom.js";
import { Axis } from "../../story/component/axis.js";
import { clock } from "../../story/component/clock.js";
import { Drawing } from "../../story/component/drawing.js";
import { lanesOf } from "../../story/component/lanes.js";
import { Moments } from "../../story/component/moment.js";
import { Trace } from "../../story/component/trace.js";
import { words } from "../../story/component/words.js";

/**
 * @typedef {import("../../story/component/trace.js").Happening} Happening @typedef {import("./frames.js").Frame} Frame
 * @typedef {import("./api.js").Meter} Meter
 * @typedef {{trace: Trace, moments: Moments, lanes: import("../../story/component/lanes.js").Lane[], axis: Axis}} View
 */

const longest = 300; // seconds that are kept
const most = 1500; // events of a sort that are kept

/** Some events in the order in which they came, as many as may be kept. */
class Kept {
  constructor() {
    /** @type {Happening[]} */
    this.events = [];
  }

  /** @param {Happening} e @returns {Happening[]} those that are kept no more */
  add(e) {
    this.events.push(e);
    if (this.events.length <= 2 * most && this.events[0].at >= e.at - 2 * longest) return [];
    const from = this.events.findIndex((old) => old.at >= e.at - longest);
    return this.events.splice(0, Math.max(from, this.events.length - most));
  }
}

/** The lanes, which follow what happens until somebody pauses them. */
export class Live {
  constructor() {
    this.drawing = new Drawing(part("lanes", HTMLCanvasElement), null);
    this.at = part("axis", HTMLElement);
    this.end = 0; // of the run so far
    this.device = ""; // what a site calls the meter
    this.byte = 1e-3;
    this.paused = false;
    /** @type {View | null} */
    this.view = null;
    /** @type {Happening | null} */
    this.chosen = null;
    this.kept = { rest: new Kept(), lamps: new Kept(), frames: new Kept() };
    /** @type {Map<string, Happening>} */
    this.before = new Map(); // what still holds of what is kept no more
    this.newest = 0; // number of the newest frame
    /** @type {Map<number, import("../../story/component/trace.js").FrameEvent>} */
    this.open = new Map(); // frames of which it is not known yet what became of them, by their numbers
    this.wire();
  }

  /** Begins with another meter. */
  clear() {
    this.kept = { rest: new Kept(), lamps: new Kept(), frames: new Kept() };
    this.before.clear();
    this.open.clear();
    this.newest = this.end = 0;
    this.pause(false);
  }

  wire() {
    part("pause", HTMLButtonElement).addEventListener("click", () => this.pause(!this.paused));
    part("span", HTMLSelectElement).addEventListener("change", () => this.widen());
    const lanes = part("lanes", HTMLCanvasElement);
    const under = (/** @type {PointerEvent} */ e) => {
      const box = lanes.getBoundingClientRect();
      return this.view?.trace.numbered(this.drawing.hit(this.view.axis, e.clientX - box.left, e.clientY - box.top));
    };
    lanes.addEventListener("pointermove", (e) => { lanes.style.cursor = under(e) ? "pointer" : ""; });
    lanes.addEventListener("pointerdown", (e) => {
      const hit = under(e);
      if (hit) this.choose(hit);
    });
    this.at.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || !this.pressed(e.key)) return;
      e.preventDefault();
    });
    new ResizeObserver(() => this.draw()).observe(this.at);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** @param {string} key @returns {boolean} whether it means something */
  pressed(key) {
    switch (key) {
      case "ArrowLeft": return this.step(-1);
      case "ArrowRight": return this.step(1);
      case "Home": return this.choose(this.seen()[0]);
      case "End": return this.choose(this.seen().at(-1));
      case " ": this.pause(!this.paused); return true;
      case "Escape": this.pause(false); return true;
    }
    return false;
  }

  /** @returns {Happening[]} the events that are to be seen, but for toggles of L2 */
  seen() {
    const { view } = this;
    return view ? view.trace.events.filter((e) => e.event !== "led" && e.at >= view.axis.from && e.at <= view.axis.to) : [];
  }

  /** @param {number} turn -1 back, 1 on */
  step(turn) {
    const all = this.seen(), now = this.chosen ? all.indexOf(this.chosen) : -1;
    if (now < 0) return this.choose(all.at(-1));
    return this.choose(all[Math.min(Math.max(now + turn, 0), all.length - 1)]);
  }

  /** @param {Happening | undefined} e which is looked at; the lanes stand still for that @returns {boolean} */
  choose(e) {
    if (!e) return false;
    this.pause(true);
    this.chosen = e;
    this.draw();
    return true;
  }

  /** @param {boolean} on */
  pause(on) {
    this.paused = on;
    const button = part("pause", HTMLButtonElement);
    put(button, on ? "Go on" : "Pause");
    if (on) return;
    this.chosen = null;
    this.look();
  }

  /** @param {string} name @param {any} data of an event */
  happens(name, data) {
    if (name === "frame" || typeof data.at !== "number") return; // frames come with add
    this.end = Math.max(this.end, data.at);
    if (name === "frame-harmed") {
      this.settle(data.frame, data); // its frame shows it
      return;
    }
    this.keep(name === "led" ? "lamps" : "rest", { ...data, n: 0, event: name, line: 0, station: 0 });
  }

  /** @param {Frame[]} frames the last ones, oldest first */
  add(frames) {
    for (const f of frames) {
      if (f.n > this.newest) {
        this.newest = f.n;
        /** @type {import("../../story/component/trace.js").FrameEvent} */
        const e = { n: 0, at: f.at, event: "frame", direction: f.direction, bytes: f.bytes.length / 2, hex: f.bytes, title: f.title, message: f.ack ? 0 : 1 };
        this.open.set(f.n, e);
        this.keep("frames", e);
      }
      if (f.fate) this.settle(f.n, f);
    }
    while (this.open.size > most) this.open.delete(this.open.keys().next().value ?? 0);
  }

  /** @param {number} number of a frame @param {import("../../story/component/trace.js").Outcome} outcome */
  settle(number, { fate, arrived, got }) {
    const e = this.open.get(number);
    if (!e) return;
    Object.assign(e, { fate, arrived, got });
    if (fate !== "lost") this.open.delete(number); // what is missing may come yet
  }

  /** @param {"rest" | "lamps" | "frames"} sort @param {Happening} e */
  keep(sort, e) {
    for (const old of this.kept[sort].add(e)) {
      if (old.event === "state" || old.event === "lcd" || old.event === "led") this.before.set(old.event, old);
      if (old.event === "fault" && old.phase === "strikes" && old.lasts) this.before.set(old.fault, old);
      if (old.event === "fault" && old.phase === "ends") this.before.delete(old.fault);
    }
  }

  /** @param {Meter} meter as it is now */
  now(meter) {
    this.end = Math.max(this.end, meter.at);
    this.device = meter.device;
    this.byte = 10 / meter.baud / (Number(meter.pace) || 1000);
    for (const e of /** @type {Happening[]} */ ([{ n: 0, at: 0, event: "state", state: meter.state }, { n: 0, at: 0, event: "lcd", text: meter.lcd }])) {
      if (!this.before.has(e.event) && !this.kept.rest.events.some((kept) => kept.event === e.event)) this.before.set(e.event, e); // it was so from the beginning
    }
    this.look();
  }

  /** Shows as many seconds as the person wants, also of what stands still. */
  widen() {
    this.look();
    if (!this.view) return;
    const { axis } = this.view, end = axis.to;
    axis.show(end - this.span, end);
    this.draw();
  }

  get span() { return Number(part("span", HTMLSelectElement).value); }

  /** Takes what there is now. */
  look() {
    if (this.paused) return;
    const { kept } = this;
    const from = Math.max(0, this.end - this.span);
    const trace = new Trace({ sector_bytes: 1, used: [], protected: 0, base: 0, block_bytes: 1 }, this.byte);
    const all = [...this.before.values(), ...kept.rest.events, ...kept.lamps.events, ...kept.frames.events].sort((a, b) => a.at - b.at);
    all.forEach((e, i) => {
      e.n = i + 1;
      e.station = "meter" in e && e.meter !== this.device ? 1 : 0; // of the others on its line only the list tells
      trace.add(e);
    });
    trace.end = this.end;
    const moments = new Moments(trace), axis = new Axis(0, Math.max(this.end, longest), 1e-3);
    axis.show(from, from + this.span);
    this.view = { trace, moments, lanes: lanesOf(trace, moments), axis };
    this.draw();
  }

  draw() {
    const { view, chosen } = this, width = this.at.clientWidth;
    if (!view || width === 0) return;
    const scene = { axis: view.axis, lanes: view.lanes, moments: view.moments, t: chosen?.at ?? Infinity, n: chosen?.n ?? 0, begin: view.trace.begin, end: view.trace.end };
    this.drawing.fit(scene, width);
    this.drawing.draw(scene);
    this.at.setAttribute("aria-valuemin", view.axis.from.toFixed(3));
    this.at.setAttribute("aria-valuemax", view.axis.to.toFixed(3));
    this.at.setAttribute("aria-valuenow", (chosen?.at ?? this.end).toFixed(3));
    const said = chosen ? `${clock(chosen.at)}  ${words(chosen)}` : "";
    this.at.setAttribute("aria-valuetext", said || "now");
    put(part("chosen", HTMLElement), said || (this.paused ? "It stands still; what happens meanwhile is kept." : "Choose an event to stop and look at it: a click, or the arrow keys."));
  }
}
