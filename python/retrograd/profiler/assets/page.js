"use strict";
// Everything shown comes from the JSON in #data and reaches the page as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);

/** Make an element; children are elements or strings. */
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "path", "line", "circle", "text", "rect"].includes(tag);
  const element = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// ---- Numbers -------------------------------------------------------------------------------

const UNITS = { time: ["ns", "µs", "ms", "s"], bytes: ["B", "kB", "MB", "GB", "TB", "PB"] };
const whole = new Intl.NumberFormat("en");

function digits(x) {
  if (x >= 99.95) return whole.format(Math.round(x));
  return x >= 9.995 ? x.toFixed(1) : x.toFixed(2);
}

/** A value and its unit; kinds are "time" in ns, "bytes", "count", "share", "rate", "text". */
function parts(value, kind) {
  if (value === null || value === undefined || value === "") return ["–", ""];
  if (kind === "text") return [String(value), ""];
  if (kind === "count") return [whole.format(value), ""];
  if (kind === "share") {
    const percent = 100 * value;
    if (percent > 0 && percent < 0.05) return ["<0.1", "%"];
    return [percent.toFixed(percent < 9.95 && percent > 0 ? 1 : 0), "%"];
  }
  if (kind === "rate") return [value > 0 && value < 0.01 ? "<0.01" : digits(value), ""];
  let unit = 0;
  let size = value;
  while (size >= 999.5 && unit < UNITS[kind].length - 1) [size, unit] = [size / 1000, unit + 1];
  const exact = unit === 0 && Number.isInteger(value);
  return [exact ? whole.format(value) : digits(size), value === 0 ? "" : UNITS[kind][unit]];
}
const show = (value, kind) => parts(value, kind).join("\u202f").trim();
const plural = (n, word) => `${whole.format(n)} ${word}${n === 1 ? "" : "s"}`;

/** A button that leads to a line of source; where room is short the folder is left out. */
function lineButton(label, place) {
  const name = label.lastIndexOf("/") + 1;
  return make("button", { type: "button", class: "name link", onclick: () => jump(...place) },
    make("span", { class: "folder" }, label.slice(0, name)), label.slice(name));
}

/** Draw now, and again whenever the box has another width. */
function onWidth(box, draw) {
  let width = -1;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    draw();
  }).observe(box);
}

/** A small bar. */
const meter = (share, hue) => {
  const bar = make("i");
  bar.style.width = `${Math.min(100, 100 * share)}%`;
  return make("span", { class: `meter ${hue}` }, bar);
};

// ---- Overview ------------------------------------------------------------------------------

function fact(title, value, kind, more = "") {
  const [number, unit] = parts(value, kind);
  $("facts").append(make("div", {}, make("dt", {}, title),
    make("dd", {}, number, make("small", {}, unit), make("span", { class: "more" }, more))));
}

function overview() {
  const { wall, backward_wall, backward_calls, total, phases, threads } = data;
  const { label, share, place } = data.tables.line;
  if (data.top === null) $("lead").append("No line of yours took any time in backward.");
  else {
    $("lead").append("The dearest line in backward is ",
      lineButton(label[data.top], place[data.top]),
      ` with ${show(share[data.top], "share")} of all backward time.`);
  }
  fact("Wall time", wall, "time", threads > 1 ? plural(threads, "thread") : "");
  fact("In backward", backward_wall, "time",
    `${wall ? show(backward_wall / wall, "share") : "–"} · ${plural(backward_calls, "call")}`);
  fact("Operations", total.calls, "count", `${show(total.backward_calls, "count")} backward`);
  fact("Peak memory", data.peak.bytes, "bytes", `at ${show(data.peak.at, "time")}`);
  fact("Allocated", total.allocated_bytes, "bytes", plural(total.allocations, "buffer"));

  const parted = [
    ["forward", "Forward operations", total.forward_ns],
    ["backward", "Backward operations", total.backward_ns - phases],
    ["phase", "Phases of backward", phases],
  ];
  const busy = parted.reduce((sum, part) => sum + part[2], 0);
  // Threads side by side can be busy for longer than the wall time; then nothing is left over.
  parted.push(["rest", "Everything else", Math.max(0, wall - busy)]);
  const all = Math.max(wall, busy) || 1;
  for (const [hue, name, ns] of parted) {
    const piece = make("span", { class: hue });
    piece.style.flex = String(ns / all);
    if (ns > 0) $("split").append(piece);
    $("split-legend").append(make("li", { class: hue }, make("i"), `${name} `,
      make("b", {}, show(ns / all, "share")), ` ${show(ns, "time")}`));
  }
  $("split").setAttribute("aria-label",
    parted.map(([, name, ns]) => `${name} ${show(ns / all, "share")}`).join(", "));
  if (data.roof) {
    $("roof").hidden = false;
    $("roof").textContent = `The limits of this machine, as measured: ${data.roof}.`;
  }
  if (data.dropped) {
    $("dropped").hidden = false;
    $("dropped").textContent = `${plural(data.dropped, "event")} came after the profile’s cap ` +
      "and are missing from the memory curve; tables, source and flame graph count everything.";
  }
}
