// The task stream: a row a worker, a rectangle a task. Tasks are first put into an image of one line
// of pixels a worker, where also 100,000 of them cost little; shorter ones than a pixel add up to how
// busy the worker was.

class Stream {
  constructor(canvas, axis, box, room) {
    Object.assign(this, {canvas, axis, box, room});
    this.pool = null;
    this.span = 10;
    this.end = 0;      // of what is shown, where it does not follow
    this.live = true;
    this.frozenAt = undefined;
    this.gutter = 40;
    this.lines = document.createElement("canvas");
    this.pointer = null;
    this.onLive = () => {};
    this.listen();
  }

  show(pool) {
    this.pool = pool;
    this.follow();
  }

  follow() {
    this.live = true;
    this.onLive(true);
  }

  // What happened last is still on its way.
  edge() {
    const now = this.frozenAt === undefined ? this.pool.now() : this.frozenAt;
    return now - (this.pool.ended || this.pool.stopped !== undefined ? 0 : this.lag || 0.3);
  }

  freeze(frozen) {
    this.frozenAt = frozen && this.pool ? this.pool.now() : undefined;
  }

  range() {
    const end = this.live ? this.edge() : this.end;
    return [end - this.span, end];
  }

  rowHeight(rows) {
    return Math.max(5, Math.min(24, Math.floor(400 / Math.max(rows, 1))));
  }

  draw() {
    const {pool} = this;
    if (!pool) return;
    const rows = Math.max(1, pool.workers.length);
    const rowHeight = this.rowHeight(rows);
    const height = Math.min(460, rows * rowHeight);
    this.canvas.style.height = `${height}px`;
    this.room.style.height = `${rows * rowHeight - height}px`;
    const surface = prepare(this.canvas, height);
    if (!surface) return;
    const {context, width, ratio} = surface;
    const [from, to] = this.range();
    const first = Math.floor(this.box.scrollTop / rowHeight);
    const shown = Math.min(rows - first, Math.ceil(height / rowHeight) + 1);
    const top = first * rowHeight - this.box.scrollTop;
    const left = this.gutter;
    const plot = width - left;

    this.drawAxis(context, from, to, left, width, height);
    const {marks, labels} = this.fill(from, to, first, shown, Math.max(1, Math.round(plot * ratio)));
    const gap = rowHeight >= 9 ? 2 : 1;
    context.imageSmoothingEnabled = false;
    for (let row = 0; row < shown; ++row) {
      context.drawImage(this.lines, 0, row, this.lines.width, 1, left, top + row * rowHeight + gap / 2,
                        plot, rowHeight - gap);
    }
    this.drawLabels(context, labels, {from, to, left, plot, top, rowHeight});
    this.drawMarks(context, marks, {from, to, left, plot, top, rowHeight});
    this.drawGutter(context, first, shown, top, rowHeight, height);
    if (this.pointer) this.hover();
  }

  // The image, and what is drawn over it.
  fill(from, to, first, shown, width) {
    const {tasks, names, colours} = this.pool;
    if (this.lines.width !== width || this.lines.height !== shown) {
      this.lines.width = width;
      this.lines.height = shown;
      this.image = null;
    }
    const context = this.lines.getContext("2d");
    if (!this.image) {
      this.image = context.createImageData(width, shown);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.busy = new Float32Array(width * shown);
    }
    const {pixels, busy} = this;
    pixels.fill(0);
    busy.fill(0);
    const inkOf = names.map((name) => packed(colours.css(name)) & 0xffffff);
    const scale = width / (to - from);
    const marks = [];
    const labels = [];
    let drawn = 0;
    const put = (row, name, start, end, stripes) => {
      const x0 = (start - from) * scale;
      const x1 = (end - from) * scale;
      if (x1 < 0 || x0 >= width) return;
      ++drawn;
      const base = row * width;
      const ink = inkOf[name];
      if (x1 - x0 < 1.5) {
        const at = base + Math.max(0, Math.min(width - 1, Math.floor(x0)));
        busy[at] = Math.min(1, busy[at] + x1 - x0);
        const alpha = Math.round(255 * (0.3 + 0.7 * busy[at]));
        pixels[at] = (ink | (alpha << 24)) >>> 0;
        return;
      }
      const a = Math.max(0, Math.round(x0));
      // A line of nothing sets it apart from what comes next.
      const b = Math.min(width, Math.round(x1) - (x1 - x0 >= 5 && !stripes ? 1 : 0));
      const full = (ink | 0xff000000) >>> 0;
      if (!stripes) {
        pixels.fill(full, base + a, base + Math.max(b, a + 1));
        busy.fill(1, base + a, base + Math.max(b, a + 1));
      } else {
        const half = (ink | 0x8c000000) >>> 0;
        for (let x = a; x < b; ++x) pixels[base + x] = (x >> 2) & 1 ? full : half;
      }
      if (x1 - x0 > 60) labels.push([row, name, Math.max(start, from), Math.min(end, to)]);
    };
    const last = tasks.total;
    for (let n = tasks.from(from); n < last; ++n) {
      const i = tasks.at(n);
      const end = tasks.end[i];
      const row = tasks.worker[i] - first;
      if (end < from || row < 0 || row >= shown) continue;
      const start = end - tasks.run[i];
      if (start > to) continue;
      put(row, tasks.name[i], start, end, false);
      if (tasks.kind[i] !== finished && end <= to) marks.push([row, end, tasks.kind[i]]);
    }
    this.putRunning(to, first, shown, put);
    context.putImageData(this.image, 0, 0);
    this.canvas.dataset.drawn = drawn;
    this.canvas.dataset.total = last;
    return {marks, labels};
  }

