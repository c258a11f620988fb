// Live memory over time, and whose saved values made up the peak.

const IDLE = "Move over the curve to read it.";

/** A round amount, without zeros after the point. */
function tick(value, kind) {
  const [number, unit] = parts(value, kind);
  return `${number.includes(".") ? number.replace(/\.?0+$/, "") : number}\u202f${unit}`.trim();
}

/** The round step of which at most `wanted` fit into `range`. */
function roundStep(range, wanted) {
  const base = 10 ** Math.floor(Math.log10(range / wanted));
  return base * [1, 2, 5, 10].find((factor) => base * factor * wanted >= range);
}

/** How nanoseconds and bytes become pixels in the box as it is now. */
function curveScales(box) {
  const [width, height] = [box.clientWidth, box.clientHeight];
  const [left, right, top, bottom] = [64, 14, 26, 24];
  const span = data.memory.span;
  const most = Math.max(data.peak.bytes, ...data.memory.high, 1) * 1.04;
  return {
    width, height, left, top, span, most,
    end: width - right,
    floor: height - bottom,
    x: (ns) => left + (ns / span) * (width - left - right),
    y: (bytes) => height - bottom - (bytes / most) * (height - top - bottom),
    time: (pixel) => ((pixel - left) / (width - left - right)) * span,
  };
}

function axes({ width, height, left, end, span, most, x, y }) {
  const marks = [];
  const step = roundStep(most, 5);
  for (let bytes = 0; bytes <= most; bytes += step) {
    marks.push(make("line", { class: "grid", x1: left, x2: end, y1: y(bytes), y2: y(bytes) }),
      make("text", { x: left - 8, y: y(bytes) + 4, "text-anchor": "end" }, tick(bytes, "bytes")));
  }
  const pace = roundStep(span, Math.max(2, width / 110));
  for (let ns = 0; ns <= span; ns += pace) {
    const anchor = ns === 0 ? "start" : x(ns) > end - 20 ? "end" : "middle";
    marks.push(make("text", { x: x(ns), y: height - 6, "text-anchor": anchor }, tick(ns, "time")));
  }
  return marks;
}

/** The band between the least and the most of each stretch, in steps, and all that lies below. */
function band({ span, x, y }) {
  const { low, high } = data.memory;
  const steps = (values) => values.map((bytes, i) =>
    `${x((span * i) / values.length).toFixed(1)},${y(bytes).toFixed(1)} ` +
    `${x((span * (i + 1)) / values.length).toFixed(1)},${y(bytes).toFixed(1)}`);
  const [upper, lower] = [steps(high), steps(low)];
  const back = lower.map((step) => step.split(" ").reverse().join(" ")).reverse();
  return [
    make("path", { class: "area", d: `M${upper.join(" ")} ${x(span)},${y(0)} ${x(0)},${y(0)}Z` }),
    make("path", { class: "band", d: `M${upper.join(" ")} ${back.join(" ")}Z` }),
    make("path", { class: "edge", d: `M${upper.join(" ")}` }),
  ];
}

function peakMark({ end, floor, x, y }) {
  const [px, py] = [x(data.peak.at), y(data.peak.bytes)];
  const late = px > end * 0.75;
  return [
    make("line", { class: "peak-rule", x1: px, x2: px, y1: py, y2: floor }),
    make("circle", { class: "peak", cx: px, cy: py, r: 4 }),
    make("text", { class: "peak-label", x: px + (late ? -9 : 9), y: py - 8,
      "text-anchor": late ? "end" : "start" }, `peak ${show(data.peak.bytes, "bytes")}`),
  ];
}

function drawCurve() {
  const box = $("curve");
  const { low, high } = data.memory;
  const scales = curveScales(box);
  const { width, height, top, floor, span, x } = scales;
  const peak = `${show(data.peak.bytes, "bytes")} at ${show(data.peak.at, "time")}`;
  const label = `Live memory over ${show(span, "time")}; the peak is ${peak}`;
  const cursor = make("line", { class: "cursor", y1: top, y2: floor, visibility: "hidden" });
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    ...axes(scales), ...band(scales), ...peakMark(scales), cursor);
  svg.addEventListener("pointermove", (event) => {
    const ns = scales.time(event.clientX - box.getBoundingClientRect().left);
    const inside = ns >= 0 && ns < span;
    cursor.setAttribute("visibility", inside ? "visible" : "hidden");
    if (!inside) return;
    cursor.setAttribute("x1", x(ns));
    cursor.setAttribute("x2", x(ns));
    const i = Math.floor((ns / span) * high.length);
    const least = low[i] === high[i] ? "" : `${show(low[i], "bytes")} to `;
    $("curve-detail").textContent =
      `${least}${show(high[i], "bytes")} alive at ${show(ns, "time")}`;
  });
  svg.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    $("curve-detail").textContent = IDLE;
  });
  $("curve-detail").textContent = IDLE;
  box.replaceChildren(svg);
}

function memory() {
  if (data.memory.high.length) onWidth($("curve"), drawCurve);
  else $("curve").append(make("p", { class: "missing" }, "No events were kept, so no curve."));
  const { bytes, lines, more, saved } = data.peak;
  $("peak-note").textContent = lines.length
    ? `${show(saved, "bytes")} of ${show(bytes, "bytes")} were saved for backward by these ` +
      "lines; the rest were other results, gradients and buffers."
    : "Nothing was saved for backward at that moment.";
  for (const [label, size, place] of lines) {
    const name = place ? lineButton(label, place) : make("span", { class: "name" }, label);
    $("peak-lines").append(make("li", { title: label }, name, meter(size / lines[0][1], "memory"),
      make("span", {}, show(size, "bytes")),
      make("span", {}, show(bytes ? size / bytes : 0, "share"))));
  }
  if (more) $("peak-lines").append(make("li", {}, `and ${whole.format(more)} more lines`));
}
