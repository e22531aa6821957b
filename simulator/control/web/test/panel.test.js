// @ts-check
// The front panel in a real browser, beside a real upgrade. Needs the three programs (PROGRAMS names
// their folder) and a Chromium (CHROMIUM, or /usr/bin/chromium).

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import axe from "axe-core";

const programs = resolve(process.env["PROGRAMS"] ?? "../../../bin");
const patience = 120_000; // milliseconds

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {string} */
let folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "panel-"));
  writeFileSync(join(folder, "new.bin"), Buffer.alloc(100_000));
  execFileSync(join(programs, "ionup"), ["pack", "--product", "7350", "--revision", "7350V284", "--dated", "2008-03-01T12:00:00Z", "new.bin", "new.upg"], { cwd: folder });
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
 * Serves a meter until the test ends.
 * @param {import("node:test").TestContext} t @param {string[]} more flags
 */
async function serve(t, ...more) {
  const sim = spawn(join(programs, "ionsim"), ["--http", "0", "--tcp", ":0", "--json", ...more], {
    cwd: folder, env: { ...process.env, IONSIM_KEYS: join(folder, "keys") }, stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((done) => sim.once("exit", done));
  t.after(async () => { sim.kill("SIGINT"); await ended; });
  const lines = createInterface(sim.stdout);
  /** Waits for an event of it. @param {(event: any) => boolean} wanted @returns {Promise<any>} */
  const said = (wanted) => new Promise((told, failed) => {
    lines.on("line", (line) => {
      const event = JSON.parse(line);
      if (wanted(event)) told(event);
    });
    ended.then((status) => failed(new Error(`ionsim has ended with ${status}`)));
  });
  const ready = await said((e) => e.event === "ready");
  return { sim, ended, said, ready, url: `http://${ready.http}/#token=${ready.token}` };
}

/**
 * Opens the panel. Whatever the browser complains of fails the test.
 * @param {import("node:test").TestContext} t @param {string} url @param {object} [how]
 */
async function open(t, url, how) {
  const page = await browser.newPage(how);
  t.after(() => page.close());
  page.setDefaultTimeout(patience);
  /** @type {string[]} */
  const complaints = [];
  page.on("pageerror", (e) => complaints.push(e.message));
  page.on("request", (r) => { if (new URL(r.url()).host !== new URL(url).host) complaints.push(`it asks ${r.url()}`); });
  await page.goto(url);
  t.after(() => assert.deepEqual(complaints, []));
  return page;
}

/** @param {import("node:test").TestContext} t @param {{ready: any}} meter @param {string} name of its log @returns the upgrader, and its status */
function upgrade(t, meter, name) {
  const up = spawn(join(programs, "ionup"), ["upgrade", "new.upg", "--tcp", meter.ready.tcp, "--unit-id", "105", "--timeout", "1s", "--yes", "--no-journal", "--log", name], {
    cwd: folder, env: { ...process.env, IONUP_LOCKS: folder }, stdio: "ignore",
  });
  const ended = new Promise((done) => up.once("exit", done));
  t.after(async () => { up.kill("SIGKILL"); await ended; });
  return { up, ended };
}

/** @param {string} name */
const log = (name) => readFileSync(join(folder, name), "utf8");

/** @param {() => boolean} seen @param {string} what */
async function eventually(seen, what) {
  for (const until = Date.now() + patience; !seen();) {
    assert.ok(Date.now() < until, what);
    await new Promise((go) => setTimeout(go, 50));
  }
}

test("who pulls the cable on the page sees no response in the tool's log, and plugs it in again", async (t) => {
  const meter = await serve(t, "--pace", "30");
  const page = await open(t, meter.url);
  const other = await open(t, meter.url);
  assert.ok(!page.url().includes("token"), "the token stays in the address");
  const { up, ended } = upgrade(t, meter, "mouse.log");
  await meter.said((e) => e.event === "block-programmed" && e.block === 2);
  up.kill("SIGSTOP"); // however long the pages take to show it, it does not end without the cable
  await page.locator("#blocks", { hasText: /^block \d+ of 14/ }).waitFor();
  await page.getByRole("button", { name: "Pull the cable" }).click();
  await other.getByRole("button", { name: "Plug the cable in" }).waitFor();
  up.kill("SIGCONT");
  // The first is in the log before its bytes are at the meter; by the second they are.
  await eventually(() => log("mouse.log").includes("No response... resending (2 of"), "the tool misses no answer");
  await other.getByRole("button", { name: "Plug the cable in" }).click();
  assert.equal(await ended, 0);
  assert.match(log("mouse.log"), /Upgrade completed/);
  await page.locator("#runs", { hasText: "runs 7350V284" }).waitFor();
  assert.match(await page.locator("#repeat").innerText(), /^cable-pull at block \d+ for \d+ no-responses$/);
  assert.match(await page.locator("#events").innerText(), /fault strikes: cable-pull at block \d+/);
});

test("the last minutes are lanes that follow what happens, and stand still for who looks at an event", async (t) => {
  const meter = await serve(t, "--pace", "off");
  const page = await open(t, meter.url);
  await page.locator("#state", { hasText: "running its application" }).waitFor();
  assert.equal(await upgrade(t, meter, "lanes.log").ended, 0);
  await page.locator("#runs", { hasText: "runs 7350V284" }).waitFor();
  await page.getByRole("button", { name: "Silent, 15 s" }).click();
  await page.locator("#events", { hasText: "fault strikes: meter-silent" }).waitFor();
  const axis = page.getByRole("slider", { name: "Event of the last minutes" }), chosen = page.locator("#chosen");
  const now = () => axis.getAttribute("aria-valuenow").then(Number);
  const first = await now();
  await page.waitForFunction((was) => Number(document.getElementById("axis")?.getAttribute("aria-valuenow")) > was, first);
  await axis.focus();
  await page.keyboard.press("End");
  await chosen.filter({ hasText: /fault (strikes|ends): meter-silent|frame|the display/ }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Go on" }).count(), 1);
  const stood = await now();
  await page.keyboard.press("ArrowLeft");
  const said = await chosen.innerText();
  assert.equal(await axis.getAttribute("aria-valuetext").then((text) => text?.replace(/\s+/g, " ")), said.replace(/\s+/g, " "));
  assert.ok(await now() <= stood);
  const ends = page.locator("#events", { hasText: "fault ends: meter-silent" });
  await page.getByRole("button", { name: "End all" }).click();
  await ends.waitFor();
  assert.equal(await chosen.innerText(), said, "it does not stand still");
  await axis.focus();
  await page.keyboard.press("Escape");
  await page.waitForFunction((was) => Number(document.getElementById("axis")?.getAttribute("aria-valuenow")) > was, stood);
  await page.keyboard.press("End");
  assert.match(await chosen.innerText(), /fault ends: meter-silent|frame/);
});

test("a frame that the line loses says so among the events, in the list and in the lanes", async (t) => {
  const meter = await serve(t, "--pace", "off", "--fault", "cable-pull at block 14");
  const page = await open(t, meter.url);
  await page.locator("#state", { hasText: "running its application" }).waitFor();
  const { ended } = upgrade(t, meter, "harmed.log");
  const lost = page.locator("#events", { hasText: "a frame of 252 bytes to the meter was lost" });
  await lost.waitFor();
  await page.locator("#frame-list .bad", { hasText: /B, lost$/ }).first().waitFor();
  await page.getByRole("button", { name: "Plug the cable in" }).click();
  assert.equal(await ended, 0);
  await page.locator("#runs", { hasText: "runs 7350V284" }).waitFor();
  await page.locator("#events li", { hasText: "has closed the port" }).waitFor(); // the tool has ended well
  assert.equal(await page.locator("#events .bad", { hasText: "the port" }).count(), 0);
  const axis = page.getByRole("slider", { name: "Event of the last minutes" });
  await axis.focus();
  await page.keyboard.press("End");
  const said = [];
  for (let n = 0; n < 400 && !/^frame to the meter: .*, lost$/.test(said.at(-1) ?? ""); n++) {
    await page.keyboard.press("ArrowLeft");
    said.push((await page.locator("#chosen").innerText()).replace(/^\S+\s+/, ""));
  }
  assert.match(said.at(-1) ?? "", /, lost$/, `the lanes show no frame that was lost, but ${said.slice(0, 5).join("; ")} …`);
});

test("all of it can be done with the keyboard alone", async (t) => {
  const meter = await serve(t, "--pace", "30");
  const page = await open(t, meter.url);
  const press = async (/** @type {string} */ name, key = "Space") => {
    const button = page.getByRole("button", { name, exact: true });
    await button.waitFor();
    for (let i = 0; i < 60 && !(await button.evaluate((b) => b === document.activeElement)); i++) await page.keyboard.press("Tab");
    assert.ok(await button.evaluate((b) => b === document.activeElement), `${name} is not reached by Tab`);
    await page.keyboard.press(key);
  };
  await press("Switch off");
  await page.locator("#state", { hasText: /^off$/ }).waitFor();
  await press("Switch on", "Enter");
  await page.locator("#state", { hasText: "running its application" }).waitFor();
  const plan = page.getByLabel(/^Fault,/);
  await plan.focus();
  await plan.fill("noize for 1s");
  await page.keyboard.press("Enter");
  await page.locator("#wrong", { hasText: "did you mean `noise`" }).waitFor();
  await plan.fill("meter-silent for 10m");
  await page.keyboard.press("Enter");
  await page.locator("#faults .at-work").waitFor();
  await press("End all");
  await page.locator("#faults .at-work").waitFor({ state: "detached" });
});

test("the form asks for each part of a fault, and says beside it what is wrong", async (t) => {
  const meter = await serve(t);
  const page = await open(t, meter.url);
  const kind = page.getByLabel("Kind"), plan = page.getByLabel(/^Fault,/), strike = page.getByRole("button", { name: "Strike" });
  await kind.selectOption("power-loss");
  await page.getByLabel("Moment", { exact: true }).selectOption("flash-op");
  await page.getByLabel("flash-op number").fill("30");
  await page.getByLabel("Phase").selectOption("torn");
  await page.getByLabel("Time", { exact: true }).fill("5s");
  await page.getByLabel(/^bytes: how many bytes of a torn program/).fill("300");
  assert.equal(await plan.inputValue(), "power-loss at flash-op 30 torn for 5s bytes 300");
  await strike.click();
  const bytes = page.getByLabel(/^bytes:/);
  assert.equal(await bytes.getAttribute("aria-invalid"), "true");
  assert.ok(await bytes.evaluate((e) => e === document.activeElement), "the input that is wrong has not the focus");
  assert.match(await bytes.evaluate((e) => (e.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent).join(" ")), /0 to 255 bytes; without it half of them.*255/);
  await bytes.fill("100");
  await page.keyboard.press("Enter");
  await page.locator("#faults", { hasText: "power-loss at flash-op 30 torn for 5s bytes 100" }).waitFor();
  await kind.selectOption("noise");
  await page.getByLabel(/^rate:/).fill("2");
  await strike.click();
  await page.locator("#fault-rate-wrong", { hasText: '"2" is not a rate' }).waitFor();
  await page.getByLabel(/^rate:/).fill("");
  assert.equal(await page.locator("#fault-rate-wrong").innerText(), "");
  await strike.click();
  await page.locator("#fault-rate-wrong", { hasText: "this is needed" }).waitFor();
});

test("what the form proposes of every kind, at every moment that it can have, is a fault", async (t) => {
  const meter = await serve(t);
  const page = await open(t, meter.url);
  await page.locator("#kind option").first().waitFor({ state: "attached" });
  const said = await page.evaluate(() => {
    const at = (/** @type {string} */ id) => /** @type {HTMLSelectElement} */ (document.getElementById(id));
    /** @type {string[]} */
    const said = [];
    for (const k of at("kind").options) {
      at("kind").value = k.value;
      at("kind").dispatchEvent(new Event("change"));
      for (const m of [...at("fault-at").options].map((o) => o.value)) {
        at("fault-at").value = m;
        at("fault-at").dispatchEvent(new Event("input", { bubbles: true }));
        const number = at("fault-at-number");
        if (!number.disabled) number.value = m === "percent" ? "40%" : m === "time" ? "90s" : "7";
        number.dispatchEvent(new Event("input", { bubbles: true }));
        said.push(at("plan").value);
      }
    }
    return said;
  });
  assert.ok(said.length > 200 && new Set(said).size === said.length, `${said.length} faults`);
  for (let i = 0; i < said.length; i += 40) {
    const refused = spawnSync(join(programs, "ionsim"), ["--tcp", "nowhere", "--fault", said.slice(i, i + 40).join("; ")], { encoding: "utf8" }).stderr;
    assert.match(refused, /--tcp: "nowhere" is no address/); // nothing is wrong with the plan
  }
});

test("a screen reader is told states and faults, and not each toggle of L2", async (t) => {
  const meter = await serve(t, "--pace", "off");
  const page = await open(t, meter.url);
  await page.evaluate(() => {
    /** @type {(string | null | undefined)[]} */
    const spoken = [];
    /** @type {any} */ (globalThis).spoken = spoken;
    const at = document.getElementById("spoken");
    new MutationObserver(() => spoken.push(at?.textContent)).observe(/** @type {Node} */ (at), { childList: true, characterData: true, subtree: true });
  });
  await page.locator("#state", { hasText: "running its application" }).waitFor();
  assert.equal(await upgrade(t, meter, "spoken.log").ended, 0);
  await page.locator("#runs", { hasText: "runs 7350V284" }).waitFor();
  const spoken = await page.evaluate(() => /** @type {any} */ (globalThis).spoken);
  assert.ok(spoken.length < 20, `${spoken.length} announcements: ${spoken}`);
});

test("the page of a meter that was started again says so and asks for the new token", async (t) => {
  const meter = await serve(t);
  const page = await open(t, meter.url);
  await page.locator("#state", { hasText: "running its application" }).waitFor();
  meter.sim.kill("SIGKILL");
  await meter.ended;
  await page.locator("#link", { hasText: "the meter does not answer" }).waitFor();
  const port = meter.ready.http.split(":")[1];
  const again = await serve(t, "--http", port);
  await page.locator("#gone", { hasText: "The token is not that of this meter" }).waitFor();
  await page.getByLabel("The token").fill(again.ready.token);
  await page.getByRole("button", { name: "Look" }).click();
  await page.locator("#state", { hasText: "running its application" }).waitFor();
});

test("without a token, and of a meter that is elsewhere, the page shows nothing that it does not know, and no button that does nothing", async (t) => {
  const meter = await serve(t);
  const nobody = await open(t, `http://${meter.ready.http}/`);
  await nobody.getByLabel("The token").waitFor();
  assert.ok(await nobody.locator("main").isHidden());
  const proxy = spawn(join(programs, "ionsim"), ["proxy", "--from", "tcp::0", "--to", `tcp:${meter.ready.tcp}`, "--http", "0", "--json"], {
    cwd: folder, env: { ...process.env, IONSIM_KEYS: join(folder, "keys") }, stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((done) => proxy.once("exit", done));
  t.after(async () => { proxy.kill("SIGINT"); await ended; });
  const ready = await new Promise((told) => createInterface(proxy.stdout).once("line", (line) => told(JSON.parse(line))));
  const page = await open(t, `http://${ready.http}/#token=${ready.token}`);
  await page.locator("#state", { hasText: "elsewhere" }).waitFor();
  await page.locator("#kind option").first().waitFor({ state: "attached" });
  for (const name of ["Front panel", "Faults", "What happens", "Line"]) assert.ok(await page.getByRole("heading", { name, exact: true }).isVisible(), name);
  for (const name of ["Flash", "Event log", "Settings"]) assert.equal(await page.getByRole("heading", { name, exact: true }).count(), 0, name);
  const buttons = await page.locator("#by-hand button").evaluateAll((all) => all.filter((b) => /** @type {HTMLElement} */ (b).offsetParent).map((b) => b.textContent));
  assert.deepEqual(buttons, ["Pull the cable", "Lose an answer", "Strike"]);
  await page.getByRole("button", { name: "Lose an answer" }).click();
  await page.locator("#faults", { hasText: "reply-lost" }).waitFor();
});

test("a frame on the page says what each of its bytes is", async (t) => {
  const meter = await serve(t, "--pace", "off");
  const page = await open(t, meter.url);
  await page.locator("#state", { hasText: "running its application" }).waitFor();
  assert.equal(await upgrade(t, meter, "frames.log").ended, 0);
  await page.locator("#frame-list summary", { hasText: "restart" }).first().waitFor(); // no verify comes behind it
  const verify = page.locator("#frame-list details", { hasText: /verify/i }).first();
  await verify.locator("summary").focus();
  await page.keyboard.press("Enter");
  const fields = verify.getByRole("table", { name: "Fields of the message" });
  await fields.waitFor();
  assert.match(await fields.innerText(), /operation\s+05\s+verify/);
  assert.equal(await page.locator("#frame-list summary", { hasText: /^.*ACK/ }).count(), 0);
  await page.getByLabel("ACKs too").check();
  await page.locator("#frame-list summary", { hasText: "ACK" }).first().waitFor();
});

test("the meters of programs that are judged can be watched, one after the other, and struck by nobody", async (t) => {
  const seen = join(folder, "seen"); // each program ends when its meter was seen
  writeFileSync(join(folder, "slow.sh"), `#!/bin/sh\nuntil rm "${seen}" 2>/dev/null; do sleep 0.1; done\n`, { mode: 0o755 });
  const judge = spawn(join(programs, "ionbench"), ["judge", "--upgrader", "./slow.sh", "--only", "undisturbed,killed", "--parallel", "1", "--timeout", "60s", "--http", "0"], {
    cwd: folder, env: { ...process.env, IONSIM_KEYS: join(folder, "keys") }, stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((done) => judge.once("exit", done));
  t.after(async () => { judge.kill("SIGKILL"); await ended; });
  const url = await new Promise((told) => createInterface(judge.stderr).on("line", (line) => {
    const found = line.match(/http:\S+/);
    if (found) told(found[0]);
  }));
  const page = await open(t, url);
  await page.locator("#look-only", { hasText: "a program is judged by it" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Pull the cable" }).isVisible(), false);
  const another = (/** @type {string} */ was) => page.waitForFunction((was) => document.title !== was && document.title.includes("application"), was).then(() => page.title());
  const first = await another("");
  writeFileSync(seen, "");
  await another(first);
  writeFileSync(seen, "");
  assert.equal(await ended, 1);
  await page.locator("#link", { hasText: /no meter is served now|does not answer/ }).waitFor();
});

test("where the system chooses the colours, what is written looks other than what is erased", async (t) => {
  const meter = await serve(t, "--pace", "off");
  const page = await open(t, meter.url, { forcedColors: "active" });
  await page.locator("#state", { hasText: "running its application" }).waitFor();
  const looks = await page.locator(".legend .sector").evaluateAll((all) => all.map((one) => {
    const { backgroundColor, backgroundImage } = getComputedStyle(one);
    return backgroundImage === "none" ? backgroundColor : backgroundImage;
  }));
  assert.equal(new Set(looks).size, 3, `loader, erased and written look like ${looks.join(" | ")}`);
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`nothing is wider than the window, and axe finds nothing, in ${colorScheme}`, async (t) => {
    const meter = await serve(t, "--pace", "off", "--settings", "highest"); // texts of full length, without a blank
    assert.equal(await upgrade(t, meter, `${colorScheme}.log`).ended, 0);
    for (const width of [360, 400, 800, 1280, 1600]) {
      const page = await open(t, meter.url, { viewport: { width, height: 900 }, colorScheme });
      await page.locator("#state", { hasText: "running its application" }).waitFor();
      await page.locator("#frame-list summary", { hasText: "restart" }).first().click();
      await page.getByLabel("Kind").selectOption("power-loss");
      await page.getByLabel("Moment", { exact: true }).selectOption("flash-op");
      await page.getByRole("button", { name: "Strike" }).click(); // there is no number
      await page.getByRole("button", { name: "Silent, 15 s" }).click();
      await page.locator("#faults .at-work").first().waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} pixels are too few`);
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => (await /** @type {any} */ (globalThis).axe.run()).violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.target).join(", ")}`));
      assert.deepEqual(found, [], `at ${width} pixels`);
      if (process.env["PICTURES"]) await page.screenshot({ path: join(process.env["PICTURES"], `panel-${colorScheme}-${width}.png`), fullPage: true });
      await page.getByRole("button", { name: "End all" }).click();
      await page.locator("#faults .at-work").waitFor({ state: "detached" });
      await page.close(); // a browser has six connections to one server
    }
  });
}