  putRunning(to, first, shown, put) {
    const {pool} = this;
    const until = Math.min(to, this.edge());
    for (let row = 0; row < shown; ++row) {
      const worker = pool.workers[first + row];
      if (!worker || !worker.task || worker.state === "dead") continue;
      const start = pool.workersAt - worker.task.run;
      // Between two looks a short one has ended long ago.
      if (worker.task.run > 0.02 && start < until) {
        put(row, pool.numberOf(worker.task.name), start, until, true);
      }
    }
  }

  drawAxis(context, from, to, left, width, height) {
    const surface = prepare(this.axis);
    if (!surface) return;
    const ticks = drawTimes(surface.context, from, to, left, width, 6);
    context.strokeStyle = inks.edge;
    context.lineWidth = 1;
    for (const x of ticks) {
      if (x > left) line(context, Math.round(x) + .5, 0, Math.round(x) + .5, height);
    }
  }

  drawGutter(context, first, shown, top, rowHeight, height) {
    context.fillStyle = inks.sunk;
    context.fillRect(0, 0, this.gutter - 4, height);
    context.textAlign = "right";
    context.textBaseline = "middle";
    const step = rowHeight >= 12 ? 1 : rowHeight >= 7 ? 2 : 4;
    for (let row = 0; row < shown; ++row) {
      const worker = this.pool.workers[first + row];
      if (!worker || (first + row) % step !== 0) continue;
      context.fillStyle = worker.state === "dead" ? inks.bad : inks.quiet;
      const y = Math.max(7, Math.min(height - 6, top + (row + .5) * rowHeight));
      context.fillText(String(first + row), this.gutter - 10, y);
    }
  }

  drawLabels(context, labels, {from, to, left, plot, top, rowHeight}) {
    if (rowHeight < 13) return;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const scale = plot / (to - from);
    for (const [row, name, start, end] of labels.slice(0, 400)) {
      const room = (end - start) * scale - 12;
      let text = this.pool.names[name];
      if (room < 24 || !text) continue;
      const most = Math.floor(room / 5.6);
      if (text.length > most) text = `${text.slice(0, Math.max(1, most - 1))}…`;
      context.fillStyle = inkOn(this.pool.colours.css(this.pool.names[name]));
      context.fillText(text, left + (start - from) * scale + 6, top + (row + .5) * rowHeight + .5);
    }
  }

  drawMarks(context, marks, {from, to, left, plot, top, rowHeight}) {
    const size = Math.max(2.5, Math.min(4.5, rowHeight / 2 - 2));
    for (const kind of [failed, died]) {
      for (const [row, at, which] of marks.slice(-1000)) {
        if (which !== kind) continue;
        const x = left + (at - from) / (to - from) * plot;
        const y = top + (row + .5) * rowHeight;
        if (kind === died) diamond(context, x, y, size + 2);
        else cross(context, x, y, size);
      }
    }
  }

