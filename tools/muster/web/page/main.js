// Puts it together: which pool is shown, what of it is drawn when.

const report = $("report") ? JSON.parse($("report").textContent) : null;
const mostRows = 100;

const page = {
  pools: [],
  unseen: [],
  kept: new Map(),  // pools of a report, by id
  current: null,
  linked: "waits",
  trouble: "",
  paused: false,
  allWorkers: false,
  // A report has one look alone: nothing has come since another.
  times: report ? {run: "all", queue: "all"} : {run: "recent", queue: "recent"},
  dirty: true,
};

// Each page that is opened anew goes by the system; this one stays as it is.
if (sessionStorage.getItem("muster-theme")) {
  document.documentElement.dataset.theme = sessionStorage.getItem("muster-theme");
}
inks.read();
const stream = new Stream($("stream"), $("stream-axis"), $("stream-box"), $("stream-room"));
const queueChart = new Chart($("queue-chart"), (value) => count(value));
const throughChart = new Chart($("through-chart"), (value) => `${perSecond(value)} /s`);
const runHistogram = new Histogram($("run-histogram"), $("run-quantiles"));
const queueHistogram = new Histogram($("queue-histogram"), $("queue-quantiles"));
$("run-histogram").dataset.label = "Run times";
$("queue-histogram").dataset.label = "Times in the queue";
const showWorkers = workersTable($("workers").tBodies[0]);
const names = namesTable($("names").tBodies[0], () => page.current.colours);
const failures = failuresTable($("failures").tBodies[0]);
const link = report ? null : new Link(take, (state) => {
  page.linked = state;
  touch();
});

function touch() {
  page.dirty = true;
}

// Messages

function take(event, id, data) {
  touch();
  if (event === "hello") {
    stream.lag = data.interval * 1.3 + 0.05;
    page.version = data.version;
    // Else what comes is all that there is, again.
    if (id && !data.resumes) restart(id);
  } else if (event === "pools") {
    takePools(data);
    page.trouble = "";
    if (!page.current && page.pools.length) choose(wanted());
  } else if (event === "trouble") {
    page.trouble = data;
  } else if (page.current && page.current.id === id) {
    page.current.take(event, data, true);
  }
}

function takePools(data) {
  page.pools = data.pools;
  page.unseen = [...data.unreadable.map((pool) => `“${pool.name}” cannot be read: ${pool.reason}.`),
                 ...(data.hidden.length ? [`${plural(data.hidden.length, "process")
                   .replace(/processs$/, "processes")} cannot be looked into, and may have pools.`] : [])];
}

function restart(id) {
  if (!page.current || page.current.id !== id || page.current.ended) return;
  page.current = new Pool(id);
  stream.show(page.current);
}

// The one that the address names, else the one that has done most; in a report, of those that could
// be read.
function wanted() {
  const named = decodeURIComponent(location.hash.slice(1));
  const found = page.pools.find((pool) => pool.id === named);
  const read = page.pools.filter(({id}) => page.kept.has(id) && page.kept.get(id).numbers);
  return (found || (read.length ? read : page.pools).reduce((a, b) => (b.done > a.done ? b : a))).id;
}

function choose(id) {
  page.current = report ? page.kept.get(id) || new Pool(id) : new Pool(id);
  stream.show(page.current);
  $("ends").replaceChildren();
  if (link) {
    history.replaceState(null, "", `#${encodeURIComponent(id)}`);
    link.open(id);
  }
  touch();
}

function openReport() {
  for (const {event, pool: id, data} of report.messages) {
    if (event === "pools") {
      takePools(data);
    } else {
      if (!page.kept.has(id)) page.kept.set(id, new Pool(id));
      page.kept.get(id).take(event, data, false);
    }
  }
  for (const {unreadable} of page.kept.values()) if (unreadable) page.unseen.push(sentence(unreadable));
  page.version = report.version;
  page.linked = "saved";
  if (page.pools.length) choose(wanted());
}

// Drawing

