// @ts-check
// The bench itself, which the page may carry as WebAssembly.

import { unpack } from "./unpack.js";

/** @typedef {{importObject: WebAssembly.Imports, run: (i: WebAssembly.Instance) => Promise<void>}} Runner */
/** @typedef {(world: string, plan: string) => string | {error: string}} Tell */

/** Plays other plans. */
export class Engine {
  constructor() {
    /** @type {Promise<Tell> | null} */
    this.ready = null;
  }

  /** @returns {boolean} whether this page carries it */
  get there() { return document.getElementById("engine") !== null; }

  /** @returns {Promise<Tell>} */
  async start() {
    const packed = document.getElementById("engine")?.textContent;
    if (!packed) throw new Error("this page does not carry the engine");
    /** @type {any} */
    const page = globalThis;
    /** @type {Runner} */
    const runner = new page.Go();
    const made = await WebAssembly.instantiate(await unpack(packed), runner.importObject);
    runner.run(made.instance);
    for (let i = 0; i < 500 && !page.ionbenchTell; i++) await new Promise((go) => setTimeout(go, 10));
    if (!page.ionbenchTell) throw new Error("the engine does not start");
    return page.ionbenchTell;
  }

  /** @param {string} world @param {string} plan @returns {Promise<string>} the story of that trial */
  async tell(world, plan) {
    const told = (await (this.ready ??= this.start()))(world, plan);
    if (typeof told !== "string") throw new Error(told.error);
    return told;
  }
}
