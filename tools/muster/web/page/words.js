// How numbers are written, and small helpers for the document. Names come from other programs: they
// get into the page as text alone.

const $ = (id) => document.getElementById(id);

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// "so it is" as it stands between others: "So it is."
function sentence(words) {
  return words && `${words[0].toUpperCase()}${words.slice(1)}.`;
}

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function drawing(width, height, ...shapes) {
  const make = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const svg = make("svg", {width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true"});
  svg.append(...shapes.map(([tag, attributes]) => make(tag, attributes)));
  return svg;
}

// Three digits that count: "1.23", "12.3", "123".
function digits(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

function duration(seconds) {
  if (seconds === 0) return "0 s";
  if (seconds < 1e-6) return `${Math.round(seconds * 1e9)} ns`;
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} µs`;
  if (seconds < 1) return `${digits(seconds * 1e3)} ms`;
  if (seconds < 60) return `${digits(seconds)} s`;
  const two = (value) => String(Math.floor(value)).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h ${two(seconds / 60 % 60)}m`;
  return `${Math.floor(seconds / 86400)}d ${two(seconds / 3600 % 24)}h`;
}

const grouped = new Intl.NumberFormat("en");

function count(value) {
  if (value < 1e6) return grouped.format(Math.round(value));
  return value < 1e9 ? `${digits(value / 1e6)} M` : `${digits(value / 1e9)} G`;
}

function perSecond(value) {
  if (value === 0) return "0";
  if (value < 100) return value.toFixed(1);
  return value < 1e4 ? grouped.format(Math.round(value))
    : value < 1e6 ? `${digits(value / 1e3)} k` : `${digits(value / 1e6)} M`;
}

function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit + 1 < units.length) {
    value /= 1024;
    ++unit;
  }
  return unit === 0 ? `${value} B` : `${digits(value)} ${units[unit]}`;
}

function clock(seconds, decimals = 0) {
  const date = new Date(seconds * 1000);
  const two = (value) => String(value).padStart(2, "0");
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (decimals === 0) return text;
  const fraction = ((seconds % 1) + 1) % 1;
  return text + fraction.toFixed(Math.min(decimals, 6)).slice(1).replace(/^$/, "");
}

// A step of 1, 2 or 5 times a power of ten, of which about `wanted` fit into `range`.
function niceStep(range, wanted) {
  const rough = range / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const part = rough / power;
  return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

function plural(number, word) {
  return `${count(number)} ${word}${number === 1 ? "" : "s"}`;
}

const tip = {
  // `rows`: pairs of a word and what it is.
  show(x, y, title, rows) {
    const box = $("tip");
    const list = element("dl", "");
    for (const [word, value] of rows) {
      list.append(element("dt", "", word), element("dd", "", value));
    }
    box.replaceChildren(element("b", "", title), list);
    box.hidden = false;
    const {width, height} = box.getBoundingClientRect();
    box.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 6))}px`;
    box.style.top = `${y + 18 + height > innerHeight ? Math.max(4, y - height - 12) : y + 18}px`;
  },
  hide() {
    $("tip").hidden = true;
  },
};