function showChooser() {
  const box = $("chooser");
  const {current} = page;
  const all = page.pools.map((pool) => [pool.id, `${pool.name}  (${pool.command} ${pool.client})`]);
  if (current && current.numbers && !page.pools.some((pool) => pool.id === current.id)) {
    all.unshift([current.id, `${current.numbers.name}  (has ended)`]);
  }
  const key = JSON.stringify(all);
  if (box.dataset.key !== key) {
    box.dataset.key = key;
    box.replaceChildren(...all.map(([id, text]) => new Option(text, id)));
  }
  if (current && box.value !== current.id) box.value = current.id;
  box.disabled = all.length === 0;
}

function showLink() {
  const said = {waits: "Connecting", live: "Live", lost: "Connection lost, trying again",
                saved: "Saved report"};
  let text = said[page.linked];
  if (page.linked === "saved" && page.current && page.current.numbers) {
    text = `Saved ${new Date(page.current.numbers.at * 1000).toLocaleString()}`;
  }
  if ($("link").dataset.state !== page.linked) $("link").dataset.state = page.linked;
  setText($("link-words"), text);
}

// The pool has ended, or is not among those that are there.
function isGone(pool) {
  return Boolean(pool.ended) || (pool.numbers !== null && page.linked === "live" &&
                                 !page.pools.some((one) => one.id === pool.id));
}

function showNotice() {
  const {current} = page;
  let text = page.trouble || (current && sentence(current.unreadable)) || "";
  let next = null;
  if (current && current.numbers && isGone(current)) {
    const at = current.ended ? current.ended.at : current.numbers.at;
    text = `Pool “${current.numbers.name}” ended at ${clock(at)}. This is what was last seen of it.`;
    next = page.pools.find((pool) => pool.name === current.numbers.name && pool.id !== current.id) ||
      page.pools.find((pool) => pool.id !== current.id);
  } else if (page.linked === "lost") {
    text = "The connection to muster is lost. This page tries to get it back; what it shows is old.";
  }
  $("notice").hidden = !text;
  setText($("notice-words"), text);
  $("notice-button").hidden = !next;
  if (next) {
    setText($("notice-button"), `Show “${next.name}”`);
    $("notice-button").dataset.id = next.id;
  }
}

function showTitle(pool) {
  const {numbers} = pool;
  const state = isGone(pool) ? "ended" : numbers.state;
  setText($("name"), numbers.name || "(no name)");
  setText($("state"), state);
  $("state").dataset.state = state;
  const parts = [`${numbers.command} ${numbers.client}`, `${numbers.alive} of ${plural(numbers.limit, "worker")}`,
                 `${duration(Math.max(0, numbers.at - numbers.created))} old`,
                 `${bytes(numbers.memory)} shared`, `id ${numbers.id.slice(0, 8)}`];
  setText($("facts"), parts.join("  ·  "));
  document.title = `${numbers.name || "pool"} · muster`;
}

function showTiles(pool) {
  const {numbers, history, detail} = pool;
  const last = history.length - 1;
  const rate = pool.rate(last, "done");
  const from = numbers.at - 60;
  const recent = history.filter(({at}) => at >= from);
  const begin = history.length - recent.length;
  setText($("queued"), count(numbers.queued));
  setText($("queued-under"), numbers.behind ? `${count(numbers.behind)} behind, in the client` : "all of them in slots");
  setText($("running"), count(numbers.running));
  setText($("running-under"), `on ${plural(numbers.alive, "worker")}`);
  $("running-meter").style.width = `${Math.min(100, numbers.running / Math.max(1, numbers.limit) * 100)}%`;
  setText($("rate"), perSecond(rate));
  setText($("rate-under"), `${count(numbers.finished + numbers.failed)} in all`);
  spark($("queued-spark"), recent.map(({at, queued}) => [at, queued]), inks.accent);
  spark($("rate-spark"), recent.map(({at}, i) => [at, pool.rate(begin + i, "done")]), inks.accent);
  const times = detail && (detail.recent.run.count ? detail.recent : detail.all);
  for (const which of ["run", "queue"]) {
    const one = times && times[which].count ? times[which] : null;
    setText($(`${which}-p50`), one ? duration(one.p50) : "–");
    setText($(`${which}-p99`), one ? duration(one.p99) : "–");
  }
  setText($("deaths"), count(numbers.deaths));
  setText($("deaths-under"), `${plural(numbers.failed, "task")} failed`);
  $("harm").classList.toggle("some", numbers.deaths > 0);
}

