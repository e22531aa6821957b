// @ts-check
// The live front panel: what the server tells, drawn, and the buttons.

import { make, part, put, say } from "../../story/component/dom.js";
import { clock } from "../../story/component/clock.js";
import { Face } from "../../story/component/face.js";
import { FlashMap } from "../../story/component/flash.js";
import { eventRow } from "../../story/component/rows.js";
import { isBad, isNextBlock, stateWords, words } from "../../story/component/words.js";
import { Api, Refused } from "./api.js";
import { FaultForm } from "./faultform.js";
import { FrameList } from "./frames.js";
import { Live } from "./live.js";

/** @typedef {import("./api.js").Meter} Meter @typedef {import("./api.js").Fault} Fault @typedef {import("./api.js").Kind} Kind @typedef {import("./api.js").Again} Again */

const keptRows = 500;
const pollEvery = 500;
const comeBackAfter = 1000;

// Events that are too many to read unless they are asked for.
const frequent = new Set(["led", "frame"]);

/** The page and what it knows. */
class Panel {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Meter | null} */
    this.meter = null;
    /** @type {Kind[]} */
    this.kinds = [];
    /** @type {import("./api.js").Moment[]} */
    this.moments = [];
    this.last = ""; // id of the newest event
    this.state = ""; // after that event
    this.faultsDrawn = "";
    this.spoken = "";
    this.over = new AbortController();
    this.turned = new AbortController(); // of the meter that is looked at
    this.face = new Face(part("face", HTMLElement));
    this.flash = new FlashMap(part("flash", HTMLElement));
    this.form = new FaultForm(part("parts", HTMLElement), () => this.fill());
    this.byHand = false; // the text of the fault was written, not made by the form
    this.frames = new FrameList(part("frame-list", HTMLElement), part("acks", HTMLInputElement));
    this.live = new Live();
    this.chosen = ""; // the meter that is looked at
    this.own = false; // a person has chosen it
    this.listed = "";
  }

  start() {
    this.wire();
    this.loop();
    this.follow();
  }

  /** Fills the form with the kinds of fault that the meter plays. */
  async loadKinds() {
    try {
      ({ kinds: this.kinds, moments: this.moments } = await this.api.kinds());
    } catch (problem) {
      this.complain(problem);
      return;
    }
    const list = part("kind", HTMLSelectElement);
    list.replaceChildren();
    for (const place of new Set(this.kinds.map((k) => k.place))) {
      const group = document.createElement("optgroup");
      group.label = place;
      for (const k of this.kinds.filter((k) => k.place === place)) group.append(new Option(k.name, k.name));
      list.append(group);
    }
    for (const b of document.querySelectorAll("button[data-fault]")) {
      if (b instanceof HTMLElement) b.hidden = !this.kinds.some((k) => k.name === b.getAttribute("data-fault")?.split(" ")[0]);
    }
    this.describe();
  }

  describe() {
    const kind = this.kinds.find((k) => k.name === part("kind", HTMLSelectElement).value);
    if (!kind) return;
    say("what", kind.what);
    this.form.show(kind, this.moments);
    this.fill();
  }

  /** Puts what the form says into words. */
  fill() {
    say("wrong", "");
    this.byHand = false;
    part("plan", HTMLInputElement).value = this.form.text();
  }

  /** Strikes the fault that is written there, and says beside its inputs what is wrong with them. */
  async strike() {
    this.form.clear();
    if (!this.byHand && !this.form.check()) return;
    await this.act(async () => {
      try {
        await this.api.strike(part("plan", HTMLInputElement).value);
      } catch (problem) {
        if (this.byHand || !(problem instanceof Refused) || !this.form.wrong(problem.clause, problem.reason)) throw problem;
      }
    });
  }

  wire() {
    const act = (/** @type {string} */ id, /** @type {() => Promise<unknown>} */ what) =>
      part(id, HTMLButtonElement).addEventListener("click", () => this.act(what));
    act("cable", () => this.moveCable());
    act("power", () => this.api.power(this.meter?.state === "off"));
    act("reset", () => this.api.reset());
    act("heal", () => this.api.heal());
    for (const b of document.querySelectorAll("button[data-fault]")) {
      b.addEventListener("click", () => this.act(() => this.api.strike(b.getAttribute("data-fault") ?? "")));
    }
    part("kind", HTMLSelectElement).addEventListener("change", () => this.describe());
    part("strike", HTMLFormElement).addEventListener("submit", (e) => {
      e.preventDefault();
      this.strike();
    });
    part("plan", HTMLInputElement).addEventListener("input", () => {
      this.byHand = true;
      this.form.clear();
    });
    part("meters", HTMLSelectElement).addEventListener("change", () => {
      const { value } = part("meters", HTMLSelectElement);
      this.own = value !== "";
      if (this.own) this.turnTo(value);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") return;
      this.turned.abort();
      this.turned = new AbortController();
    });
    part("copy", HTMLButtonElement).addEventListener("click", () => this.copy());
  }

  async copy() {
    await navigator.clipboard.writeText(part("repeat", HTMLElement).textContent ?? "");
    say("copy", "Copied");
    setTimeout(() => say("copy", "Copy"), 1500);
  }

  /** @param {() => Promise<unknown>} what */
  async act(what) {
    say("wrong", "");
    try {
      await what();
    } catch (problem) {
      this.complain(problem);
    }
    await this.look();
  }

  /** @param {unknown} problem */
  complain(problem) {
    if (problem instanceof Refused) say("wrong", problem.hint ? `${problem.message}. ${problem.hint}` : problem.message);
    else say("wrong", `the meter does not answer: ${problem instanceof Error ? problem.message : problem}`);
  }

  /** @returns {Fault[]} the faults that hold the cable out */
  pulled() {
    return (this.meter?.faults ?? []).filter((f) => f.state === "at-work" && f.fault.startsWith("cable-pull"));
  }

  async moveCable() {
    const out = this.pulled();
    if (out.length === 0) return this.api.strike(`cable-pull ${part("side", HTMLSelectElement).value}`.trim());
    for (const f of out) await this.api.end(f.id);
  }

  /** Looks again and again, as long as somebody can see the page. */
  async loop() {
    while (!this.over.signal.aborted) {
      if (document.visibilityState === "visible") await this.look();
      await new Promise((go) => setTimeout(go, pollEvery));
    }
  }

  /** Chooses a meter: the one that a person wants while it is there, and else the newest. */
  async choose() {
    const { meters } = await this.api.meters();
    const found = this.own && meters.some((m) => m.id === this.chosen);
    const newest = meters.at(-1);
    if (!found) this.own = false;
    if (!found && newest && newest.id !== this.chosen) this.turnTo(newest.id);
    const drawn = JSON.stringify([meters, this.own && this.chosen]);
    if (drawn === this.listed) return meters.length > 0;
    this.listed = drawn;
    const list = part("meters", HTMLSelectElement);
    list.replaceChildren(new Option("the newest", ""), ...meters.map((m) => new Option(m.title ? `${m.id}: ${m.title}` : `${m.serial}, unit ${m.unit}`, m.id)));
    list.value = this.own ? this.chosen : "";
    part("meters-box", HTMLElement).hidden = meters.length < 2 && !meters.some((m) => m.title);
    return meters.length > 0;
  }

  /** @param {string} id of another meter */
  turnTo(id) {
    this.chosen = id;
    this.api.choose(id);
    this.turned.abort();
    this.turned = new AbortController();
    this.meter = null;
    this.last = this.state = this.faultsDrawn = "";
    this.frames.clear();
    this.live.clear();
    part("events", HTMLElement).replaceChildren();
    delete part("log", HTMLElement).dataset["drawn"];
    this.loadKinds();
  }

  async look() {
    try {
      if (!await this.choose()) {
        this.linked("lost", "no meter is served now");
        return;
      }
      const of = this.chosen;
      const [meter, faults, frames] = await Promise.all([this.api.meter(), this.api.faults(), this.api.frames()]);
      if (of !== this.chosen) return;
      this.draw(meter, faults);
      this.frames.draw(frames.frames);
      this.live.add(frames.frames);
      this.live.now(meter);
      this.linked("live", `live, ${meter.at.toFixed(0)} s`);
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 401) {
        this.over.abort();
        ask("The token is not that of this meter. It is another one after each start.");
        return;
      }
      if (problem instanceof Refused && problem.status === 404) return; // it has left: another one is chosen
      this.linked("lost", "the meter does not answer");
    }
  }

  /** @param {"live" | "lost"} how @param {string} text */
  linked(how, text) {
    const link = part("link", HTMLElement);
    link.className = `link ${how}`;
    // Only changes between the two are worth a screen reader's word.
    link.setAttribute("aria-live", how === "live" ? "off" : "polite");
    say("link", text);
    for (const b of document.querySelectorAll("main button")) {
      if (b instanceof HTMLButtonElement) b.disabled = how === "lost";
    }
  }

  /** Follows the events, as long as somebody can see the page, and comes back when the stream breaks. */
  async follow() {
    while (!this.over.signal.aborted) {
      await this.seen();
      const of = this.chosen;
      try {
        if (of) await this.api.watch(this.last, (h) => { if (of === this.chosen) this.happens(h); }, AbortSignal.any([this.over.signal, this.turned.signal]));
      } catch {
        // look says what is wrong
      }
      if (of !== this.chosen) continue; // another meter, at once
      await new Promise((go) => setTimeout(go, of ? comeBackAfter : 50));
    }
  }

  /** Waits until somebody can see the page. A browser has few connections to one server for all its pages. */
  async seen() {
    while (document.visibilityState !== "visible") {
      await new Promise((go) => document.addEventListener("visibilitychange", go, { once: true }));
    }
  }

  /** @param {import("./api.js").Told} h */
  happens(h) {
    if (h.id) this.last = h.id;
    this.live.happens(h.name, h.data);
    /** @type {import("../../story/component/trace.js").Happening} */
    const e = { ...h.data, event: h.name };
    if (e.event === "led") this.face.light(e.on);
    const noise = frequent.has(e.event) || e.event === "state" && isNextBlock(this.state, e.state);
    if (e.event === "state") this.state = e.state;
    if (noise && !part("frames", HTMLInputElement).checked) return;
    const list = part("events", HTMLElement);
    list.prepend(eventRow(typeof e.at === "number" ? clock(e.at) : "", words(e), isBad(e)));
    while (list.childElementCount > keptRows) list.lastElementChild?.remove();
    if (e.event === "fault") this.speak(words(e));
  }

  /** @param {string} text for screen readers */
  speak(text) {
    if (text !== this.spoken) say("spoken", text);
    this.spoken = text;
  }

  /** @param {Meter} m @param {Again} again */
  draw(m, again) {
    const before = this.meter;
    this.meter = m;
    this.drawName(m);
    for (const id of ["by-hand", "heal"]) part(id, HTMLElement).hidden = Boolean(m.look_only);
    panel().classList.toggle("look-only", Boolean(m.look_only));
    panel().hidden = false;
    part("look-only", HTMLElement).hidden = !m.look_only;
    say("look-only", m.look_only ? `Looked at only: ${m.look_only}.` : "");
    this.drawFace(m, before);
    this.drawButtons(m);
    this.drawFaults(m, again);
    this.flash.draw(m.flash.used, m.flash.protected, m.flash.sector_bytes);
    this.drawPairs("counts", Object.entries(m.far ? m.counts : { ...m.counts, LED_toggles: m.led.toggles, flash_operations: m.flash.operations }).map(([k, v]) => [k.replaceAll("_", " "), v.toLocaleString("en")]));
    this.drawPairs("settings", Object.entries(m.settings));
    say("template", m.template);
    this.drawLog(m);
  }

  /** @param {Meter} m */
  drawName(m) {
    say("name", m.far ? `Proxy to ${m.far}` : `ION ${m.model} · ${m.serial} · unit ${m.unit}`);
    say("title", m.title);
    document.title = `${m.device}: ${m.state}`;
    say("where", [m.link || m.pty, m.tcp, `${m.baud} baud`, `pace ${m.pace}`].filter(Boolean).join(" · "));
  }

  /** @param {Meter} m @param {Meter | null} before */
  drawFace(m, before) {
    this.face.draw(m.lcd, m.state === "off", m.led.on);
    for (const e of document.querySelectorAll(".near")) if (e instanceof HTMLElement) e.hidden = Boolean(m.far); // of a meter behind a proxy nobody knows it
    part("face", HTMLElement).hidden = Boolean(m.far);
    say("answers", m.far ? "Answers" : "Meter");
    const state = m.hung ? "its firmware hangs" : stateWords(m.state);
    say("state", state);
    part("state", HTMLElement).classList.toggle("bad", m.hung || m.state === "off");
    say("runs", m.running ? `runs ${m.running}` : m.revision ? `would run ${m.revision}` : "no firmware that runs");
    if (before && before.state !== m.state && !isNextBlock(before.state, m.state)) this.speak(`the meter is ${state}`);
    const { block, blocks } = m.image;
    say("blocks", block && blocks ? `block ${block} of ${blocks}, ${Math.floor((100 * block) / blocks)} %` : blocks ? `none of ${blocks} blocks begun` : "none begun");
    const bar = part("download", HTMLProgressElement);
    bar.max = blocks || 1;
    bar.value = block;
  }

  /** @param {Meter} m */
  drawButtons(m) {
    const out = this.pulled().length > 0;
    const off = m.state === "off";
    part("cable", HTMLButtonElement).setAttribute("aria-pressed", String(out));
    say("cable", out ? "Plug the cable in" : "Pull the cable");
    part("power", HTMLButtonElement).setAttribute("aria-pressed", String(off));
    say("power", off ? "Switch on" : "Switch off");
    part("side", HTMLSelectElement).disabled = out;
  }

  /** @param {Meter} m @param {Again} again */
  drawFaults(m, { repeat, not_repeated: not = [] }) {
    const drawn = JSON.stringify([m.faults, repeat, not]);
    if (drawn === this.faultsDrawn) return; // a button in the list may have the focus
    this.faultsDrawn = drawn;
    /** @type {HTMLElement[]} */
    const rows = m.faults.map((f) => this.faultRow(f)).reverse();
    if (rows.length === 0) rows.push(make("li", "Nothing strikes.", "none"));
    part("faults", HTMLElement).replaceChildren(...rows);
    part("repeat-box", HTMLElement).hidden = repeat === "";
    say("repeat", repeat);
    part("not-repeated-box", HTMLElement).hidden = not.length === 0;
    part("not-repeated", HTMLElement).replaceChildren(...not.map((text) => make("li", text)));
  }

  /** @param {Fault} f */
  faultRow(f) {
    const row = document.createElement("li");
    const text = document.createElement("div");
    text.append(make("code", f.fault), make("div", standing(f), f.state === "at-work" ? "at-work" : "quiet"));
    row.append(text);
    if (!this.meter?.look_only && (f.state === "at-work" || f.state === "waiting")) {
      const end = make("button", f.state === "at-work" ? "End" : "Take back");
      end.setAttribute("type", "button");
      end.setAttribute("aria-label", `${end.textContent}: ${f.fault}`);
      end.addEventListener("click", () => this.act(() => this.api.end(f.id)));
      row.append(end);
    }
    return row;
  }

  /** @param {string} id @param {[string, string][]} pairs */
  drawPairs(id, pairs) {
    const list = part(id, HTMLElement);
    if (list.childElementCount !== pairs.length) list.replaceChildren(...pairs.map(pairRow));
    pairs.forEach((pair, i) => pair.forEach((text, j) => put(list.children[i].children[j], text)));
  }

  /** @param {Meter} m */
  drawLog(m) {
    const list = part("log", HTMLElement), all = m.event_log;
    const drawn = JSON.stringify([m.run, all.length, all[0], all.at(-1)]); // a full log loses an entry with each that comes
    if (list.dataset["drawn"] === drawn) return;
    list.dataset["drawn"] = drawn;
    list.replaceChildren(...all.toReversed().map((e) => {
      const row = document.createElement("li");
      row.append(make("time", new Date(e.at).toISOString().replace("T", " ").slice(0, 19)), make("span", e.text));
      return row;
    }));
    if (all.length === 0) list.append(make("li", "Nothing yet.", "quiet"));
  }
}

