// @ts-check
// A form for a fault of any kind, made of what the server says of the kind: each part of the fault is
// an input of its own, and together they are its text.

import { make } from "../../story/component/dom.js";

/**
 * @typedef {import("./api.js").Kind} Kind @typedef {import("./api.js").Moment} Moment @typedef {import("./api.js").Input} Input
 * @typedef {HTMLInputElement | HTMLSelectElement} Control
 */

// A part of a fault: its inputs, and where it is said what is wrong with them.
class Part {
  /** @param {string} clause as the server names it @param {string} [legend] of a part with several inputs */
  constructor(clause, legend) {
    this.clause = clause;
    this.box = document.createElement(legend ? "fieldset" : "div");
    this.box.className = "part";
    if (legend) this.box.append(make("legend", legend));
    this.said = make("p", "", "wrong");
    this.said.id = `fault-${clause}-wrong`;
    this.box.append(this.said);
    /** @type {Control[]} */
    this.controls = [];
    /** @type {() => string} */
    this.words = () => "";
  }

  /**
   * @template {Control} C @param {C} control @param {string} name for its id @param {string} label @param {string} hint bounds, unit and default
   * @returns {C}
   */
  add(control, name, label, hint) {
    const field = make("div", "", "field"), title = document.createElement("label"), about = make("p", hint, "quiet");
    control.id = `fault-${name}`;
    title.htmlFor = control.id;
    title.textContent = label;
    about.id = `${control.id}-hint`;
    control.setAttribute("aria-describedby", `${about.id} ${this.said.id}`);
    field.append(title, control);
    if (hint) field.append(about);
    this.said.before(field);
    this.controls.push(control);
    return control;
  }

  /** @param {Control} control @param {boolean} shown */
  show(control, shown) {
    control.disabled = !shown;
    if (control.parentElement) control.parentElement.hidden = !shown;
  }

  /** @param {string} text "" for nothing @param {Control} [at] the input that is wrong; without one the last that holds something */
  wrong(text, at) {
    this.said.textContent = text;
    for (const c of this.controls) c.removeAttribute("aria-invalid");
    const control = at ?? this.controls.findLast((c) => !c.disabled);
    if (!text || !control) return;
    control.setAttribute("aria-invalid", "true");
    control.focus();
  }
}

/** The inputs for one fault. */
export class FaultForm {
  /** @param {HTMLElement} at which it fills @param {() => void} changed is called when its text has changed */
  constructor(at, changed) {
    this.at = at;
    /** @type {Part[]} */
    this.parts = [];
    this.name = "";
    at.addEventListener("input", () => {
      this.clear();
      this.fit();
      changed();
    });
    /** Shows what belongs to what is chosen. */
    this.fit = () => {};
  }

  /** @param {Kind} kind @param {Moment[]} moments of all kinds */
  show(kind, moments) {
    this.name = kind.name;
    const own = moments.filter((m) => kind.moments.includes(m.name));
    const when = new When(kind, own);
    this.parts = [when.part];
    const direction = kind.sided ? directionPart() : null;
    if (direction) this.parts.unshift(direction);
    if (kind.repeats) this.parts.push(when.every);
    if (kind.duration) this.parts.push(durationPart(kind.duration));
    for (const p of kind.parameters) this.parts.push(parameterPart(p, when));
    this.fit = () => {
      when.fit();
      if (direction) direction.box.hidden = kind.picks && when.moment !== undefined && when.moment.direction !== "never";
    };
    this.fit();
    this.at.replaceChildren(...this.parts.map((p) => p.box));
  }

  /** @returns {string} the fault, as a plan has it */
  text() { return [this.name, ...this.parts.map((p) => p.box.hidden ? "" : p.words())].filter(Boolean).join(" "); }

  /** @returns {boolean} whether every input holds what it can hold; if not, it is said beside the first that does not */
  check() {
    this.clear();
    for (const part of this.parts) {
      const control = part.box.hidden ? undefined : part.controls.find((c) => !c.disabled && !c.checkValidity());
      if (!control) continue;
      part.wrong(control.validity.valueMissing ? "this is needed" : control.validationMessage, control);
      return false;
    }
    return true;
  }