function showStreamWords(pool) {
  const parts = [];
  if (pool.numbers.sampling > 1) parts.push(`1 in ${count(pool.numbers.sampling)} short tasks is timed`);
  if (pool.lastCut > 0) parts.push(`${count(pool.lastCut)} of the shortest are left out of the last look`);
  if (pool.lost > 0) parts.push(`${count(pool.lost)} events came faster than they could be read`);
  setText($("stream-words"), parts.join("; "));
}

function showLegend(pool) {
  const list = $("legend");
  const shown = (pool.detail ? pool.detail.tasks : []).slice(0, 8).map(({name}) => name);
  const key = JSON.stringify([shown, inks.dark]);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  const item = (svg, text) => element("li", "", svg, element("span", "", text));
  const square = (name) => drawing(10, 10, ["rect", {width: 10, height: 10, rx: 2.5, fill: pool.colours.css(name)}]);
  list.replaceChildren(
    ...shown.map((name) => item(square(name), name)),
    item(drawing(10, 10, ["path", {d: "M2 2l6 6M8 2l-6 6", stroke: inks.bad, "stroke-width": 1.8}]), "threw"),
    item(drawing(12, 12, ["path", {d: "M6 .5 11.5 6 6 11.5 .5 6z", fill: inks.bad}]), "its worker died"));
}

function showCharts(pool) {
  const {history} = pool;
  const to = pool.numbers.at;
  const from = Math.min(to - 30, Math.max(to - 300, history[0].at));
  queueChart.show([
    {name: "queued", ink: inks.accent, fill: true, values: history.map(({at, queued}) => [at, queued])},
    {name: "running", ink: inks.quiet, dash: [4, 3], values: history.map(({at, running}) => [at, running])},
  ], from, to);
  throughChart.show([
    {name: "done", ink: inks.accent, fill: true, values: history.map(({at}, i) => [at, pool.rate(i, "done")])},
    {name: "failed", ink: inks.bad, dash: [4, 3], values: history.map(({at}, i) => [at, pool.rate(i, "failed")])},
  ], from, to);
  setText($("queue-now"), `${count(pool.numbers.running)} running, dashed`);
  setText($("through-now"), `${perSecond(pool.rate(history.length - 1, "failed"))} failed /s, dashed`);
}

function showTables(pool) {
  const {workers, detail, deaths, numbers} = pool;
  const cut = !page.allWorkers && workers.length > mostRows;
  showWorkers(pool, cut ? workers.slice(0, mostRows) : workers);
  $("workers-all").hidden = workers.length <= mostRows;
  setText($("workers-all"), cut ? `Show all ${count(workers.length)}` : `Show ${mostRows}`);
  setText($("workers-words"), cut ? `the first ${mostRows} of ${count(workers.length)}` : "");
  setText($("ends-words"), numbers.deaths > deaths.length ? `the last ${deaths.length} of ${count(numbers.deaths)}` : "");
  showDeaths($("ends"), deaths);
  $("no-ends").hidden = deaths.length > 0;
  if (!detail) return;
  names.show(detail.tasks);
  setText($("names-words"), detail.names > detail.tasks.length ? `the first ${detail.tasks.length} of ${count(detail.names)}` : "");
  failures.show(detail.failures);
  $("no-failures").hidden = detail.failures.length > 0;
  $("failures").hidden = detail.failures.length === 0;
  setText($("failures-words"), detail.failures.length ? plural(detail.kinds_of_failure, "kind") : "");
  runHistogram.show(detail[page.times.run].run);
  queueHistogram.show(detail[page.times.queue].queue);
}

function show() {
  showChooser();
  showLink();
  showNotice();
  const {current} = page;
  const ready = Boolean(current && current.numbers);
  $("pool").hidden = !ready;
  $("nothing").hidden = ready || (page.linked !== "live" && page.linked !== "saved");
  setText($("unseen"), page.unseen.join(" "));
  setText($("foot"), `muster ${page.version || ""}, read-only${ready && page.unseen.length ? `. ${page.unseen.join(" ")}` : ""}`);
  if (!ready) return;
  showTitle(current);
  showTiles(current);
  showStreamWords(current);
  showLegend(current);
  showCharts(current);
  showTables(current);
}