/** @returns {HTMLElement} all that is shown of a meter */
function panel() { return /** @type {HTMLElement} */ (document.querySelector("main")); }

/** @returns {HTMLElement} a name and its value, both still empty */
function pairRow() {
  const row = document.createElement("div");
  row.append(make("dt", ""), make("dd", ""));
  return row;
}

/** @param {Fault} f */
function standing(f) {
  switch (f.state) {
    case "at-work": return "at work";
    case "waiting": return "waits for its moment";
    case "missed": return `never struck${f.reason ? `: ${f.reason}` : ""}`;
  }
  return f.strikes > 1 ? `over, struck ${f.strikes} times` : "over";
}

/** Asks for the token. @param {string} [why] */
function ask(why) {
  panel().hidden = true; // nothing on it is true any more, or does anything
  const form = part("key", HTMLFormElement);
  form.hidden = false;
  const gone = part("gone", HTMLElement);
  gone.hidden = !why;
  gone.textContent = why ?? "";
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    sessionStorage.setItem("token", part("token", HTMLInputElement).value.trim());
    location.reload();
  }, { once: true });
}

/** The token comes in the address, behind the #, which no server sees. It is taken off there at once. */
function takeToken() {
  const told = new URLSearchParams(location.hash.slice(1)).get("token");
  if (told) {
    sessionStorage.setItem("token", told);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem("token");
}

const token = takeToken();
if (token) new Panel(new Api(token)).start();
else {
  say("link", "no token");
  ask();
}
