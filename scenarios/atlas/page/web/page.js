"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const missing = data.classes.length - 1;
  const root = document.documentElement;
  const detail = document.getElementById("detail");
  const heard = document.getElementById("heard");
  const form = document.getElementById("filters");

  const state = {
    classes: new Set(data.classes.keys()),
    spaces: new Set(data.panels.map((p) => p.space)),
    measure: "longest",
    zoom: 1,
    map: "outcome",
    chosen: null, // {panel, row, cell, part}
    pinned: false,
  };

  // --- elements: text is only ever set as text ---

  function make(tag, attributes, ...children) {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) e.setAttribute(name, value === true ? "" : value);
    }
    e.append(...children.filter((c) => c !== null && c !== undefined));
    return e;
  }

  function draw(parent, tag, attributes, text) {
    const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    if (text !== undefined) e.textContent = text;
    parent.append(e);
    return e;
  }

  // --- words ---

  const count = (n) => n.toLocaleString("en");
  const points = (n) => count(n) + (n === 1 ? " point" : " points");

  function duration(ms) {
    if (ms < 0) return "−" + duration(-ms);
    if (ms < 1000) return ms + " ms";
    if (ms < 60000) return (ms / 1000).toFixed(1) + " s";
    const s = Math.round(ms / 1000), pad = (n) => String(n).padStart(2, "0");
    if (s < 3600) return Math.floor(s / 60) + " min " + pad(s % 60) + " s";
    return Math.floor(s / 3600) + " h " + pad(Math.floor(s / 60) % 60) + " min";
  }

  const more = (ms) => (ms > 0 ? "+" + duration(ms) : ms === 0 ? "none" : duration(ms));
  const toneOf = (c) => (c === missing ? "class-missing" : c < data.known ? "class-" + c : "class-unknown");

  function costOf(ms) {
    const i = data.costs.findIndex((upTo) => ms <= upTo);
    return i < 0 ? data.costs.length : i;
  }

  function placeName(part) {
    const source = data.sources[part.source];
    const name = source.names < 0 ? undefined : data.names[source.names][part.place - (source.first || 0)];
    return name === undefined ? String(part.place) : name;
  }

  const plan = (part) => data.sources[part.source].plan.replaceAll("#", () => placeName(part));
  const command = (part) => "ionbench replay '" + plan(part).replaceAll("'", "'\\''") + "' " + data.replay;

  function placeText(part) {
    const name = placeName(part);
    const number = /^\d+$/.test(name) ? count(Number(name)) : name;
    const unit = data.sources[part.source].unit;
    const texts = {
      "to-meter": `byte ${number} to the meter`, "from-meter": `byte ${number} from the meter`,
      "frame-to-meter": `frame ${number} to the meter`, "frame-from-meter": `frame ${number} from the meter`,
      "flash-op": `flash operation ${number}`,
    };
    return texts[unit] || `${unit} ${number}`;
  }

  function stepText(part) {
    if (part.mark < 0) return null;
    const [step, block] = data.marks[part.mark];
    const last = data.blocks.length;
    const text = data.steps[step].name + (block ? `, block ${block} of ${last}` : "");
    const source = data.sources[part.source].plan;
    return source.slice(0, source.indexOf("#")).includes(" then ") ? "of a recovery; the upgrade would be at: " + text : text;
  }

  // --- data: lists of numbers become cells ---

  function decode(row) {
    const a = row.cells;
    row.at = new Array(row.columns);
    row.list = [];
    for (let i = 0; i < a.length;) {
      const cell = { column: a[i], from: a[i] - a[i + 1], median: a[i + 2], parts: [], points: 0 };
      let n = a[i + 3];
      for (i += 4; n > 0; n--, i += 6) {
        cell.parts.push({ class: a[i], points: a[i + 1], source: a[i + 2], place: a[i + 3], mark: a[i + 4], outcome: a[i + 5] });
        cell.points += a[i + 1];
      }
      row.at.fill(cell, cell.from, cell.column + 1);
      row.list.push(cell);
    }
  }

  for (const panel of data.panels) panel.rows.forEach(decode);

  const outcome = (part) => {
    if (part.outcome < 0) return null;
    const [cls, ms, bytes, acts, lost, broken] = data.outcomes[part.outcome];
    return { class: cls, ms, bytes, acts, lost: lost.map((i) => data.texts[i]), broken: broken.map((i) => data.texts[i]) };
  };

  const chosenParts = (cell) => cell.parts.filter((p) => state.classes.has(p.class));

  // What a cell shows in a map: the number of its colour, -1 for missing, null for nothing.
  const shows = {
    outcome(cell) {
      const parts = chosenParts(cell);
      return parts.length ? parts[0].class : null;
    },
    cost(cell) {
      const parts = chosenParts(cell);
      if (!parts.length) return null;
      const times = parts.filter((p) => p.outcome >= 0).map((p) => data.outcomes[p.outcome][1]);
      if (!times.length) return -1;
      return costOf(state.measure === "median" ? cell.median : Math.max(...times));
    },
  };
  const tones = {
    outcome: (n) => toneOf(n),
    cost: (n) => (n < 0 ? "class-missing" : "cost-" + n),
  };

  // --- colours come from the style, so that there is one table of them ---

  let colours = new Map();

  function readColours() {
    colours = new Map();
    const probe = make("span", { hidden: true });
    document.body.append(probe);
    const read = (name) => {
      probe.className = name;
      colours.set(name, getComputedStyle(probe).backgroundColor);
    };
    data.classes.forEach((_, c) => read(toneOf(c)));
    for (let i = 0; i <= data.costs.length; i++) read("cost-" + i);
    probe.className = "";
    for (const name of ["--line", "--hatch"]) {
      probe.style.backgroundColor = `var(${name})`;
      colours.set(name, getComputedStyle(probe).backgroundColor);
    }
    probe.remove();
  }

  // --- the maps ---

  const maps = []; // of panels with a time axis
  const tables = []; // of panels without

  const pitches = { wide: { pitch: 22, band: 18, top: 0 }, narrow: { pitch: 38, band: 16, top: 18 } };

  function addPanel(kind, panel, section) {
    const title = (panel.space || "no space") + (panel.title ? ": " + panel.title : "");
    const holder = panel.folds ? make("details", {}, make("summary", {}, title, make("small", {}, " " + worstOf(panel)))) : make("div", {});
    const figure = make("figure", {}, panel.folds ? null : make("figcaption", {}, title));
    holder.append(figure);
    section.append(holder);
    (panel.timed ? addMap : addTable)(kind, panel, figure, holder, title);
  }

  // What a panel that is folded away holds.
  function worstOf(panel) {
    let all = 0, worst = -1, n = 0;
    for (const row of panel.rows) for (const cell of row.list) for (const p of cell.parts) {
      all += p.points;
      const rank = p.class === missing ? -1 : p.class;
      if (rank > worst) [worst, n] = [rank, 0];
      if (rank === worst) n += p.points;
    }
    return points(all) + (worst < 0 ? "" : `, the worst ${data.classes[worst]} (${count(n)})`);
  }

  function addMap(kind, panel, figure, holder, title) {
    const map = { kind, panel, figure, holder, labels: make("div", { class: "labels" }), dirty: true };
    for (const row of panel.rows) map.labels.append(make("div", { title: row.label }));
    map.axis = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    map.clock = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    map.canvas = make("canvas", {});
    map.cursor = make("div", { class: "cursor" });
    map.sheet = make("div", { class: "sheet" }, map.axis, map.canvas, map.clock, map.cursor);
    map.plot = make("div", {
      class: "plot", tabindex: 0, role: "application", "aria-roledescription": "heat map",
      "aria-label": `${title}: ${kind === "cost" ? "cost" : "outcome"} by fault and moment. Arrow keys go from cell to cell, Enter pins one, Escape lets it go.`,
    }, map.sheet);
    figure.append(map.labels, map.plot);
    for (const svg of [map.axis, map.clock]) {
      svg.setAttribute("aria-hidden", "true");
      svg.setAttribute("preserveAspectRatio", "none"); // on paper it stays above its columns
    }
    map.canvas.addEventListener("pointermove", (e) => { if (e.pointerType === "mouse" && !state.pinned) choose(hit(map, e)); });
    map.canvas.addEventListener("click", (e) => pin(hit(map, e)));
    map.plot.addEventListener("keydown", (e) => keys(map, e));
    map.plot.addEventListener("focus", () => { if (!state.chosen && panel.rows.length) move(map, 0, 0); });
    maps.push(map);
    nearby.observe(figure);
    if (panel.folds) holder.addEventListener("toggle", () => refresh(map));
  }

  function hit(map, e) {
    const box = map.canvas.getBoundingClientRect();
    const { pitch } = map.size;
    const index = Math.floor((e.clientY - box.top) / pitch);
    const row = map.panel.rows[index];
    if (!row) return null;
    const x = (e.clientX - box.left) / box.width * row.columns;
    const reach = Math.ceil(5 / box.width * row.columns);
    let best = null, distance = Infinity;
    for (let c = Math.max(0, Math.floor(x) - reach); c <= Math.min(row.columns - 1, Math.floor(x) + reach); c++) {
      const cell = row.at[c];
      if (cell && chosenParts(cell).length && Math.abs(c + 0.5 - x) < distance) {
        best = cell;
        distance = Math.abs(c + 0.5 - x);
      }
    }
    return best && { panel: map.panel, row: index, cell: best, part: chosenParts(best)[0] };
  }

  const nearby = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      for (const map of maps.filter((m) => m.figure === entry.target)) {
        map.near = entry.isIntersecting;
        if (map.near && map.dirty) paint(map);
      }
    }
  }, { rootMargin: "600px" });

  // Everything but the cells is laid out at once, so that the page keeps its height.
  function refresh(map) {
    map.dirty = true;
    if (!map.plot.clientWidth) return; // folded away
    layOut(map);
    if (map.near || map.printing) paint(map);
  }

  function measure(map) {
    const narrow = map.figure.clientWidth < 640;
    map.figure.classList.toggle("narrow", narrow);
    const width = Math.max(200, Math.floor(map.plot.clientWidth)) * state.zoom;
    map.size = { ...(narrow ? pitches.narrow : pitches.wide), width, height: 0 };
    map.size.height = map.panel.rows.length * map.size.pitch;
    map.sheet.style.width = state.zoom === 1 ? "100%" : width + "px";
  }

  function paint(map) {
    if (!map.plot.clientWidth) return;
    map.dirty = false;
    paintBands(map);
  }

  function layOut(map) {
    measure(map);
    const top = paintAxis(map);
    paintClock(map);
    map.canvas.style.height = map.size.height + "px";
    const room = map.size.pitch === pitches.narrow.pitch ? map.figure.clientWidth : labelsWidth - 12;
    [...map.labels.children].forEach((label, i) => {
      label.style.top = i * map.size.pitch + "px";
      label.textContent = shortened(map.panel.rows[i].label, room);
    });
    map.labels.style.top = map.plot.offsetTop + top + "px";
    map.top = top;
    placeCursor(map);
  }

  function paintBands(map) {
    const { width, height, pitch, band, top } = map.size;
    const canvas = map.canvas;
    const dense = Math.min(window.devicePixelRatio || 1, 8192 / width, 2);
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(height * dense);
    const g = canvas.getContext("2d");
    const show = shows[map.kind], tone = tones[map.kind];
    map.panel.rows.forEach((row, i) => {
      const y = Math.round((i * pitch + top) * dense), h = Math.round(band * dense);
      g.fillStyle = colours.get("--line"); // where no point is
      g.fillRect(0, y + Math.floor(h / 2), canvas.width, Math.max(1, Math.round(dense)));
      const layers = new Map();
      for (const cell of row.list) {
        const n = show(cell);
        if (n === null) continue;
        const layer = map.kind === "outcome" && n === missing ? -1 : n;
        if (!layers.has(layer)) layers.set(layer, []);
        layers.get(layer).push(cell);
      }
      // Worse over better: what is worst is seen at every width.
      for (const layer of [...layers.keys()].sort((a, b) => a - b)) {
        const bad = map.kind === "outcome" && layer >= data.known - 1;
        g.fillStyle = layer < 0 ? hatch(g, dense) : colours.get(tone(layer));
        for (const cell of layers.get(layer)) {
          const x = Math.floor(cell.from * canvas.width / row.columns);
          const end = Math.ceil((cell.column + 1) * canvas.width / row.columns);
          g.fillRect(x, y, Math.max(end - x, bad ? Math.round(2 * dense) : 1), h);
        }
      }
    });
  }

  function hatch(g, dense) {
    const size = Math.max(4, Math.round(6 * dense));
    const tile = make("canvas", { width: size, height: size });
    const t = tile.getContext("2d");
    t.fillStyle = colours.get("class-missing");
    t.fillRect(0, 0, size, size);
    t.strokeStyle = colours.get("--hatch");
    t.lineWidth = Math.max(1, dense);
    t.beginPath();
    for (const shift of [-size, 0, size]) {
      t.moveTo(shift, size);
      t.lineTo(shift + size, 0);
    }
    t.stroke();
    return g.createPattern(tile, "repeat");
  }

  // --- the axis: steps above, each with its name; blocks; the clock below ---

  const ruler = document.createElement("canvas").getContext("2d");
  const fontSize = 11, labelSize = 12.5;

  function textWidth(text, size = fontSize) {
    ruler.font = size + "px " + getComputedStyle(document.body).fontFamily;
    return ruler.measureText(text).width;
  }

  // All maps have labels of one width, so that their moments are one below the other.
  let labelsWidth = 0;

  function measureLabels() {
    const longest = Math.max(0, ...maps.flatMap((m) => m.panel.rows.map((row) => textWidth(row.label, labelSize))));
    labelsWidth = Math.min(Math.ceil(longest) + 16, Math.floor(document.querySelector(".maps").clientWidth * 0.4));
    root.style.setProperty("--labels", labelsWidth + "px");
  }

  // Names that are too long are cut in their middle: many begin alike, and as many end alike.
  function shortened(text, room) {
    if (textWidth(text, labelSize) <= room) return text;
    for (let keep = text.length - 1; keep > 2; keep--) {
      const head = Math.floor(keep / 3);
      const cut = text.slice(0, head).trimEnd() + "…" + text.slice(text.length - (keep - head)).trimStart();
      if (textWidth(cut, labelSize) <= room) return cut;
    }
    return "…";
  }

  // Names that do not fit into their step stand above it, each on the lowest line on which
  // no other name or leader is in its way.
  function namesAbove(steps, width) {
    const put = [];
    const clear = (n) => {
      const meets = put.filter((o) => o.from < n.to + 6 && o.to > n.from - 6);
      n.lane = 1 + Math.max(0, ...meets.map((o) => o.lane));
      put.push(n);
    };
    const left = steps.filter((s) => s.x < width / 2), right = steps.filter((s) => s.x >= width / 2);
    for (const s of left.reverse()) clear(Object.assign(s, { from: s.x, to: s.x + s.text + 4, anchor: "start" }));
    for (const s of right) clear(Object.assign(s, { from: s.x - s.text - 4, to: s.x, anchor: "end" }));
    return put;
  }

  function paintAxis(map) {
    const { width } = map.size;
    const lane = 14, bar = 18, blocks = data.blocks.length ? 16 : 4;
    const x = (ms) => ms / data.calm * width;
    const steps = data.steps.map((s, i) => ({ name: s.name, i, x: x(s.from), end: x(s.to), text: textWidth(s.name) }));
    const inside = steps.filter((s) => s.end - s.x > s.text + 8);
    const named = map === maps.find(isShown); // the steps have their names once
    const above = !named ? [] : namesAbove(steps.filter((s) => !inside.includes(s)), width).filter((n) => n.lane <= 12 && n.from > -4 && n.to < width + 4);
    const lanes = Math.max(0, ...above.map((n) => n.lane));
    const base = lanes * lane, height = base + bar + blocks;
    const svg = map.axis;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    for (const n of above) {
      const y = base - (n.lane - 1) * lane, at = Math.min(Math.max(n.x, 0.5), width - 0.5);
      draw(svg, "line", { class: "leader", x1: at, x2: at, y1: y - lane + 2, y2: base + bar });
      draw(svg, "text", { x: n.anchor === "start" ? at + 3 : at - 3, y: y - 4, "text-anchor": n.anchor }, n.name);
    }
    for (const s of steps) {
      const rect = draw(svg, "rect", { class: s.i % 2 ? "step other" : "step", x: s.x, y: base, width: Math.max(s.end - s.x, 0.5), height: bar });
      draw(rect, "title", {}, s.name);
    }
    for (const s of named ? inside : []) draw(svg, "text", { x: (s.x + s.end) / 2, y: base + 13, "text-anchor": "middle" }, s.name);
    paintBlocks(svg, x, base + bar);
    return height;
  }

  function paintBlocks(svg, x, y) {
    let free = -Infinity;
    data.blocks.forEach(([number, at], i) => {
      const text = i === 0 ? "block " + number : String(number), px = x(at);
      const labelled = px > free;
      draw(svg, "line", { class: "tick", x1: px, x2: px, y1: y, y2: y + (labelled ? 5 : 3) });
      if (!labelled) return;
      draw(svg, "text", { class: "faint", x: px + 2, y: y + 13 }, text);
      free = px + textWidth(text) + 12;
    });
  }

  function paintClock(map) {
    const { width } = map.size;
    const svg = map.clock;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} 20`);
    svg.setAttribute("height", 20);
    const steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 3600].map((s) => s * 1000);
    const most = Math.max(2, width / 90);
    const step = steps.find((s) => data.calm / s <= most) || Math.ceil(data.calm / most);
    for (let t = 0; t <= data.calm; t += step) {
      const x = t / data.calm * width;
      draw(svg, "line", { class: "tick", x1: x, x2: x, y1: 0, y2: 4 });
      const anchor = x < 20 ? "start" : x > width - 24 ? "end" : "middle";
      draw(svg, "text", { class: "faint", x, y: 15, "text-anchor": anchor }, t === 0 ? "0" : clock(t));
    }
  }

  function clock(ms) {
    const s = Math.round(ms / 1000);
    if (s < 60) return s + " s";
    return s % 60 ? `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")} min` : s / 60 + " min";
  }

  // --- rows without a time axis: cells with names ---

  function addTable(kind, panel, figure, holder) {
    const table = { kind, panel, holder, chips: [] };
    panel.rows.forEach((row, r) => {
      const dense = row.list.length > 24; // a strip; the names are told by the chosen one
      const chips = make("div", { class: dense ? "chips dense" : "chips", role: "group", "aria-label": row.label });
      for (const cell of row.list) {
        const chip = make("button", { type: "button", tabindex: table.chips.length ? -1 : 0 }, row.names[cell.column]);
        const at = () => ({ panel, row: r, cell, part: chosenParts(cell)[0] || cell.parts[0] });
        chip.addEventListener("pointerenter", (e) => { if (e.pointerType === "mouse" && !state.pinned) choose(at()); });
        chip.addEventListener("focus", () => { if (!state.pinned && chip.matches(":focus-visible")) choose(at()); });
        chip.addEventListener("click", () => pin(at()));
        chip.addEventListener("keydown", (e) => chipKeys(table, chip, e));
        table.chips.push({ chip, cell, row: r, name: row.names[cell.column] });
        chips.append(chip);
      }
      figure.append(make("div", { class: "named" }, make("h3", {}, row.label + (dense ? `, from ${row.names[0].split(" – ")[0]} to ${row.names.at(-1).split(" – ").at(-1)}` : "")), chips));
    });
    tables.push(table);
  }

  function paintTable(table) {
    for (const { chip, cell, row, name } of table.chips) {
      const n = shows[table.kind](cell);
      chip.className = n === null ? "off" : tones[table.kind](n);
      const worst = (chosenParts(cell)[0] || cell.parts[0]);
      const o = outcome(worst);
      chip.setAttribute("aria-label", `${name}: ${data.classes[worst.class]}${o ? ", " + more(o.ms) : ""}`);
      const chosen = state.chosen;
      chip.setAttribute("aria-pressed", String(Boolean(chosen && chosen.panel === table.panel && chosen.row === row && chosen.cell === cell)));
    }
  }

  function chipKeys(table, chip, e) {
    if (e.key === "Escape") return release();
    const at = table.chips.findIndex((c) => c.chip === chip);
    const { row, cell } = table.chips[at];
    const inRow = (r) => table.chips.filter((c) => c.row === r);
    const near = (r) => inRow(r).reduce((a, b) => (!a || Math.abs(b.cell.column - cell.column) < Math.abs(a.cell.column - cell.column) ? b : a), null);
    const ways = {
      ArrowLeft: () => table.chips[at - 1], ArrowRight: () => table.chips[at + 1],
      ArrowUp: () => near(row - 1), ArrowDown: () => near(row + 1),
      Home: () => inRow(row)[0], End: () => inRow(row).at(-1),
    };
    if (!ways[e.key]) return;
    e.preventDefault();
    const to = ways[e.key]();
    if (!to) return;
    chip.tabIndex = -1;
    to.chip.tabIndex = 0;
    if (state.pinned) release();
    to.chip.focus();
    choose({ panel: table.panel, row: to.row, cell: to.cell, part: chosenParts(to.cell)[0] || to.cell.parts[0] });
  }

  // --- choosing a cell ---

  function choose(what) {
    if (!what) return;
    if (state.chosen && state.chosen.cell === what.cell && state.chosen.part === what.part) return;
    state.chosen = what;
    showChosen();
  }

  function pin(what) {
    if (!what) return release();
    state.pinned = true;
    state.chosen = what;
    showChosen();
  }

  function release() {
    state.pinned = false;
    showChosen();
  }

  function close() {
    state.chosen = null;
    release();
  }

  function showChosen() {
    maps.forEach(placeCursor);
    tables.forEach(paintTable);
    showDetail();
  }

  function placeCursor(map) {
    const chosen = state.chosen;
    const here = Boolean(chosen && chosen.panel === map.panel && map.size);
    map.cursor.classList.toggle("on", here);
    if (!here) return;
    const { pitch, band, top, width } = map.size;
    const columns = map.panel.rows[chosen.row].columns;
    const { from, column } = chosen.cell;
    const w = Math.max((column + 1 - from) * width / columns, 4), middle = (from + column + 1) / 2 * width / columns;
    Object.assign(map.cursor.style, {
      left: middle - w / 2 - 3 + "px", width: w + 6 + "px",
      top: map.top + chosen.row * pitch + top - 3 + "px", height: band + 6 + "px",
    });
  }

  function keys(map, e) {
    const ways = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] };
    if (e.key === "Escape") return release();
    if ((e.key === "Enter" || e.key === " ") && state.chosen) {
      e.preventDefault();
      return state.pinned ? release() : pin(state.chosen);
    }
    if (!ways[e.key]) return;
    e.preventDefault();
    state.pinned = false;
    move(map, ...ways[e.key]);
  }

  // The next cell of the row, or the one that is nearest in the next row.
  function move(map, down, right) {
    const rows = map.panel.rows;
    const from = state.chosen && state.chosen.panel === map.panel ? state.chosen : { row: 0, cell: { column: -1 } };
    const seen = (r) => rows[r].list.filter((c) => chosenParts(c).length);
    let index = from.row, cell = null;
    if (down) {
      do index += down; while (rows[index] && !seen(index).length);
      if (!rows[index]) return;
    }
    const list = seen(index);
    if (!list.length) return;
    if (right === Infinity) cell = list.at(-1);
    else if (right === -Infinity) cell = list[0];
    else if (right > 0) cell = list.find((c) => c.column > from.cell.column) || list.at(-1);
    else if (right < 0) cell = list.findLast((c) => c.column < from.cell.column) || list[0];
    else cell = list.reduce((a, b) => (Math.abs(b.column - from.cell.column) < Math.abs(a.column - from.cell.column) ? b : a));
    choose({ panel: map.panel, row: index, cell, part: chosenParts(cell)[0] });
    const x = (cell.from + cell.column + 1) / 2 * map.size.width / rows[index].columns;
    if (x < map.plot.scrollLeft || x > map.plot.scrollLeft + map.plot.clientWidth) map.plot.scrollLeft = x - map.plot.clientWidth / 2;
  }

  // --- what is known of the chosen cell ---

  function showDetail() {
    const chosen = state.chosen;
    detail.hidden = !chosen;
    document.body.style.paddingBottom = chosen ? "45vh" : "";
    detail.classList.toggle("pinned", state.pinned);
    if (!chosen) return detail.replaceChildren();
    const { cell, part } = chosen;
    const o = outcome(part);
    heard.textContent = [plan(part), data.classes[part.class], o ? "extra time " + more(o.ms) : null, points(cell.points), state.pinned ? "pinned" : null]
      .filter(Boolean).join(", ");
    const rows = [["Place", placeText(part)], ["Step", stepText(part)], ...(o ? costs(o) : [])];
    detail.replaceChildren(...[
      make("header", {}, make("h3", {}, plan(part)),
        state.pinned ? make("button", { type: "button", onclick: release }, "Unpin") : null,
        make("button", { type: "button", onclick: close, "aria-label": "Close" }, "×")),
      make("div", { class: "told" },
        make("p", {}, make("span", { class: "badge " + toneOf(part.class) }, data.classes[part.class])),
        list(rows),
        ...(o && o.broken.length ? [make("div", {}, make("h3", {}, "Broken"), make("ul", {}, ...o.broken.map((b) => make("li", {}, b))))] : []),
        make("div", {}, make("h3", {}, points(cell.points) + (cell.points === 1 ? " in this cell" : " in this cell; this is one of the costliest")),
          division(chosen), spread(cell)),
        make("div", {}, make("h3", {}, "Repeat it"), make("pre", {}, make("code", {}, command(part))), copyButton(command(part)))),
    ].filter(Boolean));
  }

  function costs(o) {
    return [
      ["Extra time", more(o.ms)],
      ["Sent again", o.bytes > 0 ? count(o.bytes) + " bytes" : o.bytes < 0 ? `none; ${count(-o.bytes)} bytes fewer` : "none"],
      ["Acts", o.acts > 0 ? `${count(o.acts)} more of the person` : o.acts < 0 ? `${count(-o.acts)} fewer` : "none more"],
      ["Settings lost", o.lost.length ? o.lost.join(", ") : "none"],
    ];
  }

  function list(rows) {
    const dl = make("dl", {});
    for (const [name, value] of rows) if (value !== null) dl.append(make("dt", {}, name), make("dd", {}, value));
    return dl;
  }

  function division(chosen) {
    return make("div", { class: "division" }, ...chosen.cell.parts.map((p) =>
      make("button", {
        type: "button", class: toneOf(p.class), "aria-pressed": String(p === chosen.part), title: "Show the costliest of these",
        onclick: () => pin({ ...chosen, part: p }),
      }, `${count(p.points)} ${data.classes[p.class]}`)));
  }

  function spread(cell) {
    const times = cell.parts.filter((p) => p.outcome >= 0).map((p) => data.outcomes[p.outcome][1]);
    if (!times.length || cell.points === 1) return null;
    return list([["Median", more(cell.median)], ["Longest", more(Math.max(...times))]]);
  }

  function copyButton(text) {
    const button = make("button", { type: "button" }, "Copy");
    button.addEventListener("click", async () => {
      let done = true;
      try {
        await navigator.clipboard.writeText(text);
      } catch { // not allowed here: select it
        getSelection().selectAllChildren(button.previousSibling);
        done = document.execCommand("copy");
      }
      button.textContent = done ? "Copied" : "Selected: copy it with the keyboard";
    });
    return button;
  }

  // --- filters, theme, width, print ---

  function readForm() {
    const values = new FormData(form);
    state.classes = new Set(values.getAll("class").map(Number));
    state.spaces = new Set(values.getAll("space"));
    state.measure = values.get("measure");
    state.zoom = Number(values.get("zoom"));
    state.map = values.get("map");
  }

  const isShown = (m) => state.spaces.has(m.panel.space) && (state.map === "both" || state.map === m.kind);

  function showAll() {
    for (const m of [...maps, ...tables]) m.holder.hidden = !isShown(m);
    for (const section of document.querySelectorAll("[data-map]")) section.hidden = state.map !== "both" && state.map !== section.dataset.map;
    measureLabels();
    maps.forEach(refresh);
    tables.forEach(paintTable);
    let n = 0;
    for (const panel of data.panels) {
      if (!state.spaces.has(panel.space)) continue;
      for (const row of panel.rows) for (const cell of row.list) for (const p of chosenParts(cell)) n += p.points;
    }
    document.getElementById("shown").textContent = points(n) + " shown";
    document.getElementById("nothing").hidden = n > 0 || !data.panels.length;
    document.getElementById("rarest").disabled = n === 0;
    document.getElementById("reset").disabled = form.querySelectorAll('input[type="checkbox"]:not(:checked)').length === 0;
  }

  // All outcomes and spaces again.
  function reset() {
    for (const box of form.querySelectorAll('input[type="checkbox"]')) box.checked = true;
    readForm();
    showAll();
    showChosen();
  }

  // Of what is shown, the outcome that the fewest points have: its cells, one at a time.
  let shownRarest = 0;

  function rarest() {
    const found = new Map();
    for (const m of [...maps, ...tables].filter(isShown)) m.panel.rows.forEach((row, r) => {
      for (const cell of row.list) for (const part of chosenParts(cell)) {
        if (part.class === missing) continue;
        if (!found.has(part.class)) found.set(part.class, { points: 0, places: [] });
        const one = found.get(part.class);
        one.points += part.points;
        one.places.push({ on: m, panel: m.panel, row: r, cell, part });
      }
    });
    const least = [...found.values()].sort((a, b) => a.points - b.points)[0];
    if (!least) return;
    const { on, ...place } = least.places[shownRarest++ % least.places.length];
    if (on.panel.folds) on.holder.open = true;
    pin(place);
    show(on, place);
  }

  // Brings the chosen cell into view, above what is told of it.
  function show(on, { row, cell }) {
    if (on.plot) {
      if (!on.size) refresh(on);
      const x = (cell.from + cell.column + 1) / 2 * on.size.width / on.panel.rows[row].columns;
      on.plot.scrollLeft = x - on.plot.clientWidth / 2;
      on.plot.focus({ preventScroll: true });
      const at = on.canvas.getBoundingClientRect().top + scrollY + row * on.size.pitch;
      scrollTo({ top: at - innerHeight / 4 });
      return;
    }
    const { chip } = on.chips.find((c) => c.row === row && c.cell === cell);
    chip.focus({ preventScroll: true });
    scrollTo({ top: chip.getBoundingClientRect().top + scrollY - innerHeight / 4 });
  }

  function recolour() {
    readColours();
    const dark = getComputedStyle(root).colorScheme === "dark" || (!root.dataset.theme && darkWanted.matches);
    theme.textContent = dark ? "Light" : "Dark";
    theme.setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
    theme.dataset.next = dark ? "light" : "dark";
    showAll();
  }

  const darkWanted = matchMedia("(prefers-color-scheme: dark)");
  const theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = theme.dataset.next;
    recolour();
  });
  darkWanted.addEventListener("change", recolour);

  for (const input of form.elements) input.disabled = false;
  form.addEventListener("change", () => {
    readForm();
    showAll();
    showChosen();
  });
  form.addEventListener("submit", (e) => e.preventDefault());
  document.getElementById("reset").addEventListener("click", reset);
  document.getElementById("again").addEventListener("click", () => { reset(); form.querySelector("input").focus(); });
  document.getElementById("rarest").addEventListener("click", rarest);

  let resizing = 0;
  new ResizeObserver(() => { // also when a scroll bar comes or goes
    cancelAnimationFrame(resizing);
    resizing = requestAnimationFrame(() => {
      measureLabels();
      maps.forEach(refresh);
    });
  }).observe(document.querySelector(".maps"));

  let before;
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    root.dataset.theme = "light";
    maps.forEach((m) => { m.printing = true; });
    recolour();
  });
  addEventListener("afterprint", () => {
    if (before) root.dataset.theme = before;
    else delete root.dataset.theme;
    maps.forEach((m) => { m.printing = false; });
    recolour();
  });
  addEventListener("keydown", (e) => { if (e.key === "Escape" && state.pinned) release(); });

  const pairs = data.panels.filter((p) => p.title);
  for (const panel of pairs) panel.folds = pairs.length > 3;
  for (const section of document.querySelectorAll("[data-map]")) {
    for (const panel of data.panels) addPanel(section.dataset.map, panel, section);
    if (!data.panels.length) section.append(make("p", {}, "The atlas has no rows."));
  }
  readForm();
  recolour();
  showChosen();
})();
