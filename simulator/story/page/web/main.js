// @ts-check
// The page: a cursor on the run, and all that follows it.

import { make, part, say } from "../../component/dom.js";
import { Moments } from "../../component/moment.js";
import { Axis } from "../../component/axis.js";
import { lanesOf } from "../../component/lanes.js";
import { Drawing } from "../../component/drawing.js";
import { Face } from "../../component/face.js";
import { FlashMap } from "../../component/flash.js";
import { calendar, clock, lasting } from "../../component/clock.js";
import { harmed, isBad, stateWords, windowWords, words } from "../../component/words.js";
import { unlift, unpack } from "./unpack.js";
import { Book } from "./book.js";
import { detail, address } from "./detail.js";
import { eventList, logList } from "./lists.js";
import { WhatIf } from "./whatif.js";
import { Search } from "./search.js";
import { next, previous, waysOf } from "./ways.js";

/** @typedef {import("../../component/trace.js").Happening} Happening */

// Outcomes with which nobody has lost anything.
const fine = /^(unharmed|resent|cleared-again|pass|success(, success)*)$/;

/** The page and where its cursor is. */
class Page {
  /** @param {Book} book @param {Uint8Array} file that it was read from */
  constructor(book, file) {
    this.book = book;
    this.moments = new Moments(book);
    this.axis = new Axis(book.begin, book.end, book.byte);
    this.lanes = lanesOf(book, this.moments);
    this.drawing = new Drawing(part("lanes", HTMLCanvasElement), part("overview", HTMLCanvasElement));
    this.face = new Face(part("face", HTMLElement));
    this.flash = new FlashMap(part("flash", HTMLElement));
    this.log = logList(part("log", HTMLElement), book);
    this.events = eventList(part("events", HTMLElement), book);
    this.search = new Search(book);
    this.ways = waysOf(book);
    this.whatIf = new WhatIf(book, this.moments, file, { axis: this.axis, changed: () => this.draw(), move: (t, n) => { this.axis.reveal(t); this.move(t, n); } });
    this.t = book.begin;
    this.n = 0; // the chosen event
    this.shown = -1; // the event whose detail is drawn
    this.due = false;
    this.noted = 0;
  }

  start() {
    this.head();
    if (this.moments.logs.length === 0) say("log-title", this.book.events.some((e) => e.event === "output") ? "Output of the program" : this.moments.attempts.length ? "Upgrade.log was not written" : "The tool's log is not in this story");
    for (const w of this.ways) part("by", HTMLSelectElement).append(new Option(w.name, w.key));
    part("by", HTMLSelectElement).value = this.ways.find((w) => w.key === "log")?.key ?? "anything";
    this.whatIf.start();
    this.wire();
    part("paper", HTMLElement).remove(); // the lists say it all
    part("main", HTMLElement).hidden = false;
    this.fit();
    if (!this.follow(location.hash)) this.firstLook();
    requestAnimationFrame(() => performance.mark("shown"));
  }

  /** Where a reader begins: at the fault before the first request that was sent again, or the first fault. */
  firstLook() {
    const resend = this.moments.again[0];
    const first = resend && this.moments.strikes.findLast((s) => s.from <= resend.at) || this.moments.strikes[0];
    const e = first ? this.book.numbered(first.n) : this.book.events[0];
    if (e) this.go(e, "");
  }

  head() {
    const { head } = this.book;
    say("title", head.title);
    const m = head.meters[0];
    const about = [m ? `ION ${m.model}, ${m.serial}, unit ${m.unit}, ${m.baud} baud` : "", lasting(this.book.end - this.book.begin), head.virtual ? "virtual time" : "real time", head.trial].filter(Boolean);
    say("about", about.join(" · "));
    if (head.plan && head.plan !== head.title) part("about", HTMLElement).append(make("br", ""), "Plan: ", make("code", head.plan));
    if (!m) for (const id of ["face", "flash-title", "flash"]) part(id, HTMLElement).hidden = true; // the meter is elsewhere, and nobody knows more of it
    const list = part("verdict", HTMLElement);
    const chip = (/** @type {string} */ text, /** @type {string} */ tone) => list.append(make("li", text, tone));
    if (head.outcome) chip(head.outcome.replaceAll("-", " "), head.broken.length ? "bad" : fine.test(head.outcome) ? "good" : "warn");
    for (const b of head.broken) chip(b, "bad");
    for (const u of head.unstruck) chip(u, "warn");
    const made = part("made", HTMLElement);
    made.textContent = `Written by ${head.program}. `;
    if (head.repeat) made.append("Repeat it: ", make("code", head.repeat));
  }