  // The task under the pointer.
  hover() {
    const {pool, pointer} = this;
    const {x, y} = pointer;
    const rect = this.canvas.getBoundingClientRect();
    const plot = rect.width - this.gutter;
    const [from, to] = this.range();
    const row = Math.floor((y - rect.top + this.box.scrollTop) / this.rowHeight(pool.workers.length));
    const perPixel = (to - from) / plot;
    const time = from + (x - rect.left - this.gutter) * perPixel;
    if (x < rect.left + this.gutter || row < 0 || row >= pool.workers.length) return tip.hide();
    const {tasks} = pool;
    let best = -1;
    let distance = 4 * perPixel;
    for (let n = tasks.from(time); n < tasks.total; ++n) {
      const i = tasks.at(n);
      if (tasks.worker[i] !== row) continue;
      const start = tasks.end[i] - tasks.run[i];
      if (start > time + 4 * perPixel && tasks.end[i] > time + 60) break;
      const off = time < start ? start - time : time > tasks.end[i] ? time - tasks.end[i] : -1;
      if (off < distance) {
        distance = off;
        best = i;
      }
    }
    if (best >= 0) return this.tell(best, x, y);
    const worker = pool.workers[row];
    const task = worker.task;
    if (task && time > pool.workersAt - task.run && time <= this.edge()) {
      return tip.show(x, y, task.name, [["task", `${task.id}`], ["worker", `${row} (pid ${worker.pid})`],
                                        ["runs for", duration(task.run)]]);
    }
    tip.hide();
  }

  tell(i, x, y) {
    const {tasks, names} = this.pool;
    const kind = tasks.kind[i];
    const rows = [
      ["task", String(tasks.id[i])],
      ["worker", String(tasks.worker[i])],
      ["ran for", duration(tasks.run[i])],
      ["until", clock(tasks.end[i], 3)],
    ];
    if (tasks.wait[i] >= 0) rows.splice(2, 0, ["waited", duration(tasks.wait[i])]);
    if (tasks.attempt[i] > 1) rows.push(["attempt", String(tasks.attempt[i])]);
    if (kind !== finished) rows.push(["end", kind === died ? "◆ its worker died" : "× it threw"]);
    tip.show(x, y, names[tasks.name[i]], rows);
  }

  zoom(factor, around = .999) {
    const [from, to] = this.range();
    const at = from + (to - from) * around;
    this.span = Math.min(600, Math.max(1e-4, this.span * factor));
    if (!this.live) this.end = at + this.span * (1 - around);
    this.settle();
  }

  pan(seconds) {
    const [, to] = this.range();
    this.end = to + seconds;
    this.live = false;
    this.settle();
  }

  // At the edge it follows.
  settle() {
    if (!this.live && this.end >= this.edge()) this.live = true;
    this.onLive(this.live);
    this.draw();
  }

  listen() {
    const {canvas} = this;
    canvas.addEventListener("wheel", (event) => {
      if (event.shiftKey && this.box.scrollHeight > this.box.clientHeight) return;
      event.preventDefault();
      const plot = canvas.clientWidth - this.gutter;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        return this.pan(event.deltaX / plot * this.span);
      }
      const around = Math.min(1, Math.max(0, (event.offsetX - this.gutter) / plot));
      // Where it follows, the edge stays where it is.
      this.zoom(Math.exp(event.deltaY * .0016), this.live ? .999 : around);
    }, {passive: false});
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.drag = event.clientX;
    });
    canvas.addEventListener("pointermove", (event) => {
      this.pointer = {x: event.clientX, y: event.clientY};
      if (this.drag !== undefined) {
        const moved = event.clientX - this.drag;
        this.drag = event.clientX;
        if (moved !== 0) this.pan(-moved / (canvas.clientWidth - this.gutter) * this.span);
      } else {
        this.hover();
      }
    });
    const up = () => { this.drag = undefined; };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => {
      this.pointer = null;
      tip.hide();
    });
    canvas.addEventListener("keydown", (event) => {
      const act = {
        ArrowLeft: () => this.pan(-this.span / 5),
        ArrowRight: () => this.pan(this.span / 5),
        ArrowUp: () => { this.box.scrollTop -= 40; },
        ArrowDown: () => { this.box.scrollTop += 40; },
        "+": () => this.zoom(1 / 1.5),
        "=": () => this.zoom(1 / 1.5),
        "-": () => this.zoom(1.5),
        End: () => this.follow(),
      }[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
      this.draw();
    });
  }
}
