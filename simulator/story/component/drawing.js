// @ts-check
// Draws the lanes and the overview.

import { after } from "./trace.js";
import { clock } from "./clock.js";

/**
 * @typedef {import("./lanes.js").Lane} Lane @typedef {import("./lanes.js").Span} Span @typedef {import("./lanes.js").Mark} Mark
 * @typedef {import("./axis.js").Axis} Axis @typedef {import("./moment.js").Moments} Moments
 * @typedef {Record<string, string>} Palette
 * @typedef {{axis: Axis, lanes: Lane[], moments: Moments, t: number, n: number, begin: number, end: number}} Scene
 */

const font = "11px system-ui, sans-serif";
const gap = 6;
const rulerHeight = 20;

/** @param {HTMLElement} at @returns {Palette} the page's present colours */
export function palette(at) {
  const style = getComputedStyle(at);
  /** @type {Palette} */
  const colours = {};
  for (const name of ["ground", "card", "ink", "quiet", "rule", "accent", "bad", "warn", "calm", "pale", "write", "erase", "check", "off", "lcd", "lcd-ink", "on-tone", "erased", "written", "loader", "lamp-on"]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
  return colours;
}

/** Draws on two canvases. */
export class Drawing {
  /** @param {HTMLCanvasElement} lanes @param {HTMLCanvasElement | null} overview null: there is none */
  constructor(lanes, overview) {
    this.lanes = lanes;
    this.overview = overview;
    /** @type {Palette} */
    this.colours = {};
    this.gutter = 0; // pixels for the lanes' names on the left; 0: they stand above
    this.map = document.createElement("canvas"); // of the flash
    /** @type {{erased: number, written: number, loader: number} | undefined} */
    this.tones = undefined; // of the flash's sectors, in the present colours
  }

  /** @param {Scene} s @param {number} width in CSS pixels */
  fit(s, width) {
    this.colours = palette(this.lanes);
    this.tones = undefined;
    this.gutter = width > 700 ? 104 : 0;
    this.width = width;
    s.axis.width = Math.max(1, width - this.gutter);
    let y = rulerHeight;
    /** @type {{lane: Lane, top: number}[]} */
    this.places = [];
    for (const lane of s.lanes) {
      if (!this.gutter) y += 12;
      this.places.push({ lane, top: y });
      y += lane.height + gap;
    }
    this.height = y;
    size(this.lanes, width, y);
    if (this.overview) size(this.overview, width, 34);
  }

  /** @param {Scene} s */
  draw(s) {
    const c = start(this.lanes, this.width ?? 1, this.height ?? 1);
    c.font = font;
    c.textBaseline = "middle";
    this.ruler(c, s);
    for (const { lane, top } of this.places ?? []) this.lane(c, s, lane, top);
    this.cursor(c, s, this.height ?? 0);
    if (this.overview) this.drawOverview(this.overview, s);
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} s */
  ruler(c, s) {
    const { step, ticks } = s.axis.ticks();
    const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    c.fillStyle = this.colours.quiet;
    for (const t of ticks) {
      const x = this.gutter + s.axis.x(t), told = clock(t, digits);
      if (x + 4 + c.measureText(told).width <= this.gutter + s.axis.width) c.fillText(told, x + 4, 9);
      c.fillStyle = this.colours.rule;
      c.fillRect(x, 2, 1, (this.height ?? 0) - 2);
      c.fillStyle = this.colours.quiet;
    }
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} s @param {Lane} lane @param {number} top */
  lane(c, s, lane, top) {
    c.fillStyle = this.colours.quiet;
    if (this.gutter) {
      c.textAlign = "right";
      c.fillText(lane.name, this.gutter - 8, top + Math.min(lane.height, 18) / 2);
      c.textAlign = "left";
    } else {
      c.fillText(lane.name, 2, top - 7);
    }
    c.save();
    c.beginPath();
    c.rect(this.gutter, top - 2, s.axis.width, lane.height + 4);
    c.clip();
    c.translate(this.gutter, 0);
    if (lane.spans) this.spans(c, s, lane.spans, top, lane.height);
    lane.rows?.forEach((row, i) => this.spans(c, s, row, top + 18 * i, 16));
    if (lane.marks) this.marks(c, s, lane.marks, top, lane.height);
    if (lane.flash) this.flash(c, s, top, lane.height);
    if (lane.lamp) this.lamp(c, s, top, lane.height);
    c.restore();
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} s @param {Span[]} spans @param {number} top @param {number} height */
  spans(c, s, spans, top, height) {
    const { axis } = s;
    let drawn = -1; // right end of what is drawn of calm ones
    for (let i = after(spans, axis.from, (p) => p.to); i < spans.length && spans[i].from <= axis.to; i++) {
      const p = spans[i];
      const x0 = Math.max(axis.x(p.from), -3);
      const x1 = Math.max(Math.min(axis.x(p.to), axis.width + 3), x0 + 1);
      const bad = p.tone === "bad";
      if (!bad && x1 - x0 < 2 && Math.ceil(x1) <= drawn && p.n !== s.n) continue;
      if (!bad) drawn = Math.ceil(x1);
      this.span(c, p, x0, x1, top, height, p.n === s.n);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} c @param {Span} p @param {number} x0 @param {number} x1 @param {number} top @param {number} height
   * @param {boolean} chosen
   */
  span(c, p, x0, x1, top, height, chosen) {
    const thin = p.thin ? height / 4 : 0;
    const width = x1 - x0 - (x1 - x0 > 4 ? 1 : 0);
    c.fillStyle = this.colours[p.tone] || this.colours.quiet;
    if (p.hollow && width > 3) {
      c.globalAlpha = 0.22;
      c.fillRect(x0, top + thin, width, height - 2 * thin);
      c.globalAlpha = 1;
      c.strokeStyle = c.fillStyle;
      c.setLineDash([3, 2]);
      c.strokeRect(x0 + 0.5, top + thin + 0.5, width - 1, height - 2 * thin - 1);
      c.setLineDash([]);
    } else {
      c.fillRect(x0, top + thin, width, height - 2 * thin);
    }
    if (chosen) {
      c.strokeStyle = this.colours.ink;
      c.lineWidth = 2;
      c.strokeRect(x0 - 1, top - 1, Math.max(width, 2) + 2, height + 2);
      c.lineWidth = 1;
    }
    const from = Math.max(x0, 0);
    const room = Math.floor((x1 - from - 8) / 5.6);
    if (room > 2) {
      c.fillStyle = p.hollow || p.tone === "pale" || p.tone === "erase" ? this.colours.ink : p.tone === "lcd" ? this.colours["lcd-ink"] : this.colours["on-tone"];
      c.fillText(shortened(p.label, room), from + 4, top + height / 2 + 0.5);
    }
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} s @param {Mark[]} marks @param {number} top @param {number} height */
  marks(c, s, marks, top, height) {
    const { axis } = s;
    let last = -10;
    const first = after(marks, axis.from - axis.span, (m) => m.at);
    for (let i = first; i < marks.length && marks[i].at <= axis.to; i++) {
      const m = marks[i];
      const x = axis.x(m.at);
      const next = i + 1 < marks.length ? axis.x(marks[i + 1].at) : axis.width;
      if (x < -400) continue;
      if (x - last < 1 && m.tone !== "bad" && m.n !== s.n) continue;
      last = x;
      const chosen = m.n === s.n;
      c.fillStyle = this.colours[m.tone] || this.colours.ink;
      c.fillRect(x - (chosen ? 2 : 0.75), top, chosen ? 4 : 1.5, height);
      const room = Math.floor((next - x - 8) / 5.6);
      if (room > 3) c.fillText(shortened(m.label, room), x + 4, top + height / 2 + 0.5);
    }
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} s @param {number} top @param {number} height */
  flash(c, s, top, height) {
    const { changes, flash } = s.moments.sectors;
    const { axis } = s;
    const rows = s.moments.sectors.rows, columns = Math.max(1, Math.ceil(axis.width));
    if (this.map.width !== columns || this.map.height !== rows) {
      this.map.width = columns;
      this.map.height = rows;
    }
    const pen = this.map.getContext("2d", { willReadFrequently: true });
    if (!pen) return;
    const image = pen.createImageData(columns, rows);
    const paint = new Uint32Array(image.data.buffer);
    const tones = this.tones ??= { erased: packedColour(pen, this.colours.erased), written: packedColour(pen, this.colours.written), loader: packedColour(pen, this.colours.loader) };
    const used = s.moments.sectors.at(axis.from);
    let at = after(changes, axis.from, (x) => x.at);
    for (let x = 0; x < columns; x++) {
      for (const t = axis.t(x + 1); at < changes.length && changes[at].at <= t; at++) used[changes[at].sector] = changes[at].used;
      for (let row = 0; row < rows; row++) {
        const sector = rows - 1 - row;
        paint[row * columns + x] = sector < flash.protected ? tones.loader : used[sector] > 0 ? tones.written : tones.erased;
      }
    }
    pen.putImageData(image, 0, 0);
    c.imageSmoothingEnabled = false;
    c.drawImage(this.map, 0, top, columns, height);
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} s @param {number} top @param {number} height */
  lamp(c, s, top, height) {
    const { axis, moments } = s;
    const lamps = moments.lamps;
    c.fillStyle = this.colours.rule;
    c.fillRect(0, top + height - 1, axis.width, 1);
    c.fillStyle = this.colours["lamp-on"];
    let i = Math.max(0, after(lamps, axis.from, (e) => e.at) - 1);
    let drawn = -1;
    for (; i < lamps.length && lamps[i].at <= axis.to; i++) {
      const e = lamps[i];
      if (e.event !== "led" || !e.on) continue;
      const x0 = Math.max(0, axis.x(e.at));
      const x1 = Math.max(x0 + 1, Math.min(axis.width, axis.x(lamps[i + 1]?.at ?? axis.end)));
      if (x1 <= drawn) continue;
      drawn = Math.ceil(x1);
      c.fillRect(x0, top, x1 - x0, height);
    }
  }

  /** @param {CanvasRenderingContext2D} c @param {Scene} s @param {number} height */
  cursor(c, s, height) {
    const x = this.gutter + s.axis.x(s.t);
    if (x < this.gutter - 1 || x > this.gutter + s.axis.width + 1) return;
    c.fillStyle = this.colours.accent;
    c.fillRect(x - 0.75, 0, 1.5, height);
    c.beginPath();
    c.moveTo(x - 6, 0);
    c.lineTo(x + 6, 0);
    c.lineTo(x, 9);
    c.fill();
  }

  /** @param {HTMLCanvasElement} overview @param {Scene} s */
  drawOverview(overview, s) {
    const width = this.width ?? 1, left = this.gutter, room = width - left;
    const c = start(overview, width, 34);
    const x = (/** @type {number} */ t) => left + (t - s.axis.begin) / (s.axis.end - s.axis.begin) * room;
    c.fillStyle = this.colours.pale;
    c.fillRect(left, 8, room, 18);
    const states = (this.places ?? []).find((p) => p.lane.name === "Meter")?.lane.spans ?? [];
    for (const p of states) {
      c.fillStyle = this.colours[p.tone] || this.colours.quiet;
      c.fillRect(x(p.from), 8, Math.max(0.5, x(p.to) - x(p.from)), 18);
    }
    c.fillStyle = this.colours.bad;
    for (const f of s.moments.strikes) c.fillRect(x(f.from) - 1, 3, Math.max(2, x(Math.min(f.to, s.end)) - x(f.from)), 4);
    for (const e of s.moments.again) c.fillRect(x(e.at), 27, 1.5, 4);
    c.strokeStyle = this.colours.ink;
    c.lineWidth = 2;
    c.strokeRect(x(s.axis.from) + 1, 6, Math.max(3, x(s.axis.to) - x(s.axis.from) - 2), 22);
    c.fillStyle = this.colours.accent;
    c.fillRect(x(s.t) - 1, 0, 2, 34);
  }

  /** @param {number} y @returns {Lane | undefined} the lane at a height */
  laneAt(y) { return (this.places ?? []).find((p) => y >= p.top - 3 && y <= p.top + p.lane.height + 3)?.lane; }

  /** @param {Axis} axis @param {number} x @param {number} y in CSS pixels @returns {number} the number of the event there; 0 for none */
  hit(axis, x, y) {
    const place = (this.places ?? []).find((p) => y >= p.top - 3 && y <= p.top + p.lane.height + 3);
    if (!place) return 0;
    const t = axis.t(x - this.gutter), slack = 4 * axis.span / axis.width;
    const { lane, top } = place;
    const spans = lane.spans ?? lane.rows?.[Math.min(lane.rows.length - 1, Math.floor((y - top) / 18))] ?? [];
    let best = 0, near = slack;
    for (let i = after(spans, t - slack, (p) => p.to); i < spans.length && spans[i].from <= t + slack; i++) {
      const p = spans[i];
      const far = t < p.from ? p.from - t : t > p.to ? t - p.to : 0;
      if (far < near) [best, near] = [p.n, far];
    }
    for (const m of lane.marks ?? []) {
      const far = Math.abs(m.at - t);
      if (far < near) [best, near] = [m.n, far];
    }
    return best;
  }
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height in CSS pixels */
function size(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @returns {CanvasRenderingContext2D} */
function start(canvas, width, height) {
  const c = canvas.getContext("2d");
  if (!c) throw new Error("the browser cannot draw");
  const scale = canvas.width / width;
  c.setTransform(scale, 0, 0, scale, 0, 0);
  c.clearRect(0, 0, width, height);
  return c;
}

/** @param {string} text @param {number} room in characters */
function shortened(text, room) { return text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`; }

/**
 * @param {CanvasRenderingContext2D} pen @param {string} colour of any notation: where the system chooses the colours they are names
 * @returns {number} as ImageData has it
 */
function packedColour(pen, colour) {
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0;
}
