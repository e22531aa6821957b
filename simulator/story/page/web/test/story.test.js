// @ts-check
// The page of a run in a real browser, opened from a file. Needs ionbench (PROGRAMS names its folder)
// and a Chromium (CHROMIUM, or /usr/bin/chromium).

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import axe from "axe-core";
import { unlift } from "../unpack.js";

const programs = resolve(process.env["PROGRAMS"] ?? "../../../../bin");
const patience = 120_000; // milliseconds, as the page has with its engine

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {string} */
let folder;
/** @type {string} */
let pulled;
/** @type {string} */
let small;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "story-"));
  pulled = write("pulled.html", "cable-pull at block 20 for 2 no-responses; noise at block 30 for 1s rate 1e-2", "--image-size", "256KiB");
  small = write("small.html", "cable-pull at block 5 for 2 no-responses; noise at block 8 for 1s rate 1e-2");
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});

after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/**
 * Writes the story of a trial.
 * @param {string} name @param {string} plan @param {string[]} more flags @returns {string} its path
 */
function write(name, plan, ...more) {
  const path = join(folder, name);
  const done = spawnSync(join(programs, "ionbench"), ["replay", plan, "--story", path, ...more], { encoding: "utf8" });
  assert.ok(done.status !== null && done.status < 2, done.stderr);
  return path;
}

// Milliseconds by which pictures come late, as on a busy computer: what is read before its picture is wrong
// each time, not now and then.
const late = 100;

/**
 * Opens a page, and waits for its first picture. Whatever the browser complains of, and whatever the page asks of anybody, fails the test.
 * @param {import("node:test").TestContext} t @param {string} path @param {object} [how] @param {string} [hash] @param {number} [delay] of its pictures
 */
async function open(t, path, how, hash = "", delay = late) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...how });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  if (delay > 0) await page.addInitScript((delay) => {
    const next = requestAnimationFrame;
    globalThis.requestAnimationFrame = (draw) => next((time) => setTimeout(draw, delay, time));
  }, delay);
  /** @type {string[]} */
  const wrong = [];
  page.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") wrong.push(m.text()); });
  page.on("pageerror", (e) => wrong.push(String(e)));
  page.on("request", (r) => { if (!/^(file|data|blob):/.test(r.url())) wrong.push(`asked for ${r.url()}`); });
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  });
  await page.goto(pathToFileURL(path).href + hash);
  await page.locator("#main:not([hidden])").waitFor();
  await drawn(page);
  return page;
}

/**
 * Waits for the picture of all that has happened: the page writes what stands on it with the next one.
 * @param {import("playwright-core").Page} page
 */
const drawn = (page) => page.evaluate(() => new Promise((seen) => requestAnimationFrame(seen)));

/** Where the cursor is now, in seconds. @param {import("playwright-core").Page} page */
async function moment(page) {
  await drawn(page);
  return Number(await page.locator("#axis").getAttribute("aria-valuenow"));
}

/** What stands on the page now. @param {import("playwright-core").Locator} at */
async function text(at) {
  await drawn(at.page());
  return at.innerText();
}

/** What a computer that shows an idle page at full speed takes for the sum below, in milliseconds, when it has time. */
const usual = 40;

/**
 * How much slower than usual this computer is now: a busy one shows an idle page as fast as another, but not one that works.
 * @param {import("playwright-core").Page} page @returns {Promise<number>} at least 1
 */
async function slowness(page) {
  const took = await page.evaluate(() => [1, 2, 3, 4, 5].map((seed) => {
    const begun = performance.now();
    let sum = seed;
    for (let i = 0; i < 4e6; i++) sum = (sum * 31 + i) % 1000003;
    return sum < 0 ? 0 : performance.now() - begun;
  }).sort((a, b) => a - b)[2]);
  return Math.max(1, took / usual);
}

