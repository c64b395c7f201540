// A colour for each name: the same on each visit, and told apart by people who see colours in
// another way (after Okabe and Ito, and Tol). Red is left out: it stands for what went wrong, which
// has a shape of its own as well.

const palettes = {
  light: ["#3d63b8", "#46a5d6", "#238b7e", "#99972a", "#9a4f97", "#d59a35", "#617689", "#2e6e3e"],
  dark: ["#7b97f2", "#6bc3ee", "#3dbcab", "#bfbd4f", "#c888c6", "#e2b868", "#8fa4b7", "#57ad70"],
};

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

// 0xAABBGGRR, as a canvas has it in its memory.
function packed(hex, alpha = 255) {
  const value = parseInt(hex.slice(1), 16);
  return ((alpha << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

// What can be read on it: light or dark.
function inkOn(hex) {
  const value = parseInt(hex.slice(1), 16);
  const linear = [value >> 16, (value >> 8) & 255, value & 255].map((part) => (part / 255) ** 2.2);
  return .2126 * linear[0] + .7152 * linear[1] + .0722 * linear[2] > .18 ? "#0b1016" : "#ffffff";
}

function hashOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; ++i) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

// Each name has the place that its letters give it, or where another one has that, the next free.
class Colours {
  constructor() {
    this.places = new Map();
    this.taken = new Set();
  }
  place(name) {
    let place = this.places.get(name);
    if (place !== undefined) return place;
    const size = palettes.light.length;
    place = hashOf(name) % size;
    for (let i = 0; i < size && this.taken.has(place); ++i) place = (place + 1) % size;
    if (this.taken.has(place)) place = hashOf(name) % size;
    this.taken.add(place);
    this.places.set(name, place);
    return place;
  }
  css(name) {
    return palettes[isDark() ? "dark" : "light"][this.place(name)];
  }
}

// What canvases are drawn with, read from the style sheet.
const inks = {
  read() {
    const style = getComputedStyle(document.documentElement);
    const get = (name) => style.getPropertyValue(`--${name}`).trim();
    for (const name of ["card", "sunk", "edge", "ink", "quiet", "faint", "accent", "bad", "warn"]) {
      this[name] = get(name);
    }
    this.dark = isDark();
    this.font = getComputedStyle(document.body).fontFamily;
  },
};