  /** @param {string} clause @param {string} reason @returns {boolean} whether there is an input for that part of a fault, which then says it */
  wrong(clause, reason) {
    const part = this.parts.find((p) => p.clause === clause && !p.box.hidden);
    part?.wrong(reason);
    return part !== undefined;
  }

  clear() { for (const p of this.parts) p.wrong(""); }
}

/** When a fault strikes. */
class When {
  /** @param {Kind} kind @param {Moment[]} moments */
  constructor(kind, moments) {
    this.kind = kind;
    this.moments = moments;
    const part = this.part = new Part("at", "When");
    this.unit = part.add(select([...(kind.at_once ? [["", "at once"]] : []), ...moments.map((m) => [m.name, m.name])], kind.moment), "at", "Moment", "");
    this.about = make("p", "", "quiet");
    this.unit.after(this.about);
    this.first = part.add(text(kind.number ?? ""), "at-number", "Number", "");
    this.last = part.add(text(""), "at-last", "to, for a window", "may be empty");
    this.state = part.add(select([]), "at-state", "State", "");
    this.side = part.add(select([]), "at-direction", "Direction of the moment", "");
    this.phase = part.add(select(kind.phases.map((p) => [p, p])), "at-phase", "Phase", "");
    part.words = () => this.words();
    this.every = new Part("every");
    this.again = this.every.add(text(""), "every", "Again, every", "may be empty: it strikes once");
    this.every.words = () => this.again.disabled || !this.again.value ? "" : `every ${this.again.value}${this.moment?.bare ? "" : ` ${this.moment?.plural}`}`;
    this.drawn = "";
  }

  get moment() { return this.moments.find((m) => m.name === this.unit.value); }

  fit() {
    const m = this.moment, { part } = this;
    this.about.textContent = m?.what ?? "now";
    part.show(this.first, Boolean(m?.number));
    part.show(this.last, Boolean(m?.number));
    part.show(this.state, Boolean(m?.states));
    part.show(this.side, Boolean(m) && m?.direction !== "never");
    part.show(this.phase, Boolean(m) && this.kind.phases.length > 0 && m?.name === flashOperation);
    this.every.box.hidden = !m?.number || !(m.plural || m.bare);
    this.every.show(this.again, !this.every.box.hidden);
    if (m && m.name !== this.drawn) this.turnTo(m);
    this.drawn = m?.name ?? "";
    this.first.required = !this.again.value;
  }

  /** @param {Moment} m */
  turnTo(m) {
    for (const c of [this.first, this.last, this.again]) {
      if (m.number) bound(c, m.number);
      if (this.drawn && c !== this.again) c.value = "";
    }
    titled(this.first, m.bare ? m.name : `${m.name} number`, m.number ? hintOf(m.number) : "");
    titled(this.again, `Again, every${m.bare ? "" : ` so many ${m.plural}`}`, "may be empty: it strikes once");
    this.state.replaceChildren(...options((m.states ?? []).map((s) => [s, s])));
    this.side.replaceChildren(...options([...(m.direction === "must" ? [] : [["", "both"]]), ["to-meter", "to the meter"], ["from-meter", "from the meter"]]));
  }

  words() {
    const m = this.moment;
    if (!m || m.number && !this.first.value) return "";
    const said = [m.bare ? "" : m.name, this.state.disabled ? "" : this.state.value];
    if (m.number) said.push(this.last.value ? `${this.first.value}..${this.last.value}` : this.first.value);
    for (const c of [this.side, this.phase]) if (!c.disabled && c.value !== this.kind.phases[0]) said.push(c.value);
    return `at ${said.filter(Boolean).join(" ")}`;
  }
}

// The moment of which there are phases.
const flashOperation = "flash-op";

function directionPart() {
  const part = new Part("direction");
  const side = part.add(select([["", "both"], ["to-meter", "to the meter"], ["from-meter", "from the meter"]]), "direction", "Direction", "");
  part.words = () => side.value;
  return part;
}

