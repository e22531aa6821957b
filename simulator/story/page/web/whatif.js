// @ts-check
// Another fault in the same run: the engine walks through it, strikes where the cursor is, and shows
// what would have come beside what came.

import { make, part } from "../../component/dom.js";
import { Moments } from "../../component/moment.js";
import { lanesOf } from "../../component/lanes.js";
import { Drawing } from "../../component/drawing.js";
import { eventRow } from "../../component/rows.js";
import { clock } from "../../component/clock.js";
import { isBad, stateWords, words } from "../../component/words.js";
import { Book } from "./book.js";
import { Engine } from "./engine.js";

/** @typedef {import("../../component/axis.js").Axis} Axis @typedef {import("../../component/moment.js").Moment} Moment */
/** @typedef {import("./engine.js").Standing} Standing @typedef {import("./engine.js").Told} Told */
/** @typedef {{axis: Axis, changed: () => void, move: (t: number, n: number) => void}} Surroundings of the page: its axis, that something is to be drawn, and where the cursor goes, with the event that is chosen */

/** @param {Book} book @returns {string} why nobody can walk through a run; empty if it can be done */
export function whyNot(book) {
  if (book.head.replays) return "";
  if (!book.head.virtual) return "This run took place in real time, with a program that is not in the page: it cannot be played again here.";
  if (/^meanwhile *=/m.test(book.head.world ?? "")) return "Attempts of this run overlap. Each of their lines has a clock of its own, and the page does not walk through such a run.";
  return "A file or a program of somebody's own went into this run, which is not in the page: it cannot be played again here.";
}

/** The part of the page that asks what if. */
export class WhatIf {
  /** @param {Book} book @param {Moments} moments @param {Uint8Array} file of the story @param {Surroundings} page */
  constructor(book, moments, file, page) {
    this.book = book;
    this.moments = moments;
    this.page = page;
    this.engine = new Engine(file);
    this.t = book.begin;
    this.due = 0; // things that wait or are done
    /** @type {Promise<void>} */
    this.last = Promise.resolve();
    this.walks = false; // the engine can be asked
    this.stood = NaN; // where it stands, since its last step
    this.own = false; // the person has written a plan
    /** @type {string[]} */
    this.before = []; // plans that were taken for another one, the oldest first
    this.plan = book.head.plan;
    this.world = ""; // of a run of several attempts, with their plans
    /** @type {{book: Book, moments: Moments, lanes: import("../../component/lanes.js").Lane[], drawing: Drawing} | null} */
    this.other = null;
  }

  start() {
    part("what-if", HTMLElement).hidden = false;
    const why = whyNot(this.book);
    const lacks = document.body.dataset["lacks"];
    const trial = this.book.head.trial !== "";
    if (why || !this.engine.there && !trial) {
      part("strike", HTMLFormElement).hidden = part("walk-keys", HTMLElement).hidden = true;
      this.say(why || `This page does not carry the engine (${lacks || "a program made by make build puts it in"}).`);
      return;
    }
    part("kind", HTMLSelectElement).addEventListener("change", () => {
      part("fault", HTMLInputElement).value = part("kind", HTMLSelectElement).value;
      this.own = false;
      this.follow(this.t);
    });
    part("fault", HTMLInputElement).value = part("kind", HTMLSelectElement).value;
    part("plan", HTMLInputElement).addEventListener("input", () => { this.own = true; });
    part("plan", HTMLInputElement).value = this.plan;
    const click = (/** @type {string} */ id, /** @type {() => Promise<void>} */ what) => part(id, HTMLButtonElement).addEventListener("click", () => this.alone(what));
    click("copy-plan", () => this.copy());
    if (!this.engine.there) {
      for (const id of ["walk", "walk-keys", "strike-here", "take-back"]) part(id, HTMLElement).hidden = true;
      part("try", HTMLButtonElement).textContent = "Copy the command";
      this.say(`This page does not carry the engine (${lacks || "a program made by make build puts it in"}). The command makes the page of the other run.`);
    }
    this.walks = this.engine.there;
    click("walk-on", () => this.walk(false));
    click("walk-back", () => this.walk(true));
    click("strike-here", () => this.strike());
    click("take-back", () => this.takeBack());
    part("strike", HTMLFormElement).addEventListener("submit", (e) => {
      e.preventDefault();
      this.alone(() => this.engine.there ? this.take(part("plan", HTMLInputElement).value) : this.command());
    });
    this.follow(this.t);
  }

  /** @returns {number} the end of the run as it would have come */
  get end() { return this.other?.book.end ?? this.book.end; }

  /** @param {string} text */
  say(text) { part("what-if-said", HTMLElement).textContent = text; }