/**
 * The length of a picture of a page that does nothing, and of those that a page makes while it is busy.
 * @param {import("playwright-core").Page} page @param {number} count @param {string} [moving] id of what the pointer is dragged over
 * @returns {Promise<number[]>} milliseconds from picture to picture, the shortest first
 */
function pictures(page, count, moving = "") {
  return page.evaluate(async ([count, id]) => {
    const over = document.getElementById(id);
    const box = over?.getBoundingClientRect() ?? { left: 0, top: 0 };
    if (over) Object.assign(over, { setPointerCapture() {}, hasPointerCapture: () => true });
    /** @type {number[]} */
    const took = [];
    let last = await new Promise(requestAnimationFrame);
    for (let i = 0; i < count; i++) {
      over?.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, pointerId: 1, clientX: box.left + 110 + i * 6, clientY: box.top + 120, movementX: 3 }));
      const now = await new Promise(requestAnimationFrame);
      took.push(now - last);
      last = now;
    }
    return took.sort((a, b) => a - b);
  }, /** @type {[number, string]} */ ([count, moving]));
}

test("a 256 KiB run fits into 1.5 MB, or 5 MB with the engine; it is open after the time of 120 idle pictures, and a move of its cursor takes two", async (t) => {
  const engine = /id="engine">([^<]*)/.exec(readFileSync(pulled, "utf8"))?.[1].length ?? 0;
  const bytes = statSync(pulled).size - engine;
  assert.ok(bytes <= 1.5e6 && bytes + engine <= 5e6, `${bytes} bytes, and ${engine} of the engine`);
  const of = (/** @type {number[]} */ list, /** @type {number} */ share) => list[Math.floor(list.length * share)];
  // 2 s and 33 ms are meant, on a computer that shows 60 pictures a second and has time. The best of three
  // tries counts: what is slow is slow each time.
  let said = "";
  for (let tries = 0; tries < 3; tries++) {
    const idle = await browser.newPage();
    const before = await slowness(idle);
    const nothing = of(await pictures(idle, 60), 0.5) * before;
    const page = await open(t, pulled, {}, "", 0);
    const opened = await page.evaluate(() => performance.getEntriesByName("shown")[0].startTime);
    const moved = await pictures(page, 150, "lanes");
    const work = await page.evaluate(() => performance.getEntriesByName("drawn").map((e) => e.duration).sort((a, b) => a - b));
    said = `${bytes} bytes, and ${engine} of the engine; shown after ${opened.toFixed(0)} ms; a move of the cursor draws in ${of(work, 0.5).toFixed(1)} ms, ${of(work, 0.95).toFixed(1)} ms at most of 95 %; from picture to picture ${of(moved, 0.5).toFixed(1)} ms, of an idle page ${nothing.toFixed(1)} ms, on a computer that is ${before.toFixed(1)} times as slow as usual`;
    t.diagnostic(said);
    await Promise.all([idle.close(), page.close()]);
    if (opened <= 120 * nothing && of(work, 0.95) <= 2 * nothing && of(moved, 0.5) <= 2 * nothing) return;
  }
  assert.fail(said);
});

