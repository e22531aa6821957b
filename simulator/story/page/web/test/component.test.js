// @ts-check
// What both pages are made of, as far as it needs no browser.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { flashWords } from "../../../component/flash.js";
import { isBad, isNextBlock, stateWords, words } from "../../../component/words.js";
import { Trace } from "../../../component/trace.js";
import { lanesOf } from "../../../component/lanes.js";
import { Moments } from "../../../component/moment.js";

/** @param {string} name @returns {any} a schema of the project */
const schema = (name) => JSON.parse(readFileSync(new URL(`../../../../../fixtures/schemas/${name}`, import.meta.url), "utf8"));

/** @param {any} s @returns {Set<string>} the names of events that it has */
function namesIn(s) {
  /** @type {Set<string>} */
  const names = new Set();
  const walk = (/** @type {any} */ at) => {
    if (typeof at !== "object" || at === null) return;
    const event = at.properties?.event;
    for (const name of event?.enum ?? (event?.const ? [event.const] : [])) names.add(name);
    Object.values(at).forEach(walk);
  };
  walk(s);
  return names;
}

// Those that no list of what happens shows: the heads of a stream or file, and what only a pipe has.
const unsaid = new Set(["ready", "site", "not-served", "lost-events", "story", "layout"]);

for (const name of ["ionsim-events-1.json", "ionsim-proxy-events-1.json", "ionbench-story-1.json"]) {
  test(`there are words for every event of ${name}`, () => {
    const names = [...namesIn(schema(name))].filter((n) => !unsaid.has(n));
    assert.ok(names.length > 8, `${names}`);
    for (const event of names) assert.doesNotMatch(words(/** @type {any} */ ({ n: 1, at: 0, event, window: "x", text: "x" })), /^\{/, event);
  });
}

test("a download that goes to and fro between two states is no news", () => {
  assert.ok(isNextBlock("receiving", "programming") && isNextBlock("programming", "receiving"));
  assert.ok(!isNextBlock("programming", "verifying") && !isNextBlock("receiving", "receiving"));
  assert.equal(stateWords("download"), "in download state");
});

test("what went wrong looks so in a log and in what a program prints, in its lane and in its list", () => {
  const trace = new Trace({ sector_bytes: 1, used: [], protected: 0, base: 0, block_bytes: 1 }, 0.001);
  for (const event of /** @type {const} */ (["log", "output"])) {
    for (const [text, bad] of /** @type {[string, boolean][]} */ ([["No response... resending (1 of 8)", true], ["Upgrade failed", true], ["Comm efficiency = 100.0%", false]])) {
      const e = /** @type {any} */ ({ n: trace.events.length + 1, at: trace.events.length, event, stream: "stdout", text });
      trace.add(e);
      assert.equal(isBad(e), bad, text);
    }
  }
  for (const name of ["Upgrade.log", "Output"]) {
    const lane = lanesOf(trace, new Moments(trace)).find((l) => l.name === name);
    assert.deepEqual(lane?.marks?.map((m) => m.tone), ["bad", "bad", "ink"], name);
  }
});

test("a trace knows the flash and what strikes at every moment", () => {
  const trace = new Trace({ sector_bytes: 100, used: [100, 0, 0, 0], protected: 1, base: 100, block_bytes: 150 }, 0.001);
  let n = 0;
  const add = (/** @type {any} */ e) => trace.add({ n: ++n, ...e });
  add({ at: 1, event: "state", state: "erasing" });
  add({ at: 2, event: "block-programmed", block: 1 });
  add({ at: 3, event: "fault", phase: "strikes", fault: "cable-pull", lasts: true });
  add({ at: 5, event: "fault", phase: "ends", fault: "cable-pull" });
  const moments = new Moments(trace);
  assert.deepEqual(moments.sectors.at(1.5), [100, 0, 0, 0]);
  assert.deepEqual(moments.sectors.at(2), [100, 100, 50, 0]);
  assert.equal(flashWords(moments.sectors.at(2), 1, 100 * 1024), "2 of 3 sectors of 100 KiB hold something; 1 more hold the loader");
  assert.deepEqual([2, 3, 4.9, 5].map((t) => moments.at(t).faults.length), [0, 1, 1, 0]);
  assert.equal(trace.by(3), 3);
});

test("before anything happens a meter is as it was at first", () => {
  const trace = new Trace({ sector_bytes: 100, used: [], protected: 0, base: 0, block_bytes: 1 }, 0.001);
  trace.first = { state: "download", display: "Upgrading…" };
  trace.add(/** @type {any} */ ({ n: 1, at: 1, event: "log", text: "begins" }));
  trace.add(/** @type {any} */ ({ n: 2, at: 4, event: "state", state: "erasing" }));
  const moments = new Moments(trace);
  assert.deepEqual([1, 4].map((t) => [moments.at(t).state, moments.at(t).lcd]), [["download", "Upgrading…"], ["erasing", "Upgrading…"]]);
  const spans = Object.fromEntries(lanesOf(trace, moments).map((l) => [l.name, l.spans?.map((s) => `${s.from} to ${s.to}: ${s.label}`)]));
  assert.deepEqual(spans["Meter"], ["1 to 4: in download state", "4 to 4: clearing its flash"]);
  assert.deepEqual(spans["Display"], ["1 to 4: Upgrading…"]);
});