  /** Does one thing after another, in the order in which they are asked for. @param {() => Promise<void>} what */
  alone(what) {
    if (this.due >= 8) return; // somebody leans on a key
    this.due++;
    this.last = this.last.then(() => this.doing(what)).finally(() => { this.due--; });
  }

  /** @param {() => Promise<void>} what */
  async doing(what) {
    try {
      if (this.engine.there && !this.engine.open) {
        this.say("The engine plays the run …");
        const opened = await this.engine.start();
        if (opened.plan !== this.plan) await this.engine.ask({ do: "plan", plan: this.plan }); // it has ended in between
      }
      await what();
    } catch (problem) {
      this.say(`The engine cannot do it: ${problem instanceof Error ? problem.message : problem}`);
    } finally {
      part("take-back", HTMLButtonElement).disabled = this.before.length === 0;
    }
  }

  /** @param {number} t where the cursor is */
  follow(t) {
    this.t = t;
    if (!this.engine.there && !this.own) part("plan", HTMLInputElement).value = this.planAt(t);
    part("here", HTMLElement).textContent = clock(t);
  }

  /** @param {number} t @returns {string} the plan of the run, with one more fault, for a page without the engine */
  planAt(t) {
    const begun = this.moments.attempts.filter((e) => e.at <= t);
    const attempt = Math.max(0, begun.length - 1), since = t - (begun[attempt]?.at ?? 0);
    const m = this.moments.at(t);
    const when = m.step === "download" && m.block > 0 ? `at block ${m.block}` : `at ${Number(Math.max(0, since).toFixed(3))}s`;
    const plans = this.book.head.plan ? this.book.head.plan.split(" then ") : [];
    while (plans.length <= attempt) plans.push("");
    const [kind, ...more] = part("fault", HTMLInputElement).value.split(" ");
    const fault = [kind, when, ...more].join(" ");
    plans[attempt] = plans[attempt] ? `${plans[attempt]}; ${fault}` : fault;
    return plans.join(" then ");
  }

  async command() {
    await navigator.clipboard.writeText(`ionbench story '${part("plan", HTMLInputElement).value}' -o other.html`);
    this.say("Copied.");
  }

  /** Brings the engine to the cursor, unless it stands there, at one of the events of that instant. */
  async here() {
    if (this.t !== this.stood) await this.engine.ask({ do: "go", at: this.t });
    this.stood = NaN;
  }

  /** @param {boolean} back @returns {boolean} whether it can be done */
  press(back) {
    if (this.walks) this.alone(() => this.walk(back));
    return this.walks;
  }

  /** @param {boolean} back */
  async walk(back) {
    await this.here();
    const by = /** @type {"event" | "instant" | "frame" | "block"} */ (part("walk-by", HTMLSelectElement).value);
    const { answer } = await this.engine.ask({ do: "step", by, back });
    this.stands(answer, answer.moved ? "" : back ? `There is no ${by} before this. ` : `There is no ${by} after this. `);
  }

  /** @param {Standing | Told} at @param {string} first */
  stands(at, first) {
    this.t = this.stood = at.at;
    const other = this.other && this.plan !== this.book.head.plan ? this.other.book : null;
    const e = eventAt(other ?? this.book, at);
    this.page.move(at.at, other || !e ? 0 : e.n);
    const place = at.of > 1 ? `, event ${at.place} of ${at.of} at this instant` : "";
    this.say(`${first}The engine stands at ${clock(at.at, 6)}${place}${e ? `: ${words(e)}` : ""}. The meter is ${stateWords(at.state)}, the tool: ${at.doing}${at.block ? `, block ${at.block}` : ""}${at.over ? "; the run is over" : ""}.`);
  }

  /** Strikes a fault where the cursor is. */
  async strike() {
    await this.here();
    const before = this.plan;
    const { answer } = await this.engine.ask({ do: "strike", fault: part("fault", HTMLInputElement).value.trim() });
    this.before.push(before);
    this.plan = answer.plan;
    await this.tell();
  }

  /** Takes the last plan back. */
  async takeBack() {
    const plan = this.before.pop();
    if (plan === undefined) return;
    this.plan = (await this.engine.ask({ do: "plan", plan })).answer.plan;
    await this.tell();
  }

  /** @param {string} plan of the whole run */
  async take(plan) {
    const { answer } = await this.engine.ask({ do: "plan", plan });
    if (answer.plan !== this.plan) this.before.push(this.plan);
    this.plan = answer.plan;
    await this.tell();
  }

