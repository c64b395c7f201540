// How long tasks took: bars of equal width on an axis of powers of ten, and where the quantiles lie.

class Histogram {
  constructor(canvas, words) {
    this.canvas = canvas;
    this.words = words;
    followPointer(this);
  }

  show(times) {
    this.times = times;
    this.draw();
  }

  draw() {
    const {times} = this;
    const surface = prepare(this.canvas);
    if (!surface || !times) return;
    const {context, width, height} = surface;
    this.tellQuantiles(times);
    if (times.count === 0) {
      context.fillStyle = inks.quiet;
      context.textAlign = "center";
      context.fillText("No task was timed yet.", width / 2, height / 2);
      return;
    }
    const left = 6;
    const right = width - 6;
    const top = 22;
    const bottom = height - 22;
    const buckets = times.buckets;
    let low = Math.log10(Math.max(buckets[0][0], 1e-9));
    let high = Math.log10(Math.max(buckets[buckets.length - 1][1], 2e-9));
    const room = Math.max(0, .6 - (high - low)) / 2 + .06;
    low -= room;
    high += room;
    const bars = Math.max(20, Math.min(120, Math.floor((right - left) / 7)));
    const sums = new Float64Array(bars);
    // A bucket may lie in several bars: each has its part of it.
    for (const [from, to, number] of buckets) {
      const a = (Math.log10(Math.max(from, 1e-9)) - low) / (high - low) * bars;
      const b = Math.max(a + 1e-6, (Math.log10(Math.max(to, 1e-9)) - low) / (high - low) * bars);
      for (let bar = Math.max(0, Math.floor(a)); bar < Math.min(bars, b); ++bar) {
        sums[bar] += number * (Math.min(b, bar + 1) - Math.max(a, bar)) / (b - a);
      }
    }
    const most = sums.reduce((x, y) => Math.max(x, y), 0);
    const x = (seconds) => left + (Math.log10(seconds) - low) / (high - low) * (right - left);
    const barWidth = (right - left) / bars;
    context.strokeStyle = inks.edge;
    line(context, left, bottom + .5, right, bottom + .5);
    context.fillStyle = inks.accent;
    sums.forEach((sum, bar) => {
      if (sum === 0) return;
      const tall = Math.max(1.5, sum / most * (bottom - top));
      context.fillRect(left + bar * barWidth + .5, bottom - tall, Math.max(1, barWidth - 1), tall);
    });
    this.drawAxis(context, low, high, x, left, right, bottom);
    this.drawQuantiles(context, x, top, bottom, left, right);
    if (this.pointer) this.hover(sums, low, high, left, right);
  }

  drawAxis(context, low, high, x, left, right, bottom) {
    context.fillStyle = inks.quiet;
    context.textAlign = "center";
    context.textBaseline = "top";
    const parts = high - low > 4 ? [1] : high - low > 1.6 ? [1, 3] : [1, 2, 3, 5];
    let free = left;
    for (let power = Math.floor(low); power <= high; ++power) {
      for (const part of parts) {
        const seconds = part * 10 ** power;
        const at = x(seconds);
        const text = duration(seconds * (1 + 1e-12)).replace(/\.0+(?=\D)/, "");
        if (at - 22 < free || at + 22 > right) continue;
        context.fillText(text, at, bottom + 7);
        free = at + 26;
      }
    }
  }

  drawQuantiles(context, x, top, bottom, left, right) {
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.strokeStyle = context.fillStyle = inks.ink;
    context.lineWidth = 1.2;
    const labels = [];
    for (const [name, dash] of [["p50", []], ["p90", [5, 3]], ["p99", [2, 3]]]) {
      const value = this.times[name];
      if (!(value > 0)) continue;
      const at = Math.round(x(value)) + .5;
      context.setLineDash(dash);
      line(context, at, top - 6, at, bottom);
      context.setLineDash([]);
      const wide = context.measureText(name).width + 5;
      labels.push({name, wide, at: Math.max(left, at - wide / 2)});
    }
    // Beside one another, and not beyond the edge.
    for (let i = 1; i < labels.length; ++i) {
      labels[i].at = Math.max(labels[i].at, labels[i - 1].at + labels[i - 1].wide);
    }
    let free = right + 5;
    for (const label of labels.reverse()) {
      label.at = Math.min(label.at, free - label.wide);
      free = label.at;
      context.fillText(label.name, label.at, top - 10);
    }
  }

  hover(sums, low, high, left, right) {
    const rect = this.canvas.getBoundingClientRect();
    const bar = Math.floor((this.pointer.x - rect.left - left) / (right - left) * sums.length);
    if (!(sums[bar] > 0)) return tip.hide();
    const at = (edge) => duration(10 ** (low + (bar + edge) / sums.length * (high - low)));
    const part = sums[bar] / this.times.count * 100;
    tip.show(this.pointer.x, this.pointer.y, `${at(0)} to ${at(1)}`,
             [["tasks", count(sums[bar])], ["of all", `${digits(part)} %`]]);
  }

  tellQuantiles(times) {
    const parts = [];
    for (const name of ["p50", "p90", "p99", "max"]) {
      parts.push(`${name} `, element("b", "", times.count ? duration(times[name]) : "–"), "   ");
    }
    parts.push(`of ${plural(times.count, "task")}`);
    const text = parts.map((part) => part.textContent ?? part).join("");
    if (this.words.textContent === text) return;
    this.words.replaceChildren(...parts);
    this.canvas.setAttribute("aria-label", `${this.canvas.dataset.label || "Histogram"}: ${text}`);
  }
}