  wire() {
    const click = (/** @type {string} */ id, /** @type {() => void} */ what) => part(id, HTMLElement).addEventListener("click", what);
    click("back", () => this.step(-1));
    click("on", () => this.step(1));
    click("in", () => this.zoom(0.5));
    click("out", () => this.zoom(2));
    click("whole", () => this.whole());
    click("link", () => this.copy());
    click("help", () => this.help());
    this.wireAxis();
    this.wireFind();
    document.addEventListener("keydown", (e) => this.key(e));
    document.addEventListener("click", (e) => this.clicked(e));
    addEventListener("popstate", () => this.follow(location.hash));
    new ResizeObserver(() => this.fit()).observe(part("axis", HTMLElement));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.fit());
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }

  wireAxis() {
    const lanes = part("lanes", HTMLCanvasElement), overview = part("overview", HTMLCanvasElement);
    const at = (/** @type {PointerEvent | WheelEvent} */ e) => this.axis.t(e.clientX - lanes.getBoundingClientRect().left - this.drawing.gutter);
    lanes.addEventListener("pointerdown", (e) => {
      lanes.setPointerCapture(e.pointerId);
      if (e.shiftKey) return;
      const box = lanes.getBoundingClientRect();
      const hit = this.book.numbered(this.drawing.hit(this.axis, e.clientX - box.left, e.clientY - box.top));
      if (hit) this.move(Math.min(Math.max(at(e), hit.at), Math.max(hit.at, at(e))), hit.n);
      else this.move(at(e), 0);
    });
    lanes.addEventListener("pointermove", (e) => {
      if (lanes.hasPointerCapture(e.pointerId)) {
        if (e.shiftKey) this.pan(-e.movementX / this.axis.width * this.axis.span);
        else if (Math.abs(e.movementX) > 0) this.move(at(e), 0);
        return;
      }
      this.tip(e);
    });
    lanes.addEventListener("pointerleave", () => { part("tip", HTMLElement).hidden = true; });
    lanes.addEventListener("wheel", (e) => {
      e.preventDefault();
      if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) this.pan(e.deltaX / this.axis.width * this.axis.span);
      else this.zoom(Math.exp(Math.sign(e.deltaY) * Math.min(Math.abs(e.deltaY), 100) / 250), at(e));
    }, { passive: false });
    const over = (/** @type {PointerEvent} */ e) => {
      const box = overview.getBoundingClientRect(), left = this.drawing.gutter;
      const t = this.axis.begin + (e.clientX - box.left - left) / (box.width - left) * (this.axis.end - this.axis.begin);
      this.axis.show(t - this.axis.span / 2, t + this.axis.span / 2);
      this.move(t, 0);
    };
    overview.addEventListener("pointerdown", (e) => { overview.setPointerCapture(e.pointerId); over(e); });
    overview.addEventListener("pointermove", (e) => { if (overview.hasPointerCapture(e.pointerId)) over(e); });
  }

  wireFind() {
    const sought = part("sought", HTMLInputElement);
    sought.addEventListener("input", () => this.find(0));
    sought.addEventListener("keydown", (e) => {
      if (e.key === "Escape") part("axis", HTMLElement).focus();
      if (e.key !== "Enter") return;
      e.preventDefault();
      this.find(e.shiftKey ? -1 : 1);
    });
    part("find", HTMLFormElement).addEventListener("submit", (e) => e.preventDefault());
  }

  /** @param {number} which -1 the one before, 1 the next one, 0 the first from the cursor on */
  find(which) {
    const query = part("sought", HTMLInputElement).value;
    const found = this.search.all(query);
    if (!query.trim() || found.length === 0) {
      say("found", query.trim() ? "nothing" : "");
      return;
    }
    let i = which < 0 ? found.findLastIndex((e) => e.n < this.n) : found.findIndex((e) => which > 0 ? e.n > this.n : e.n >= this.n);
    if (i < 0) i = which < 0 ? found.length - 1 : 0;
    say("found", `${i + 1} of ${found.length}`);
    this.go(found[i], "");
  }

  /** @param {MouseEvent} e */
  clicked(e) {
    const a = e.target instanceof Element ? e.target.closest("a") : null;
    const to = a?.getAttribute("href");
    if (!to?.startsWith("#t=") || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    history.pushState(null, "", to);
    this.follow(to);
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const on = e.target;
    if (on instanceof HTMLInputElement || on instanceof HTMLSelectElement) return;
    if (this.pressed(e)) e.preventDefault();
  }

  /** @param {KeyboardEvent} e @returns {boolean} whether the key means something */
  pressed(e) {
    const turn = e.shiftKey ? -1 : 1;
    switch (e.key) {
      case "ArrowLeft": if (e.shiftKey) this.move(this.t - this.book.byte, 0); else this.step(-1); return true;
      case "ArrowRight": if (e.shiftKey) this.move(this.t + this.book.byte, 0); else this.step(1); return true;
      case "+": case "=": this.zoom(0.5); return true;
      case "-": case "_": case "−": this.zoom(2); return true;
      case "0": this.whole(); return true;
      case "Home": this.move(this.book.begin, this.book.events[0]?.n ?? 0); return true;
      case "End": this.move(this.book.end, this.book.events.at(-1)?.n ?? 0); return true;
      case "/": part("sought", HTMLInputElement).select(); part("sought", HTMLInputElement).focus(); return true;
      case "?": this.help(); return true;
      case "[": case "]": return this.whatIf.press(e.key === "[");
      case "w": case "W": return this.why();
    }
    const way = this.ways.find((w) => w.letter !== "" && w.letter === e.key.toLowerCase());
    if (!way) return false;
    part("by", HTMLSelectElement).value = way.key;
    this.step(turn);
    return true;
  }

  /** Goes to what was missing, from the resend that is chosen or the next one. */
  why() {
    const now = this.book.numbered(this.n);
    const resend = now?.event === "message" && now.again_of ? now : undefined;
    const to = resend?.see ? this.book.numbered(resend.see) : undefined;
    if (to) {
      this.go(to, `${resend?.why}`);
      return true;
    }
    const way = this.ways.find((w) => w.key === "again");
    const e = way && (previous(way, this.t, 0) ?? way.events[0]);
    if (!e) return false;
    this.go(e, "");
    return true;
  }

  /** @param {number} turn -1 back, 1 on */
  step(turn) {
    const key = part("by", HTMLSelectElement).value;
    const way = this.ways.find((w) => w.key === key) ?? this.ways[0];
    const e = turn < 0 ? previous(way, this.t, this.n) : next(way, this.t, this.n);
    if (e) this.go(e, "");
    else say("said", `no ${way.name} ${turn < 0 ? "before" : "after"} this`);
  }

  /** @param {Happening} e @param {string} more what to tell besides */
  go(e, more) {
    this.axis.reveal(e.at);
    this.move(e.at, e.n);
    say("said", `${clock(e.at)}: ${words(e)}${more ? `. ${more}` : ""}`);
  }

  /** @param {string} hash @returns {boolean} whether it names a moment */
  follow(hash) {
    const said = new URLSearchParams(hash.slice(1));
    const t = Number(said.get("t")), n = Number(said.get("n"));
    if (!said.has("t") || !Number.isFinite(t)) return false;
    const [from, to] = (said.get("view") ?? "").split("~").map(Number);
    if (Number.isFinite(from) && Number.isFinite(to) && to > from) this.axis.show(from, to);
    this.axis.reveal(t);
    const e = this.book.numbered(n);
    this.move(t, e && Math.abs(e.at - t) < 1e-6 ? n : 0);
    return true;
  }

  /** @param {number} t @param {number} n the chosen event; 0 for the last one before t */
  move(t, n) {
    this.t = Math.min(Math.max(t, this.book.begin), Math.max(this.book.end, this.whatIf.end));
    this.n = n;
    if (t < this.axis.from || t > this.axis.to) this.axis.reveal(this.t);
    this.whatIf.follow(this.t); // the engine may be asked before the next picture
    this.draw();
  }

  /** @param {number} seconds */
  pan(seconds) {
    this.axis.pan(seconds);
    this.draw();
  }

  /** @param {number} factor @param {number} [at] */
  zoom(factor, at) {
    const here = this.t >= this.axis.from && this.t <= this.axis.to ? this.t : (this.axis.from + this.axis.to) / 2;
    this.axis.zoom(factor, at ?? here);
    this.draw();
  }

  whole() {
    this.axis.whole();
    this.draw();
  }

  fit() {
    const width = part("axis", HTMLElement).clientWidth;
    if (width === 0) return;
    this.drawing.fit(this.scene(), width);
    this.whatIf.fit();
    this.draw();
  }

  scene() { return { axis: this.axis, lanes: this.lanes, moments: this.moments, t: this.t, n: this.n, begin: this.book.begin, end: this.book.end }; }

  /** Draws with the next picture of the screen. */
  draw() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.drawNow();
    });
  }

  drawNow() {
    const begun = performance.now();
    this.drawing.draw(this.scene());
    this.whatIf.draw();
    this.drawText();
    performance.measure("drawn", { start: begun });
    clearTimeout(this.noted);
    this.noted = window.setTimeout(() => history.replaceState(null, "", this.address()), 250);
  }

  drawText() {
    const digits = this.axis.span < 1 ? 6 : 3;
    say("when", clock(this.t, digits));
    say("date", `${calendar(this.book.start, this.t)} by ${this.book.head.meters.length ? "the meter's" : "this computer's"} clock`);
    say("span", lasting(this.axis.span));
    const m = this.moments.at(this.t);
    this.face.draw(m.lcd, m.state === "off", m.lit);
    this.drawFacts(m);
    this.flash.draw(this.moments.sectors.at(this.t), this.book.flash.protected, this.book.flash.sector_bytes);
    this.log.follow(this.t, this.n);
    this.events.follow(this.t, this.n);
    this.drawEvent();
    const axis = part("axis", HTMLElement);
    axis.setAttribute("aria-valuemin", this.book.begin.toFixed(3));
    axis.setAttribute("aria-valuemax", this.book.end.toFixed(3));
    axis.setAttribute("aria-valuenow", this.t.toFixed(3));
    axis.setAttribute("aria-valuetext", `${clock(this.t)}, the meter is ${stateWords(m.state)}${m.step ? `, the tool: ${m.step}` : ""}`);
  }

  /** @param {import("../../component/moment.js").Moment} m */
  drawFacts(m) {
    const facts = /** @type {[string, string, string][]} */ ([
      ["attempt", m.attempt, ""],
      ["meter", stateWords(m.state), m.state === "off" ? "bad" : ""],
      ["tool", m.finished ? `has ended: ${m.finished}` : m.step || (m.attempt ? "runs" : ""), ""],
      ["last window", m.window ? windowWords(m.window) : "", ""],
      ["block", m.blocks ? `${m.block} of ${m.blocks} begun${this.book.head.meters.length ? `, ${m.answered} in the flash` : ""}` : "", ""],
      ["request", m.request?.title ?? "", m.request?.again_of ? "bad" : ""],
      ["answer", m.reply?.title ?? "", ""],
      ["line", m.wire.length ? m.wire.map((f) => `${f.direction === "to-meter" ? "→" : "←"} ${f.title}${harmed(f) ? `, ${f.fate}` : ""}`).join("; ") : "quiet", m.wire.some(harmed) ? "bad" : ""],
      ["sent again", String(m.resends), m.resends ? "bad" : ""],
      ["faults", m.faults.map((f) => f.fault).join("; ") || "none at work", m.faults.length ? "bad" : ""],
    ]);
    const list = part("facts", HTMLElement);
    const never = new Set([this.moments.steps.length ? "" : "tool", this.moments.windows.some((e) => e.event === "window") ? "" : "last window", this.moments.attempts.length ? "" : "attempt", this.book.head.meters.length ? "" : "meter"]);
    const shown = facts.filter(([name]) => !never.has(name));
    if (list.children.length === 0) for (const [name] of shown) list.append(make("dt", name), make("dd", ""));
    shown.forEach(([, text, tone], i) => {
      const dd = list.children[2 * i + 1], said = text || "–";
      if (dd.textContent !== said) dd.textContent = said;
      if (dd.className !== tone) dd.className = tone;
    });
  }

  drawEvent() {
    let e = this.book.numbered(this.n);
    for (let i = this.book.by(this.t) - 1; !e && i >= 0; i--) if (this.book.events[i].event !== "led") e = this.book.events[i];
    if (!e || e.n === this.shown) return;
    this.shown = e.n;
    const time = make("p", `${clock(e.at, 6)}${e.source ? ` · ${e.source}` : ""}`, "quiet");
    part("event", HTMLElement).replaceChildren(time, ...detail(this.book, e));
    part("event-title", HTMLElement).className = isBad(e) ? "bad" : "";
  }

  /** @param {PointerEvent} e */
  tip(e) {
    const lanes = part("lanes", HTMLCanvasElement), box = lanes.getBoundingClientRect();
    const hit = this.book.numbered(this.drawing.hit(this.axis, e.clientX - box.left, e.clientY - box.top));
    const tip = part("tip", HTMLElement);
    tip.hidden = !hit;
    lanes.style.cursor = hit ? "pointer" : "crosshair";
    if (!hit) return;
    tip.textContent = `${clock(hit.at)}  ${words(hit)}`;
    const left = Math.min(e.clientX + 12, innerWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${e.clientY + 18}px`;
  }

  address() {
    const e = this.book.numbered(this.n);
    const at = e ? address(this.book, e) : `#t=${Number(this.t.toFixed(9))}`;
    const all = this.axis.span >= (this.axis.end - this.axis.begin) * 0.999;
    return all ? at : `${at}&view=${Number(this.axis.from.toPrecision(10))}~${Number(this.axis.to.toPrecision(10))}`;
  }

  async copy() {
    history.replaceState(null, "", this.address());
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      say("said", "the browser does not let the page copy; the address of this moment is in its address bar");
      return;
    }
    say("link", "Copied");
    setTimeout(() => say("link", "Copy link"), 1500);
  }

  help() {
    const keys = part("keys", HTMLElement);
    keys.hidden = !keys.hidden;
    part("help", HTMLElement).setAttribute("aria-expanded", String(!keys.hidden));
  }

  /** @param {boolean} on */
  print(on) {
    document.documentElement.classList.toggle("print", on);
    this.drawing.fit(this.scene(), part("axis", HTMLElement).clientWidth);
    this.drawing.draw(this.scene());
  }
}

async function open() {
  const carried = [part("story", HTMLScriptElement), part("bytes", HTMLScriptElement)];
  const [text, raw] = await Promise.all(carried.map(async (p) => new Uint8Array(await unpack(p.textContent ?? ""))));
  for (const p of carried) p.remove();
  const file = unlift(text, raw);
  new Page(new Book(new TextDecoder().decode(file)), file).start();
}

open().catch((problem) => {
  const wrong = part("wrong", HTMLElement);
  wrong.hidden = false;
  wrong.textContent = `The run cannot be shown: ${problem instanceof Error ? problem.message : problem}`;
});
