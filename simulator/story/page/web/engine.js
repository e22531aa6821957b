// @ts-check
// The bench itself, which the page may carry as WebAssembly. It runs in a worker: one order after
// another, each with its answer (cmd/internal/engine).

/**
 * @typedef {{do: "open"} | {do: "go", at: number} | {do: "step", by: "event" | "instant" | "frame" | "block", back?: boolean}
 *   | {do: "strike", fault: string} | {do: "plan", plan: string} | {do: "tell"}} Order
 * @typedef {{is: "standing", at: number, attempt: number, over: boolean, moved: boolean, plan: string, state: string, lcd: string, doing: string, block: number, place: number, of: number}} Standing
 * @typedef {Omit<Standing, "is"> & {is: "told", lines: number, text: string}} Told
 * @typedef {Standing | Told | {is: "refused", text: string}} Answer
 */

const patience = 120_000; // milliseconds that an order may take before the engine is ended
const most = 32; // orders that may wait

/** Walks through the run, and plays other ones. */
export class Engine {
  /** @param {Uint8Array} story the file that the page shows */
  constructor(story) {
    this.story = story;
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Map<number, {done: (got: {answer: Standing | Told, told: string}) => void, failed: (why: Error) => void, timer: number}>} */
    this.waiting = new Map();
    this.next = 1;
  }

  /** @returns {boolean} whether this page carries it */
  get there() { return document.getElementById("engine") !== null; }

  /** @returns {boolean} whether it runs, with this page's run opened */
  get open() { return this.worker !== null; }

  /** Starts it, with the run of this page. @returns {Promise<Standing>} */
  async start() {
    const engine = document.getElementById("engine")?.textContent, script = document.getElementById("worker")?.textContent;
    if (!engine || !script) throw new Error("this page does not carry the engine");
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    this.worker = new Worker(address);
    URL.revokeObjectURL(address);
    this.worker.onmessage = (e) => this.answered(e.data);
    this.worker.onerror = (e) => this.end(e.message || "the engine has ended");
    try {
      await this.post({ engine });
      const got = await this.post({ order: { do: "open" }, story: this.story });
      return /** @type {Standing} */ (got.answer);
    } catch (problem) {
      this.end("");
      throw problem;
    }
  }

  /** @param {Order} order @returns {Promise<{answer: Standing | Told, told: string}>} told: the file of a story, with "tell" */
  async ask(order) {
    if (!this.worker) await this.start();
    return this.post({ order });
  }

  /** @param {object} message @returns {Promise<{answer: Standing | Told, told: string}>} */
  post(message) {
    const worker = this.worker;
    if (!worker) return Promise.reject(new Error("the engine does not run"));
    if (this.waiting.size >= most) return Promise.reject(new Error("the engine has too much to do"));
    const id = this.next++;
    return new Promise((done, failed) => {
      const timer = window.setTimeout(() => this.end("the engine took too long and was ended"), patience);
      this.waiting.set(id, { done, failed, timer });
      worker.postMessage({ id, ...message });
    });
  }

  /** @param {{id: number, answer: Answer, told: Uint8Array | null}} got */
  answered(got) {
    const wait = this.waiting.get(got.id);
    if (!wait) return;
    this.waiting.delete(got.id);
    clearTimeout(wait.timer);
    if (got.answer.is === "refused") wait.failed(new Error(got.answer.text));
    else wait.done({ answer: got.answer, told: got.told ? new TextDecoder().decode(got.told) : "" });
  }

  /** Ends it; the next order starts it anew. @param {string} why */
  end(why) {
    this.worker?.terminate();
    this.worker = null;
    for (const wait of this.waiting.values()) {
      clearTimeout(wait.timer);
      wait.failed(new Error(why));
    }
    this.waiting.clear();
  }
}