  /** Shows the run as it would have come. */
  async tell() {
    this.say("The engine plays it …");
    part("plan", HTMLInputElement).value = this.plan;
    const begun = performance.now();
    const got = await this.engine.ask({ do: "tell" });
    const book = new Book(got.told);
    if (got.answer.is === "told" && this.book.head.trial === "") this.world = got.answer.text;
    part("copy-plan", HTMLButtonElement).textContent = this.world ? "Copy the world" : "Copy the plan";
    this.show(book);
    const ends = (/** @type {Book} */ b) => b.head.outcome ? `ends as ${b.head.outcome.replaceAll("-", " ")}` : "ends";
    this.say(`It ${ends(book)}${book.head.broken.length ? `, and breaks ${book.head.broken.join("; ")}` : ""}${book.head.unstruck.length ? `; ${book.head.unstruck.join("; ")}` : ""}; as it came, it ${ends(this.book)}. Played in ${(performance.now() - begun).toFixed(0)} ms.`);
  }

  /** @param {Book} book */
  show(book) {
    const moments = new Moments(book);
    const wanted = new Set(["Attempt", "Tool", "Requests", "Line, to meter", "Line, from meter", "Faults", "Meter", "Flash", "Upgrade.log"]);
    this.other = { book, moments, lanes: lanesOf(book, moments).filter((l) => wanted.has(l.name)), drawing: new Drawing(part("other-lanes", HTMLCanvasElement), null) };
    part("other", HTMLElement).hidden = false;
    this.lists(book);
    this.page.axis.lengthen(book.end);
    this.fit();
    this.page.changed();
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
    this.other.drawing.fit(this.scene(this.other), part("axis", HTMLElement).clientWidth);
  }

  /** @param {NonNullable<WhatIf["other"]>} other */
  scene(other) { return { axis: this.page.axis, lanes: other.lanes, moments: other.moments, t: this.t, n: 0, begin: other.book.begin, end: other.book.end }; }

  draw() {
    if (!this.other) return;
    this.other.drawing.draw(this.scene(this.other));
    this.beside(this.other, this.t);
  }

  /** What is there at the cursor, as it came and as it would have come. @param {NonNullable<WhatIf["other"]>} other @param {number} t */
  beside(other, t) {
    const came = facts(this.moments.at(t)), would = facts(other.moments.at(t));
    const rows = came.map(([name, text], i) => {
      const row = document.createElement("tr"), th = make("th", name);
      th.setAttribute("scope", "row");
      row.append(th, make("td", text || "–"), make("td", would[i][1] || "–", would[i][1] === text ? "" : "differs"));
      return row;
    });
    part("beside", HTMLElement).replaceChildren(...rows);
    this.near("near-came", this.book, t);
    this.near("near-other", other.book, t);
  }

  /** @param {string} id @param {Book} book @param {number} t what happened around it */
  near(id, book, t) {
    const list = part(id, HTMLElement), end = book.by(t);
    const key = `${end}/${book.events.length}/${book === this.book}`;
    if (list.dataset["key"] === key) return;
    list.dataset["key"] = key;
    const told = (/** @type {import("../../component/trace.js").Happening} */ e) => e.event !== "led" ? [e] : [];
    const past = book.events.slice(Math.max(0, end - 12), end).flatMap(told).slice(-4), next = book.events.slice(end, end + 12).flatMap(told).slice(0, 4);
    list.replaceChildren(...[...past, ...next].map((e) => {
      const row = eventRow(clock(e.at), words(e), isBad(e));
      row.classList.toggle("quiet", e.at > t);
      return row;
    }));
  }

  async copy() {
    await navigator.clipboard.writeText(this.world || part("plan", HTMLInputElement).value);
    this.say("Copied.");
  }
}

/** @param {Moment} m @returns {[string, string][]} */
function facts(m) {
  return [
    ["meter", stateWords(m.state)], ["display", m.lcd], ["tool", m.finished ? `has ended: ${m.finished}` : m.step],
    ["block", m.block ? `${m.block} of ${m.blocks} begun, ${m.answered} in the flash` : ""], ["request", m.request?.title ?? ""],
    ["line", m.wire.map((f) => `${f.direction === "to-meter" ? "→" : "←"} ${f.title}${f.fate === "came" ? "" : `, ${f.fate}`}`).join("; ") || "quiet"],
    ["sent again", String(m.resends)], ["faults", m.faults.map((f) => f.fault).join("; ") || "none at work"],
  ];
}

/**
 * The event at which the engine stands. A story has messages and toggles of the LED besides, at which nobody stands.
 * @param {Book} book of the run that the engine plays @param {Standing | Told} at
 */
function eventAt(book, at) {
  const near = 5e-10; // a time is a whole number of nanoseconds
  const all = book.events.slice(book.by(at.at - near), book.by(at.at + near)).filter((e) => e.event !== "led" && e.event !== "message");
  return all.length === at.of ? all[at.place - 1] : undefined;
}
