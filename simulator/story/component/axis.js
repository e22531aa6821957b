// @ts-check
// The part of the time axis that is shown.

/** A window on the run. Moments are seconds. */
export class Axis {
  /** @param {number} begin @param {number} end of the run @param {number} least shortest part that can be shown */
  constructor(begin, end, least) {
    const margin = (end - begin) * 0.01;
    this.begin = begin - margin;
    this.end = end + margin;
    this.least = least;
    this.from = this.begin;
    this.to = this.end;
    this.width = 1; // in pixels
  }

  /** @param {number} end of a longer run that is to be seen too */
  lengthen(end) {
    const all = this.span >= (this.end - this.begin) * 0.999;
    this.end = Math.max(this.end, end + (end - this.begin) * 0.01);
    if (all) this.whole();
  }

  get span() { return this.to - this.from; }

  /** @param {number} t @returns {number} pixels */
  x(t) { return (t - this.from) / this.span * this.width; }

  /** @param {number} x @returns {number} the moment there */
  t(x) { return this.from + x / this.width * this.span; }

  /** @param {number} from @param {number} to */
  show(from, to) {
    const span = Math.min(Math.max(to - from, this.least), this.end - this.begin);
    const start = Math.min(Math.max(from, this.begin), this.end - span);
    this.from = start;
    this.to = start + span;
  }

  whole() { this.show(this.begin, this.end); }

  /** @param {number} factor below 1 to zoom in @param {number} at moment that stays where it is */
  zoom(factor, at) {
    const span = Math.min(Math.max(this.span * factor, this.least), this.end - this.begin);
    const share = (at - this.from) / this.span;
    this.show(at - span * share, at + span * (1 - share));
  }

  /** @param {number} seconds */
  pan(seconds) { this.show(this.from + seconds, this.to + seconds); }

  /** @param {number} t makes it visible */
  reveal(t) {
    if (t < this.from || t > this.to) this.show(t - this.span / 2, t + this.span / 2);
  }

  /** @returns {{step: number, ticks: number[]}} round moments, some 100 pixels apart */
  ticks() {
    const want = this.span * 100 / this.width;
    const step = steps.find((s) => s >= want) ?? steps[steps.length - 1];
    const ticks = [];
    for (let i = Math.ceil(this.from / step); i * step <= this.to; i++) ticks.push(i * step);
    return { step, ticks };
  }
}

/** @type {number[]} */
const steps = [];
for (let e = -7; e < 0; e++) for (const m of [1, 2, 5]) steps.push(m * 10 ** e);
steps.push(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000, 86400);