test("every line of Upgrade.log is text that leads to its moment", async (t) => {
  const page = await open(t, pulled);
  const log = await text(page.locator("#log"));
  assert.match(log, /Upgrade started at Thursday, March 06, 2008 3:57:48 PM/);
  assert.match(log, /No response\.\.\. resending \(1 of 20\)/);
  await page.locator("#log").getByRole("link", { name: "No response... resending (1 of 20)" }).click();
  await page.locator("#when", { hasText: /^4:09\.994$/ }).waitFor();
  assert.equal((await text(page.locator("#log li.now"))).replace(/\s+/g, " "), "4:09.994 No response... resending (1 of 20)");
  assert.match(await text(page.locator("#facts")), /cable-pull at block 20/);
  assert.equal(await text(page.locator("#lcd")), "Upgrading…");
  assert.match(page.url(), /#t=249\.994000106&n=\d+$/);
});

test("a link to a moment opens there, and back goes where one was", async (t) => {
  const page = await open(t, pulled, {}, "#t=249.994000106");
  assert.equal(await text(page.locator("#when")), "4:09.994");
  await page.locator("#log").getByRole("link", { name: "Upgrade completed" }).click();
  await page.locator("#when", { hasText: /^[67]:/ }).waitFor();
  await page.goBack();
  await page.locator("#when", { hasText: /^4:09\.994$/ }).waitFor();
});

test("why a request was sent again leads to the frame that was missing", async (t) => {
  const page = await open(t, pulled);
  await page.locator("#axis").focus();
  await page.keyboard.press("r");
  await page.getByRole("heading", { name: "Why was this sent again?" }).waitFor();
  assert.match(await text(page.locator("#event")), /Frame 1 of the request was lost on its way to the meter; at work: cable-pull/);
  await page.getByRole("link", { name: "Show what was missing" }).click();
  await page.locator("#event .what", { hasText: "frame to the meter: first of 32 frames, lost" }).waitFor();
  await page.keyboard.press("r");
  await page.locator("#event .what", { hasText: "sent again" }).waitFor();
  await page.keyboard.press("w");
  await page.locator("#event .what", { hasText: "lost" }).waitFor();
});

test("frames and messages are shown field by field, with their bytes", async (t) => {
  const page = await open(t, pulled);
  await page.locator("#axis").focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press("b");
  const message = page.getByRole("table", { name: "Fields of the message" });
  const row = (/** @type {string} */ name) => message.getByRole("row", { name });
  await row("sequence number").waitFor();
  assert.match(await text(row("sequence number")), /sequence number\s+00 00 00 14\s+20/);
  await page.keyboard.press("f");
  const frame = page.getByRole("table", { name: "Fields of the frame" });
  assert.match(await text(frame.getByRole("row", { name: "sync" })), /14 ac/);
  assert.match(await text(frame.getByRole("row", { name: "CRC-16" })), /right/);
  await page.keyboard.press("g");
  await page.locator("#event", { hasText: /it arrived damaged|it never arrived/ }).waitFor();
});

test("all of it can be done with the keyboard alone, and is said to a screen reader", async (t) => {
  const page = await open(t, pulled);
  for (let i = 0; i < 30 && !(await page.locator("#axis").evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press("Tab");
  const axis = page.getByRole("slider", { name: "Moment of the run" });
  assert.ok(await axis.evaluate((e) => e === document.activeElement), "the time axis is not reached by Tab");
  await page.keyboard.press("Home");
  await page.locator("#when", { hasText: /^0:00\.000$/ }).waitFor();
  await page.keyboard.press("l");
  assert.match(await text(page.locator("#said")), /Upgrade started/);
  await page.keyboard.press("End");
  await page.keyboard.press("Shift+L");
  assert.match(await text(page.locator("#said")), /completed|efficiency|Upgrade/i);
  const before = await moment(page);
  await page.keyboard.press("Shift+ArrowLeft");
  const now = await moment(page);
  assert.ok(Math.abs(before - now - 10 / 9600) < 0.002, `${before} to ${now} is no byte's time`);
  for (let i = 0; i < 30; i++) await page.keyboard.press("+");
  assert.match(await text(page.locator("#span")), /^1\.04 ms$/);
  await page.keyboard.press("/");
  await page.keyboard.type("no response");
  await page.locator("#found", { hasText: /of \d+/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator("#event .what", { hasText: "No response" }).waitFor();
});

/** @param {string} path of a page @returns {string} the story that it carries */
function carried(path) {
  const page = readFileSync(path, "utf8");
  const unpacked = (/** @type {string} */ id) => gunzipSync(Buffer.from(new RegExp(`<script type="text/plain" id="${id}">([^<]*)`).exec(page)?.[1] ?? "", "base64"));
  return Buffer.from(unlift(unpacked("story"), unpacked("bytes"))).toString();
}

/** @param {string} story @returns {string[]} the lines behind its head */
const events = (story) => story.trimEnd().split("\n").slice(1);

/**
 * Gives orders to a worker that is made as the page makes its own.
 * @param {import("playwright-core").Page} page @param {string} story @param {object[]} orders
 * @returns {Promise<{answer: any, told: string}[]>}
 */
function ordered(page, story, orders) {
  return page.evaluate(async ([story, orders]) => {
    const text = (/** @type {string} */ id) => document.getElementById(id)?.textContent ?? "";
    const worker = new Worker(URL.createObjectURL(new Blob([text("worker")])));
    const ask = (/** @type {object} */ message) => new Promise((done) => {
      worker.onmessage = (e) => done({ answer: e.data.answer, told: e.data.told ? new TextDecoder().decode(e.data.told) : "" });
      worker.postMessage({ id: 1, ...message });
    });
    const got = [await ask({ engine: text("engine") }), await ask({ order: { do: "open" }, story: new TextEncoder().encode(story) })];
    for (const order of orders) got.push(await ask({ order }));
    worker.terminate();
    return got.slice(1);
  }, /** @type {[string, object[]]} */ ([story, orders]));
}

test("the engine gives the events of the bench, byte for byte, over a run that was walked on and back with faults struck in the middle", async (t) => {
  const page = await open(t, small);
  const story = carried(small);
  const on = { do: "step", by: "frame" }, back = { do: "step", by: "frame", back: true }, block = { do: "step", by: "block" };
  const got = await ordered(page, story, [
    block, block, on, on, on, back, { do: "tell" }, { do: "strike", fault: "power-loss for 30s" }, on, on, back, { do: "tell" },
    block, block, { do: "step", by: "event" }, { do: "strike", fault: "byte-flip from-meter" }, on, { do: "tell" }, { do: "go", at: 0 }, { do: "tell" },
  ]);
  for (const { answer } of got) assert.notEqual(answer.is, "refused", answer.text);
  const tells = got.filter((g) => g.answer.is === "told");
  assert.deepEqual(events(tells[0].told), events(story), "the run as it came");
  for (const [i, faults] of /** @type {[number, number][]} */ ([[1, 3], [2, 4], [3, 4]])) {
    const { plan } = tells[i].answer;
    assert.equal(plan.split(";").length, faults, plan);
    const bench = readFileSync(write(`walked-${i}.story.json`, plan), "utf8");
    const [own, theirs] = [events(tells[i].told), events(bench)];
    assert.ok(own.length > 1000 && own.length === theirs.length, `${own.length} events, and the bench has ${theirs.length}`);
    for (let k = 0; k < own.length; k++) assert.equal(own[k], theirs[k], plan);
    assert.ok(tells[i].answer.lines > 100 && tells[i].answer.lines < own.length - 100, `${tells[i].answer.lines} lines in common`);
  }
  assert.equal(tells[2].told, tells[3].told, "from where one asks makes a difference");
});

test("the engine says no to what makes no sense, and to a run that is not its own", async (t) => {
  const page = await open(t, small);
  const story = carried(small);
  const [opened, fault, by, dance] = await ordered(page, story, [{ do: "strike", fault: "no such fault" }, { do: "step", by: "hour" }, { do: "dance" }]);
  assert.equal(opened.answer.is, "standing");
  assert.match(fault.answer.text, /there is no fault "no"/);
  assert.match(by.answer.text, /by "hour"/);
  assert.match(dance.answer.text, /nobody can do "dance"/);
  const [other] = await ordered(page, story.replace('"text":"Upgrading…"', '"text":"Upgrade…"'), []);
  assert.match(other.answer.text, /it plays another run than the bench did: line \d+ of the story differs/);
});

test("a fault strikes where the cursor is, what would have come stands beside what came, and the plan gives the same on the bench", async (t) => {
  const page = await open(t, small);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator("#axis").focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < 3; i++) await page.keyboard.press("b");
  const here = await moment(page);
  const said = page.locator("#what-if-said");
  await page.getByLabel("by", { exact: true }).last().selectOption("frame");
  await page.getByRole("button", { name: "Engine on" }).click();
  await said.filter({ hasText: /The engine stands at .*: frame from the meter: ACK\. The meter is waiting for blocks, the tool: download, block 3\./ }).waitFor();
  const next = await moment(page);
  assert.ok(next > here && next < here + 1, `from ${here} to ${next}`);
  await page.getByRole("button", { name: "Engine back" }).click();
  await page.waitForFunction((t) => Math.abs(Number(document.getElementById("axis")?.getAttribute("aria-valuenow")) - t) < 1e-6, here);
  await page.getByLabel("Fault", { exact: true }).selectOption({ label: "the tool is killed" });
  await page.getByRole("button", { name: "Strike it here" }).click();
  await said.filter({ hasText: "It ends as settings lost; cable-pull at block 5" }).waitFor();
  assert.match(await text(page.locator("#log-other")), /Upgrade started[^]*Upgrade started/);
  assert.ok(await page.locator("#log-other").evaluate((e) => {
    const box = e.getBoundingClientRect(), first = e.querySelector("mark")?.getBoundingClientRect();
    return first && first.top >= box.top && first.bottom <= box.bottom;
  }), "the first line that differs is not to be seen");
  await page.getByLabel("by", { exact: true }).last().selectOption("event");
  await page.getByRole("button", { name: "Engine on" }).click();
  await page.locator("#beside tr", { hasText: "tool" }).filter({ hasText: "download" }).waitFor();
  await page.locator("#near-other .bad", { hasText: "fault strikes: kill at " }).waitFor();
  assert.equal(await page.locator("#near-came", { hasText: "kill" }).count(), 0);
  await page.getByRole("button", { name: "Copy the plan" }).click();
  await said.filter({ hasText: "Copied." }).waitFor();
  const plan = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(plan, /^cable-pull at block 5 for 2 no-responses; noise at block 8 for 1s rate 0\.01; kill at [\d.ms]+$/);
  const bench = readFileSync(write("killed.story.json", plan), "utf8");
  assert.match(bench.split("\n")[0], /"outcome":"settings-lost"/);
  await page.getByRole("button", { name: "Take it back" }).click();
  await said.filter({ hasText: /It ends as resent; as it came, it ends as resent/ }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Take it back" }).isDisabled());
});

test("the engine walks through the events of one instant one by one, with buttons and keys, and by instant over all of them", async (t) => {
  const page = await open(t, small);
  const said = page.locator("#what-if-said"), chosen = page.locator("#event .what");
  await page.locator("#axis").focus();
  for (const key of ["x", "s", "s"]) await page.keyboard.press(key); // a block is programmed, with an answer and all
  /** @type {{text: string, event: string}[]} */
  const way = [];
  const walked = async (/** @type {() => Promise<void>} */ step) => {
    const before = await said.innerText();
    await step();
    await page.waitForFunction((was) => {
      const now = document.getElementById("what-if-said")?.textContent ?? "";
      return now !== was && now.startsWith("The engine stands at");
    }, before);
    way.push({ event: await text(chosen), text: await said.innerText() });
  };
  const on = page.getByRole("button", { name: "Engine on" }), back = page.getByRole("button", { name: "Engine back" });
  for (let i = 0; i < 8; i++) await walked(() => i % 2 ? page.keyboard.press("[") : back.click());
  const instant = (/** @type {{text: string}} */ w) => /stands at ([\d:.]+)/.exec(w.text)?.[1];
  assert.match(way[0].text, /, event 1 of 2 at this instant/);
  for (const { text, event } of way) assert.ok(text.includes(`: ${event}. The meter is`), `${text} beside ${event}`);
  const there = way.slice(0, -1).reverse();
  way.length = 0;
  for (const _ of there) await walked(() => way.length % 2 ? page.keyboard.press("]") : on.click());
  assert.deepEqual(way, there);
  await walked(() => on.click());
  const last = way[way.length - 1];
  assert.match(last.text, /, event 2 of 2 at this instant/);
  assert.equal(instant(last), instant(there[there.length - 1]));
  await walked(() => page.keyboard.press("["));
  await page.getByLabel("by", { exact: true }).last().selectOption("instant");
  await walked(() => on.click());
  assert.notEqual(instant(way[way.length - 1]), instant(last));
  await walked(async () => { for (const key of ["Home", "]"]) await page.keyboard.press(key); }); // from where the cursor is before its picture
  assert.match(way[way.length - 1].text, /stands at 0:0/);
});

test("a case of several attempts is walked through as well, and where it cannot be it is said", async (t) => {
  const path = join(folder, "case.html");
  assert.equal(spawnSync(join(programs, "ionbench"), ["run", "recovery", "--story", path]).status, 0);
  const page = await open(t, path);
  assert.match(await text(page.locator("#log")), /Upgrade completed/);
  assert.equal(await page.locator("#plan").inputValue(), "cable-pull at 70%");
  await page.getByRole("button", { name: "See what would have come" }).click();
  await page.locator("#what-if-said", { hasText: /It ends as failure, .*; as it came, it ends as failure/ }).waitFor();
  assert.equal(await text(page.locator("#log-other")), await text(page.locator("#log-came")), "the plan of the run gives another run");
  await page.locator("#axis").focus();
  await page.keyboard.press("End");
  for (let i = 0; i < 2; i++) await page.keyboard.press("Shift+B");
  await page.getByLabel("Fault", { exact: true }).selectOption({ label: "an answer is lost" });
  await page.getByRole("button", { name: "Strike it here" }).click();
  await page.locator("#what-if-said", { hasText: /It ends as/ }).waitFor();
  assert.match(await text(page.locator("#log-other")), /No response/);
  await page.getByRole("button", { name: "Copy the world" }).waitFor();
  const overlap = join(folder, "overlap.html");
  assert.equal(spawnSync(join(programs, "ionbench"), ["run", "two-masters", "--story", overlap]).status, 0);
  const other = await open(t, overlap);
  await other.locator("#what-if-said", { hasText: "Attempts of this run overlap" }).waitFor();
  assert.ok(await other.locator("#strike").isHidden());
});

test("an engine of another build is left out, and the page says so", async (t) => {
  const text = readFileSync(small, "utf8").replace(/<script type="text\/plain" id="engine">[^<]*<\/script>/, "").replace('data-lacks=""', 'data-lacks="the engine is of another build"');
  const { writeFileSync } = await import("node:fs");
  const path = join(folder, "without.html");
  writeFileSync(path, text);
  const page = await open(t, path);
  await page.locator("#what-if-said", { hasText: "This page does not carry the engine (the engine is of another build)" }).waitFor();
  assert.ok(await page.locator("#walk").isHidden());
  assert.match(await page.getByLabel("Plan", { exact: true }).inputValue(), /; cable-pull at /);
});

test("text and bytes are found", async (t) => {
  const page = await open(t, pulled);
  await page.getByRole("searchbox").fill("00 00 00 14 00 05 27 00");
  await page.locator("#found", { hasText: /of \d/ }).waitFor();
  await page.locator("#event .what", { hasText: "frame to the meter: first of 32 frames" }).waitFor();
  await page.getByRole("searchbox").fill("nowhere at all");
  await page.locator("#found", { hasText: "nothing" }).waitFor();
});

test("what is printed has the whole log and no controls", async (t) => {
  const page = await open(t, pulled);
  await page.emulateMedia({ media: "print" });
  const squeezed = await page.locator("#lanes").evaluate((e) => {
    if (!(e instanceof HTMLCanvasElement)) return 0;
    e.style.width = "3000px"; // paper is narrower than the page was
    return e.clientWidth / e.clientHeight / (e.width / e.height);
  });
  assert.ok(squeezed > 0.98 && squeezed < 1.02, `the lanes are squeezed: ${squeezed}`);
  assert.equal(await page.locator("#flash .sector").first().evaluate((e) => getComputedStyle(e).printColorAdjust), "exact");
  assert.ok(await page.locator(".tools").isHidden());
  assert.ok(await page.locator("#log").evaluate((e) => e.scrollHeight <= e.clientHeight + 1), "a part of the log is cut off");
});

test("what was, what struck and the log can be read and printed before the page has unpacked, and without scripts", async (t) => {
  const said = ["cable-pull at block 20 for 2 no-responses", "fault strikes: noise", "Upgrade started at Thursday", "Upgrade completed"];
  for (const scripts of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled: scripts });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    await page.addInitScript(() => { Response.prototype.arrayBuffer = () => new Promise(() => {}); }); // it never unpacks
    await page.goto(pathToFileURL(pulled).href);
    assert.equal(await page.locator("#paper").isVisible(), !scripts, `on a screen, scripts ${scripts}`);
    await page.emulateMedia({ media: "print" });
    const paper = await page.locator("#paper").innerText();
    const breaks = await page.locator("#paper").evaluate((e) => getComputedStyle(e).breakInside);
    assert.equal(breaks, "auto", "a list that is longer than a page leaves the first one empty");
    for (const text of said) assert.ok(paper.includes(text), `${text} is not in ${paper}`);
  }
  const page = await open(t, pulled);
  assert.equal(await page.locator("#paper").count(), 0, "it stands beside the lists");
});

test("a file that is no story is said to be none", async (t) => {
  const text = readFileSync(pulled, "utf8").replace(/(<script type="text\/plain" id="story">)[^<]*/, "$1bm90aGluZw==");
  const { writeFileSync } = await import("node:fs");
  const path = join(folder, "broken.html");
  writeFileSync(path, text);
  const page = await browser.newPage();
  page.setDefaultTimeout(patience);
  t.after(() => page.close());
  await page.goto(pathToFileURL(path).href);
  await page.locator("#wrong", { hasText: "The run cannot be shown" }).waitFor();
  assert.ok(await page.locator("#paper").isVisible(), "the words of the run are hidden");
});

test("where the system chooses the colours, the flash's lane shows what is written", async (t) => {
  const page = await open(t, pulled, { forcedColors: "active" });
  const [written, lane] = await page.locator("#lanes").evaluate((canvas) => {
    const c = /** @type {HTMLCanvasElement} */ (canvas);
    const shown = new Uint32Array(/** @type {CanvasRenderingContext2D} */ (c.getContext("2d")).getImageData(c.width - 20, 0, 1, c.height).data.buffer);
    let most = 0; // black pixels in a row, near the end of the run
    for (let y = 0, n = 0; y < shown.length; y++) most = Math.max(most, n = shown[y] === 0xff000000 ? n + 1 : 0);
    return [most / devicePixelRatio, 56];
  });
  assert.ok(written >= 20 && written < lane - 10, `of the lane's ${lane} pixels ${written} are of what is written`);
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`nothing is wider than the window, and axe finds nothing, in ${colorScheme}`, async (t) => {
    for (const width of [360, 400, 800, 1280, 1600]) {
      const page = await open(t, pulled, { viewport: { width, height: 900 }, colorScheme });
      await page.locator("#axis").focus();
      await page.keyboard.press("r");
      await drawn(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} pixels are too few`);
      const found = await page.evaluate(`${axe.source}; axe.run().then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target).join(", ")))`);
      assert.deepEqual(found, [], `at ${width} pixels`);
      if (process.env["PICTURES"]) await page.screenshot({ path: join(process.env["PICTURES"], `story-${colorScheme}-${width}.png`), fullPage: true });
    }
  });
}
