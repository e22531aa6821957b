// @ts-check
// What the meter's server can be asked. Types are those of openapi.json.

/**
 * @typedef {{id: number, fault: string, state: "waiting" | "at-work" | "over" | "missed", strikes: number, reason?: string, by_hand: boolean}} Fault
 * @typedef {{repeat: string, not_repeated?: string[]}} Again
 * @typedef {{sort: "whole" | "probability" | "time" | "percent" | "address" | "bits" | "word" | "flag", least?: string, most?: string, unit?: string,
 *   default?: string, words?: string[]}} Input
 * @typedef {{name: string, what: string, must: boolean, unless?: string, example: string, input: Input}} Parameter
 * @typedef {{name: string, plural?: string, bare: boolean, what: string, syntax: string, number?: Input, states?: string[], direction: "never" | "may" | "must"}} Moment
 * @typedef {{name: string, place: string, what: string, lasts: boolean, syntax: string, example: string, now: string, at_once: boolean, moment?: string, number?: string,
 *   moments: string[], phases: string[], repeats: boolean, sided: boolean, picks: boolean,
 *   duration?: {must: boolean, time?: string, no_responses?: number}, parameters: Parameter[]}} Kind
 * @typedef {{id: string, title: string, look_only?: string, serial: string, unit: number}} Listed
 * @typedef {{id: string, title: string, look_only?: string, at: number, run: string, state: string, lcd: string, led: {on: boolean, toggles: number}, hung: boolean,
 *   model: string, serial: string, unit: number, device: string, baud: number, pace: string, pty: string, link: string, tcp: string, far?: string,
 *   revision: string, running: string, reachable: boolean,
 *   flash: import("../../story/component/trace.js").Flash & {operations: number}, image: {block: number, blocks: number},
 *   counts: Record<string, number>, faults: Fault[], template: string, settings: Record<string, string>,
 *   event_log: {at: string, text: string}[]}} Meter
 * @typedef {{id: string, name: string, data: any}} Told
 */

/** An answer that is no success. */
export class Refused extends Error {
  /** @param {number} status @param {{error: string, hint?: string, reason?: string, clause?: string}} problem */
  constructor(status, problem) {
    super(problem.error);
    this.status = status;
    this.hint = problem.hint ?? "";
    this.reason = problem.reason ?? problem.error; // of a fault: what is wrong with the clause
    this.clause = problem.clause ?? "";
  }
}

/** Asks the server that has served this page. */
export class Api {
  /** @param {string} token */
  constructor(token) {
    this.token = token;
    this.at = ""; // where the meter is asked; empty before one is chosen
  }

  /** @param {string} id of the meter that is asked from now on */
  choose(id) { this.at = `/v1/meters/${encodeURIComponent(id)}`; }

  /** @returns {Promise<{meters: Listed[]}>} in the order in which they came */
  meters() { return this.ask("GET", "/v1/meters"); }

  /** @returns {Promise<Meter>} */
  meter() { return this.ask("GET", this.at); }

  /** @returns {Promise<{frames: import("./frames.js").Frame[]}>} */
  frames() { return this.ask("GET", `${this.at}/frames`); }

  /** @returns {Promise<{faults: Fault[]} & Again>} */
  faults() { return this.ask("GET", `${this.at}/faults`); }

  /** @returns {Promise<{kinds: Kind[], moments: Moment[]}>} */
  kinds() { return this.ask("GET", `${this.at}/kinds`); }

  /** @param {string} fault @returns {Promise<Fault>} */
  strike(fault) { return this.ask("POST", `${this.at}/faults`, { fault }); }

  /** @param {number} id @returns {Promise<Fault>} */
  end(id) { return this.ask("DELETE", `${this.at}/faults/${id}`); }

  heal() { return this.ask("DELETE", `${this.at}/faults`); }

  /** @param {boolean} on */
  power(on) { return this.ask("POST", `${this.at}/power`, { on }); }

  reset() { return this.ask("POST", `${this.at}/reset`, {}); }

  /** @param {string} method @param {string} path @param {object} [body] */
  async ask(method, path, body) {
    const answer = await this.send(method, path, body);
    return answer.json();
  }

  /**
   * @param {string} method @param {string} path @param {object} [body]
   * @param {Record<string, string>} [more] headers @param {AbortSignal} [signal]
   */
  async send(method, path, body, more, signal) {
    /** @type {Record<string, string>} */
    const headers = { Authorization: `Bearer ${this.token}`, ...more };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store", signal: signal ?? AbortSignal.timeout(8000) });
    if (answer.ok) return answer;
    throw new Refused(answer.status, await answer.json().catch(() => ({ error: answer.statusText })));
  }

  /**
   * Calls each with what happens, from the event after `last` on, until the stream ends.
   * (EventSource can send no token.)
   * @param {string} last id of the last event that was read, or ""
   * @param {(h: Told) => void} each
   * @param {AbortSignal} signal
   */
  async watch(last, each, signal) {
    const answer = await this.send("GET", last ? `${this.at}/events` : `${this.at}/events?kept=all`, undefined, last ? { "Last-Event-ID": last } : {}, signal);
    if (!answer.body) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const happening = parse(block);
        if (happening) each(happening);
      }
    }
  }
}

/** @param {string} block @returns {Told | null} an event, or null for a comment */
export function parse(block) {
  const h = { id: "", name: "", data: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    const [name, value] = [line.slice(0, colon), line.slice(colon + 2)];
    if (name === "id") h.id = value;
    else if (name === "event") h.name = value;
    else if (name === "data") h.data += value;
  }
  return h.data ? { ...h, data: JSON.parse(h.data) } : null;
}