let drawnAt = 0;
let drawingTook = 0;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// Thirty times a second while somebody looks, and less where that would keep the browser busy. A page
// that was not touched for a while, and soon one behind other windows, draws as often as it takes to
// see that it moves: the processors may be those that the pool wants.
const asleepAfter = () => (document.hasFocus() ? 60_000 : 5_000);
const whileAsleep = 125;
let wokenAt = performance.now();
let nextWhileAsleep = 0;

function frame(at) {
  const asleep = at - wokenAt > asleepAfter();
  if (asleep) {
    nextWhileAsleep = setTimeout(() => {
      nextWhileAsleep = 0;
      requestAnimationFrame(frame);
    }, whileAsleep);
  } else {
    requestAnimationFrame(frame);
  }
  if (page.paused && !page.force) return;
  const dirty = page.dirty || page.force;
  page.force = false;
  if (dirty) {
    page.dirty = false;
    show();
  }
  const rest = Math.max(asleep ? 0 : 32, 5 * drawingTook);
  const moves = stream.live && page.linked === "live" && !calm.matches && at - drawnAt > rest;
  if ((dirty || moves) && page.current && !$("pool").hidden) {
    drawnAt = at;
    const begin = performance.now();
    stream.draw();
    drawingTook = performance.now() - begin;
  }
}

function wake() {
  wokenAt = performance.now();
  if (!nextWhileAsleep) return;
  clearTimeout(nextWhileAsleep);
  nextWhileAsleep = 0;
  requestAnimationFrame(frame);
}
for (const event of ["pointermove", "pointerdown", "wheel", "keydown", "scroll", "resize", "focus"]) {
  addEventListener(event, wake, {capture: true, passive: true});
}

// What people do

function press(buttons, pressed) {
  for (const button of buttons) button.setAttribute("aria-pressed", String(button === pressed));
}

function pause(paused) {
  page.paused = paused;
  stream.freeze(paused);
  $("pause").setAttribute("aria-pressed", String(paused));
  setText($("pause"), paused ? "Go on" : "Pause");
  touch();
}

function redraw() {
  inks.read();
  page.force = true;
}

function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  sessionStorage.setItem("muster-theme", theme);
}

const spans = [...document.querySelectorAll("[data-span]")];
for (const button of spans) {
  button.addEventListener("click", () => {
    stream.zoom(Number(button.dataset.span) / stream.span);
    press(spans, button);
  });
}
stream.onLive = (live) => {
  $("live").setAttribute("aria-pressed", String(live));
  press(spans, spans.find((button) => Number(button.dataset.span) === stream.span));
};
$("live").addEventListener("click", () => {
  if (page.paused) pause(false);
  stream.follow();
  redraw();
});
$("zoom-in").addEventListener("click", () => stream.zoom(1 / 1.5));
$("zoom-out").addEventListener("click", () => stream.zoom(1.5));
$("stream-box").addEventListener("scroll", () => stream.draw());
$("pause").addEventListener("click", () => pause(!page.paused));
$("chooser").addEventListener("change", (event) => choose(event.target.value));
$("notice-button").addEventListener("click", (event) => choose(event.target.dataset.id));
$("workers-all").addEventListener("click", () => {
  page.allWorkers = !page.allWorkers;
  redraw();
});
for (const [which, title] of [["run", "runs-title"], ["queue", "waits-title"]]) {
  const buttons = [...$(title).parentNode.querySelectorAll("[data-times]")];
  press(buttons, buttons.find((button) => button.dataset.times === page.times[which]));
  for (const button of buttons) {
    button.addEventListener("click", () => {
      page.times[which] = button.dataset.times;
      press(buttons, button);
      redraw();
    });
  }
}
$("theme").addEventListener("click", () => {
  chooseTheme(isDark() ? "light" : "dark");
  redraw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("resize", redraw);
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(SELECT|INPUT)$/.test(event.target.tagName)) return;
  if (event.key === "p") pause(!page.paused);
  if (event.key === "l") $("live").click();
  if (event.key === "Escape") tip.hide();
});

if (report) {
  openReport();
} else {
  link.open("");
}
requestAnimationFrame(frame);
