// Tables, whose rows stay and change, so that a look at them, a selection and the place in them stay.

const stateShapes = {
  running: [["path", {d: "M2 1.5v7l6-3.5z", fill: "currentColor"}]],
  idle: [["circle", {cx: 5, cy: 5, r: 3.2, fill: "none", stroke: "currentColor", "stroke-width": 1.5}]],
  parked: [["path", {d: "M3 2v6M7 2v6", stroke: "currentColor", "stroke-width": 1.6}]],
  starting: [["circle", {cx: 5, cy: 5, r: 1.8, fill: "currentColor"}]],
  stopped: [["rect", {x: 2, y: 2, width: 6, height: 6, fill: "currentColor"}]],
  stopping: [["rect", {x: 2, y: 2, width: 6, height: 6, fill: "none", stroke: "currentColor", "stroke-width": 1.5}]],
  dead: [["path", {d: "M5 .8 9.2 5 5 9.2 .8 5z", fill: "currentColor"}]],
};

class Table {
  // `cells`: a function for each column, that fills a cell with what a row of the data says.
  constructor(body, cells) {
    this.body = body;
    this.cells = cells;
  }

  show(data) {
    const {body, cells} = this;
    while (body.rows.length > data.length) body.deleteRow(-1);
    while (body.rows.length < data.length) {
      const row = body.insertRow();
      for (const {className} of cells) row.insertCell().className = className || "";
    }
    data.forEach((item, i) => {
      cells.forEach(({fill}, j) => fill(body.rows[i].cells[j], item));
    });
  }
}

const number = (get) => ({
  className: "n",
  fill: (cell, item) => setText(cell, get(item)),
});
// Stands out where it is not 0.
const harm = (get) => ({
  fill: (cell, item) => {
    setText(cell, count(get(item)));
    cell.className = get(item) > 0 ? "n some" : "n";
  },
});
const words = (get) => ({
  className: "long",
  fill: (cell, item) => {
    const text = get(item);
    setText(cell, text);
    if (cell.title !== text) cell.title = text;
  },
});

function fillState(cell, {state}) {
  if (cell.dataset.state === state) return;
  cell.dataset.state = state;
  const node = element("span", "state", drawing(10, 10, ...(stateShapes[state] || stateShapes.idle)), state);
  node.dataset.state = state;
  cell.replaceChildren(node);
}

function fillTask(cell, {task}) {
  const key = task ? `${task.id} ${task.attempt} ${task.name}` : "";
  if (cell.dataset.key === key) return;
  cell.dataset.key = key;
  if (!task) return cell.replaceChildren("–");
  const attempt = task.attempt > 1 ? `, attempt ${task.attempt}` : "";
  cell.replaceChildren(task.name, element("span", "id", `#${task.id}${attempt}`));
  cell.title = task.name;
}

// A bar with a part of it filled, and words beside it. `mark`: a line in it.
function fillTrack(cell, part, text, mark) {
  if (part === null) {
    if (cell.firstChild) cell.replaceChildren();
    return;
  }
  if (!cell.firstChild) {
    const track = element("span", "track", element("i", ""), element("u", ""));
    cell.replaceChildren(track, element("span", ""));
  }
  const [track, label] = cell.childNodes;
  track.firstChild.style.width = `${Math.min(100, part * 100).toFixed(1)}%`;
  track.lastChild.hidden = mark === undefined;
  if (mark !== undefined) track.lastChild.style.left = `${Math.min(98, mark * 100).toFixed(1)}%`;
  setText(label, text);
}

function workersTable(body) {
  let pool = null;
  let mostMemory = 1;
  const table = new Table(body, [
    number(({index}) => String(index)),
    {fill: fillState},
    {className: "long", fill: fillTask},
    number(({task}) => (task ? duration(task.run) : "–")),
    {fill: (cell, {task}) => {
      const progress = task && task.progress;
      fillTrack(cell, progress ? progress[0] / progress[1] : null,
                progress ? `${count(progress[0])} of ${count(progress[1])}` : "");
    }},
    number(({index}) => {
      const cpu = pool.cpuOf(index);
      return cpu === null ? "–" : `${Math.round(cpu * 100)} %`;
    }),
    {fill: (cell, {rss, max_rss: high}) => {
      fillTrack(cell, rss / mostMemory, `${bytes(rss)}, ${bytes(high)}`, high / mostMemory);
    }},
    number(({done}) => count(done)),
    harm(({failed: threw}) => threw),
    harm(({deaths}) => deaths),
    number(({pid}) => (pid === 0 ? "–" : String(pid))),
  ]);
  return (ofPool, rows) => {
    pool = ofPool;
    mostMemory = Math.max(1, ...rows.map((worker) => worker.max_rss));
    table.show(rows);
  };
}

function namesTable(body, colours) {
  return new Table(body, [
    {className: "long", fill: (cell, {name}) => {
      const ink = colours().css(name);
      const key = `${name} ${ink}`;
      if (cell.dataset.key === key) return;
      cell.dataset.key = key;
      cell.title = name;
      cell.replaceChildren(drawing(16, 10, ["rect", {x: 0, y: 0, width: 10, height: 10, rx: 2.5, fill: ink}]), name);
    }},
    number(({done}) => count(done)),
    harm(({failed: threw}) => threw),
    number(({run}) => (run.count ? duration(run.p50) : "–")),
    number(({run}) => (run.count ? duration(run.p99) : "–")),
    number(({max_rss: high}) => (high ? bytes(high) : "–")),
  ]);
}

function failuresTable(body) {
  return new Table(body, [
    number(({count: times}) => count(times)),
    words(({task}) => task),
    words(({message}) => message),
  ]);
}

// Deaths, the last one first. What was opened stays open.
function showDeaths(list, deaths) {
  const known = new Map([...list.children].map((node) => [node.dataset.number, node]));
  const key = (death) => `${death.number}/${death.backtrace.length}`;
  list.replaceChildren(...deaths.map((death) => known.get(key(death)) || describeDeath(death, key(death))));
}

function describeDeath(death, key) {
  const item = element("li", "");
  item.dataset.number = key;
  const time = element("time", "", clock(death.at));
  time.dateTime = new Date(death.at * 1000).toISOString();
  item.append(element("p", "", time, element("span", "", death.sentence)));
  if (death.backtrace.length > 0) {
    const frames = death.backtrace.map((frame, i) => `${String(i).padStart(2)}  ${frame}`).join("\n");
    const details = element("details", "", element("summary", "", `Backtrace, ${plural(death.backtrace.length, "line")}`),
                            element("pre", "", frames));
    item.append(details);
  }
  return item;
}
