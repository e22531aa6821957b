// @ts-check
// What the engine's worker runs, behind Go's own script: one order after another, each with its answer.
// It stands alone, and imports nothing: the page makes the worker of its text.

(() => {
  /** @type {any} */
  const here = globalThis;
  /** @type {Promise<void> | null} */
  let ready = null;

  /** @param {string} packed the engine, as gzip in base64 @returns {Promise<void>} */
  async function start(packed) {
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const machine = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    const runner = new here.Go();
    const made = await WebAssembly.instantiate(machine, runner.importObject);
    runner.run(made.instance); // it puts ionbenchAsk here before it waits for the first time
    if (!here.ionbenchAsk) throw new Error("the engine does not start");
  }

  here.onmessage = async (/** @type {MessageEvent} */ e) => {
    const { id, engine, order, story } = e.data;
    try {
      if (engine) ready = start(engine);
      await ready;
      if (!order) {
        here.postMessage({ id, answer: { is: "standing" }, told: null });
        return;
      }
      const [answer, told] = here.ionbenchAsk(JSON.stringify(order), story ?? null);
      here.postMessage({ id, answer: JSON.parse(answer), told }, told ? [told.buffer] : []);
    } catch (problem) {
      here.postMessage({ id, answer: { is: "refused", text: problem instanceof Error ? problem.message : String(problem) }, told: null });
    }
  };
})();
