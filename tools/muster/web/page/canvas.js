// Canvases that are as sharp as the screen.

// Fits the canvas's pixels to its size on the page; {context, width, height, ratio} in CSS pixels, or
// null where it is not shown.
function prepare(canvas, height = canvas.clientHeight) {
  const width = canvas.clientWidth;
  if (width === 0 || height === 0) return null;
  const ratio = Math.min(devicePixelRatio || 1, 3);
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) {
    [canvas.width, canvas.height] = pixels;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `11px ${inks.font}`;
  context.lineJoin = "round";
  return {context, width, height, ratio};
}

// Draws it anew while the pointer is over its canvas: `pointer` is where, null elsewhere.
function followPointer(drawing) {
  drawing.canvas.addEventListener("pointermove", (event) => {
    drawing.pointer = {x: event.clientX, y: event.clientY};
    drawing.draw();
  });
  drawing.canvas.addEventListener("pointerleave", () => {
    drawing.pointer = null;
    tip.hide();
    drawing.draw();
  });
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

// Shapes of what went wrong.
function cross(context, x, y, size) {
  for (const [width, ink] of [[4, inks.card], [1.8, inks.bad]]) {
    context.lineWidth = width;
    context.strokeStyle = ink;
    line(context, x - size, y - size, x + size, y + size);
    line(context, x - size, y + size, x + size, y - size);
  }
}

function diamond(context, x, y, size) {
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.fillStyle = inks.bad;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = inks.card;
  context.stroke();
}

// Times at the bottom of a chart or the stream.
function drawTimes(context, from, to, left, right, y) {
  const span = to - from;
  const steps = [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, .001, .002, .005, .01, .02, .05,
                 .1, .2, .5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  const most = Math.max(1, (right - left) / 105);
  const step = steps.find((one) => span / one <= most) || 7200;
  const decimals = step >= 1 ? 0 : Math.ceil(-Math.log10(step) - 1e-9);
  context.fillStyle = inks.quiet;
  context.strokeStyle = inks.edge;
  context.lineWidth = 1;
  context.textAlign = "center";
  context.textBaseline = "top";
  const ticks = [];
  for (let n = Math.ceil(from / step); n * step <= to; ++n) {
    const x = left + (n * step - from) / span * (right - left);
    ticks.push(x);
    if (x > left + 24 && x < right - 24) context.fillText(clock(n * step, decimals), x, y);
  }
  return ticks;
}
