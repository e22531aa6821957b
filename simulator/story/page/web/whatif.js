// @ts-check
// Another fault in the same run: its plan, and what would have come of it.

import { make, part } from "../../component/dom.js";
import { Moments } from "../../component/moment.js";
import { lanesOf } from "../../component/lanes.js";
import { Drawing } from "../../component/drawing.js";
import { eventRow } from "../../component/rows.js";
import { clock } from "../../component/clock.js";
import { words } from "../../component/words.js";
import { Book } from "./book.js";
import { Engine } from "./engine.js";

/** @typedef {import("../../component/axis.js").Axis} Axis */

/** The part of the page that asks what if. */
export class WhatIf {
  /** @param {Book} book @param {Moments} moments @param {Axis} axis of the page @param {() => void} changed */
  constructor(book, moments, axis, changed) {
    this.book = book;
    this.moments = moments;
    this.axis = axis;
    this.changed = changed;
    this.engine = new Engine();
    this.t = book.begin;
    this.own = false; // the person has written a plan
    /** @type {{book: Book, moments: Moments, lanes: import("../../component/lanes.js").Lane[], drawing: Drawing} | null} */
    this.other = null;
  }

  start() {
    part("what-if", HTMLElement).hidden = false;
    part("strike", HTMLFormElement).addEventListener("submit", (e) => {
      e.preventDefault();
      this.play();
    });
    part("kind", HTMLSelectElement).addEventListener("change", () => {
      this.own = false;
      this.follow(this.t);
    });
    part("plan", HTMLInputElement).addEventListener("input", () => { this.own = true; });
    part("copy-plan", HTMLButtonElement).addEventListener("click", () => this.copy());
    if (!this.engine.there) {
      part("try", HTMLButtonElement).textContent = "Copy the command";
      this.say("This page does not carry the engine (a program made by make build puts it in). The command makes the page of the other run.");
    }
  }

  /** @param {string} text */
  say(text) { part("what-if-said", HTMLElement).textContent = text; }

  /** @param {number} t where the cursor is: the fault is to strike there */
  follow(t) {
    this.t = t;
    if (!this.own) part("plan", HTMLInputElement).value = this.planAt(t);
  }

  /** @param {number} t @returns {string} the plan of the run, with one more fault */
  planAt(t) {
    const begun = this.moments.attempts.filter((e) => e.at <= t);
    const attempt = Math.max(0, begun.length - 1), since = t - (begun[attempt]?.at ?? 0);
    const m = this.moments.at(t);
    const when = m.step === "download" && m.block > 0 ? `at block ${m.block}` : `at ${Number(Math.max(0, since).toFixed(3))}s`;
    const plans = this.book.head.plan ? this.book.head.plan.split(" then ") : [];
    while (plans.length <= attempt) plans.push("");
    const fault = part("kind", HTMLSelectElement).value.replace("AT", when);
    plans[attempt] = plans[attempt] ? `${plans[attempt]}; ${fault}` : fault;
    return plans.join(" then ");
  }

  async play() {
    const plan = part("plan", HTMLInputElement).value;
    if (!this.engine.there) {
      await navigator.clipboard.writeText(`ionbench story '${plan}' -o other.html`);
      this.say("Copied.");
      return;
    }
    this.say("The engine plays it …");
    try {
      const begun = performance.now();
      const book = new Book(await this.engine.tell(this.book.head.world ?? "", plan));
      this.show(book);
      this.say(`It ends as ${book.head.outcome.replaceAll("-", " ")}${book.head.broken.length ? `, and breaks ${book.head.broken.join("; ")}` : ""}; it came as ${this.book.head.outcome.replaceAll("-", " ")}. Played in ${(performance.now() - begun).toFixed(0)} ms.`);
    } catch (problem) {
      this.say(`The engine cannot play it: ${problem instanceof Error ? problem.message : problem}`);
    }
  }

  /** @param {Book} book */
  show(book) {
    const moments = new Moments(book);
    const wanted = new Set(["Attempt", "Requests", "Line, to meter", "Faults", "Meter", "Flash", "Upgrade.log"]);
    this.other = { book, moments, lanes: lanesOf(book, moments).filter((l) => wanted.has(l.name)), drawing: new Drawing(part("other-lanes", HTMLCanvasElement), null) };
    part("other", HTMLElement).hidden = false;
    this.lists(book);
    this.axis.lengthen(book.end);
    this.fit();
    this.changed();
  }

  /** @param {Book} other */
  lists(other) {
    const lines = (/** @type {Book} */ b) => b.events.flatMap((e) => e.event === "log" ? [{ at: e.at, text: words(e) }] : []);
    const [came, would] = [lines(this.book), lines(other)];
    const fill = (/** @type {string} */ id, /** @type {{at: number, text: string}[]} */ own, /** @type {{at: number, text: string}[]} */ theirs) => {
      part(id, HTMLElement).replaceChildren(...own.map((l, i) => {
        const same = theirs[i]?.text === l.text && theirs[i]?.at === l.at;
        const row = eventRow(clock(l.at), same ? l.text : make("mark", l.text), false);
        row.classList.toggle("quiet", same);
        return row;
      }));
      const list = part(id, HTMLElement), first = list.querySelector("mark")?.parentElement;
      if (first) list.scrollTop = Math.max(0, first.offsetTop - 3 * first.clientHeight);
    };
    fill("log-came", came, would);
    fill("log-other", would, came);
  }

  fit() {
    if (!this.other) return;
    this.other.drawing.fit(this.scene(this.other, this.t), part("axis", HTMLElement).clientWidth);
  }

  /** @param {NonNullable<WhatIf["other"]>} other @param {number} t */
  scene(other, t) { return { axis: this.axis, lanes: other.lanes, moments: other.moments, t, n: 0, begin: other.book.begin, end: other.book.end }; }

  /** @param {number} t */
  draw(t) {
    this.follow(t);
    if (this.other) this.other.drawing.draw(this.scene(this.other, t));
  }

  async copy() {
    await navigator.clipboard.writeText(part("plan", HTMLInputElement).value);
    this.say("Copied.");
  }
}