/** @param {NonNullable<Kind["duration"]>} d */
function durationPart(d) {
  const part = new Part("for", "How long");
  const choices = [["time", "for a time"], ...(d.must ? [] : [["answers", "for missing answers"], ["", "until it is ended"]])];
  const how = part.add(select(choices, d.time ? "time" : d.no_responses ? "answers" : ""), "for", "Lasts", "");
  const time = part.add(text(d.time ?? "10s"), "for-time", "Time", "such as 200ms, 5s or 1m30s");
  const answers = part.add(text(String(d.no_responses ?? 2)), "for-answers", "Missing answers", "at least 1: until the host has sent a request again so often");
  time.required = answers.required = true;
  bound(answers, { sort: "whole", least: "1" });
  const fit = () => {
    part.show(time, how.value === "time");
    part.show(answers, how.value === "answers");
  };
  how.addEventListener("input", fit);
  fit();
  part.words = () => how.value === "" ? "" : how.value === "time" ? `for ${time.value}` : `for ${answers.value} no-response${answers.value === "1" ? "" : "s"}`;
  return part;
}

/** @param {import("./api.js").Parameter} p @param {When} when */
function parameterPart(p, when) {
  const part = new Part(p.name);
  const hint = hintOf(p.input, p.must || Boolean(p.unless), p.unless ? `without it at a ${p.unless} alone` : "");
  if (p.input.sort === "flag") {
    const flag = part.add(document.createElement("input"), p.name, `${p.name}: ${p.what}`, hint);
    flag.type = "checkbox";
    part.words = () => flag.checked ? p.name : "";
    return part;
  }
  const control = p.input.sort === "word" ? select((p.input.words ?? []).map((w) => [w, w]), p.example) : text(p.must || p.unless ? p.example : "");
  part.add(control, p.name, `${p.name}: ${p.what}`, hint);
  if (control instanceof HTMLInputElement) {
    bound(control, p.input);
    if (p.input.default) control.placeholder = p.input.default;
  }
  control.required = p.must;
  part.words = () => {
    control.required = p.must || Boolean(p.unless) && when.moment?.name !== p.unless;
    return control.value ? `${p.name} ${control.value}` : "";
  };
  return part;
}

/** @param {Input} input @param {boolean} [must] @param {string} [more] @returns {string} what can be put in, in words */
export function hintOf(input, must = true, more = "") {
  const bounds = input.least && input.most ? `${input.least} to ${input.most}` : input.most ? `at most ${input.most}` : input.least ? `at least ${input.least}` : "";
  return [[bounds, input.unit].filter(Boolean).join(" "), forms[input.sort] ?? "", must ? more || "needed" : input.default ? `without it ${input.default}` : "may be left out"].filter(Boolean).join("; ");
}

/** @type {Record<string, string>} */
const forms = { time: "such as 200ms, 5s or 1m30s", probability: "such as 1e-4", address: "such as 0x030000", percent: "such as 47.5%" };

/** @param {Control} control @param {string} label @param {string} hint other than it had */
function titled(control, label, hint) {
  const field = control.parentElement, title = field?.querySelector("label"), about = field?.querySelector(":scope > p");
  if (title) title.textContent = label;
  if (about) about.textContent = hint;
  else if (hint) control.after(Object.assign(make("p", hint, "quiet"), { id: `${control.id}-hint` }));
}

/** @param {HTMLInputElement} control @param {Input} input */
function bound(control, input) {
  control.type = input.sort === "whole" ? "number" : "text";
  for (const [name, value] of [["min", input.least], ["max", input.most], ["step", "1"]]) {
    if (input.sort === "whole" && name && value) control.setAttribute(name, value);
    else if (name) control.removeAttribute(name);
  }
}

/** @param {string} value */
function text(value) {
  const control = document.createElement("input");
  control.value = value;
  control.autocomplete = "off";
  control.spellcheck = false;
  return control;
}

/** @param {string[][]} list values and titles */
function options(list) { return list.map(([value = "", title = ""]) => new Option(title, value)); }

/** @param {string[][]} list @param {string} [chosen] */
function select(list, chosen) {
  const control = document.createElement("select");
  control.append(...options(list));
  if (chosen !== undefined) control.value = chosen;
  return control;
}
