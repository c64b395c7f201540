// Lines over time, and the small ones in the tiles.

// `series`: {name, ink, dash, values: [[at, value]], fill}.
class Chart {
  constructor(canvas, write) {
    this.canvas = canvas;
    this.write = write;
    this.series = [];
    followPointer(this);
  }

  show(series, from, to) {
    Object.assign(this, {series, from, to});
    this.draw();
  }

  draw() {
    const surface = prepare(this.canvas);
    if (!surface || !this.series.length) return;
    const {context, width, height} = surface;
    const {from, to} = this;
    const left = 46;
    const right = width - 4;
    const top = 8;
    const bottom = height - 22;
    let most = 1;
    for (const {values} of this.series) {
      for (const [at, value] of values) if (at >= from && value > most) most = value;
    }
    const step = Math.max(1, niceStep(most, 3));
    const high = Math.ceil(most / step) * step;
    const x = (at) => left + (at - from) / (to - from) * (right - left);
    const y = (value) => bottom - value / high * (bottom - top);

    context.textAlign = "right";
    context.textBaseline = "middle";
    context.lineWidth = 1;
    for (let value = 0; value <= high + step / 2; value += step) {
      context.strokeStyle = inks.edge;
      line(context, left, Math.round(y(value)) + .5, right, Math.round(y(value)) + .5);
      context.fillStyle = inks.quiet;
      context.fillText(value === 0 ? "0" : perSecond(value).replace(/\.0+(?=\D|$)/, ""), left - 8, y(value));
    }
    drawTimes(context, from, to, left, right, bottom + 7);
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, height);
    context.clip();
    for (const one of this.series) this.drawLine(context, one, x, y, bottom, top);
    context.restore();
    if (this.pointer) this.hover(context, x, y, top, bottom, left, right);
  }

  drawLine(context, {values, ink, dash, fill}, x, y, bottom, top) {
    const first = Math.max(0, values.findIndex(([at]) => at >= this.from) - 1);
    context.beginPath();
    let before = null;
    let start = 0;
    const close = (at) => {
      if (!fill || before === null) return;
      const path = new Path2D();
      path.moveTo(x(values[start][0]), bottom);
      for (let i = start; i < at; ++i) path.lineTo(x(values[i][0]), y(values[i][1]));
      path.lineTo(x(values[at - 1][0]), bottom);
      const gradient = context.createLinearGradient(0, top, 0, bottom);
      gradient.addColorStop(0, `${ink}55`);
      gradient.addColorStop(1, `${ink}0a`);
      context.fillStyle = gradient;
      context.fill(path);
    };
    start = first;
    for (let i = first; i < values.length; ++i) {
      const [at, value] = values[i];
      // Nobody looked in between.
      if (before === null || at - before > 5) {
        close(i);
        start = i;
        context.moveTo(x(at), y(value));
      } else {
        context.lineTo(x(at), y(value));
      }
      before = at;
    }
    close(values.length);
    context.strokeStyle = ink;
    context.lineWidth = 1.6;
    context.setLineDash(dash || []);
    context.stroke();
    context.setLineDash([]);
  }

  hover(context, x, y, top, bottom, left, right) {
    const rect = this.canvas.getBoundingClientRect();
    const at = this.from + (this.pointer.x - rect.left - left) / (right - left) * (this.to - this.from);
    const rows = [];
    let when = null;
    for (const {name, values, ink} of this.series) {
      let best = null;
      for (const value of values) if (!best || Math.abs(value[0] - at) < Math.abs(best[0] - at)) best = value;
      if (!best || best[0] < this.from) continue;
      when = best[0];
      rows.push([name, this.write(best[1])]);
      context.fillStyle = ink;
      context.beginPath();
      context.arc(x(best[0]), y(best[1]), 3.5, 0, 7);
      context.fill();
    }
    if (when === null) return tip.hide();
    context.strokeStyle = inks.faint;
    context.lineWidth = 1;
    line(context, x(when), top, x(when), bottom);
    tip.show(this.pointer.x, this.pointer.y, clock(when), rows);
  }
}

function spark(canvas, values, ink) {
  const surface = prepare(canvas);
  if (!surface || values.length < 2) return;
  const {context, width, height} = surface;
  const from = values[0][0];
  const to = values[values.length - 1][0];
  const most = values.reduce((most, [, value]) => Math.max(most, value), 1e-9);
  const path = new Path2D();
  for (const [at, value] of values) {
    path.lineTo((at - from) / Math.max(to - from, 1e-9) * width, height - 2 - value / most * (height - 4));
  }
  context.strokeStyle = ink;
  context.lineWidth = 1.4;
  context.stroke(path);
  path.lineTo(width, height);
  path.lineTo(0, height);
  context.fillStyle = `${ink}22`;
  context.fill(path);
}
