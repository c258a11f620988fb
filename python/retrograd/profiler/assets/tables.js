// The tables: sorted by any column, filtered by name; of long ones only the part in view exists.

const NAMES = { line: "Line", op: "Operation", region: "Region", shape: "Operation and shapes" };
const COLUMNS = [
  { key: "calls", title: "Calls", kind: "count", width: 4.9, hint: "Forward calls" },
  { key: "wall", title: "Open", kind: "time", width: 5, hint: "How long the region was open" },
  { key: "forward", title: "Forward", kind: "time", width: 5.3, hint: "Time in forward" },
  { key: "forward_call", title: "per call", kind: "time", width: 5, hint: "Forward time per call" },
  { key: "backward", title: "Backward", kind: "time", width: 5.9, hint: "Time in backward" },
  { key: "backward_call", title: "per call", kind: "time", width: 5,
    hint: "Backward time per call" },
  { key: "share", title: "Share", kind: "share", width: 7, hint: "Share of all backward time" },
  { key: "gb_per_s", title: "GB/s", kind: "rate", width: 4, hint: "GB read and written a second" },
  { key: "gflop_per_s", title: "GFLOP/s", kind: "rate", width: 5.2, hint: "GFLOP a second" },
  { key: "roof", title: "Of roof", kind: "share", width: 5,
    hint: "Share of what this machine can do; above 100 % the data came from cache" },
  { key: "bound", title: "Bound by", kind: "text", width: 5.7,
    hint: "What limits the speed: calling, moving bytes, or computing" },
  { key: "saved", title: "Saved", kind: "bytes", width: 5.2, hint: "Bytes kept for backward" },
];
const FEW = 20; // rows before “show all”
const MANY = 400; // rows above which only those in view are in the page
const table = { by: "line", key: "backward", down: true, all: false, order: [], from: 0, to: 0 };
const collator = new Intl.Collator("en", { numeric: true });

const columns = () => [
  { key: "label", title: NAMES[table.by], kind: "name" },
  ...COLUMNS.filter(({ key }) => data.tables[table.by][key]),
];

function sorted() {
  const values = data.tables[table.by];
  const by = values[table.key];
  const wanted = $("filter").value.toLowerCase();
  const order = [...values.label.keys()]
    .filter((i) => !wanted || values.label[i].toLowerCase().includes(wanted));
  const sign = table.down ? -1 : 1;
  const compare = typeof by[0] === "string" ? collator.compare : (a, b) => a - b;
  const missing = (x) => x === null || x === "";
  return order.sort((a, b) => {
    // What has no value stands last whichever way the rest is sorted.
    if (missing(by[a]) || missing(by[b])) return missing(by[a]) - missing(by[b]) || a - b;
    return sign * compare(by[a], by[b]) || a - b;
  });
}

function cell({ key, kind }, i) {
  const values = data.tables[table.by];
  if (kind === "name") {
    const place = values.place?.[i];
    const label = values.label[i];
    if (!place) return make("td", { title: label }, make("span", { class: "name" }, label));
    const text = (data.files[place[0]].lines[place[1] - 1] ?? "").trim();
    const go = lineButton(label, place);
    go.dataset.row = i;
    const snippet = make("span", { class: "name snippet" }, text);
    return make("td", { title: `${label}  ${text}` }, go, snippet);
  }
  // Nothing and nothing known look the same: a dash that the eye passes over.
  const [number, unit] = parts(values[key][i] || null, kind);
  const td = make("td", { class: number === "–" ? "none" : kind }, number);
  if (unit) td.append(make("small", {}, unit));
  if (key === "share") td.append(meter(values.share[i] ?? 0, "backward"));
  return td;
}

function drawRows(force = true) {
  const box = $("table-scroll");
  const body = $("table").tBodies[0];
  const count = table.all ? table.order.length : Math.min(FEW, table.order.length);
  const height = body.querySelector("tr[data-at]")?.offsetHeight || 33;
  let [from, to] = [0, count];
  if (count > MANY) {
    from = Math.max(0, Math.floor(box.scrollTop / height) - 30);
    to = Math.min(count, from + Math.ceil(box.clientHeight / height) + 60);
    const near = from > 0 && Math.abs(from - table.from) < 20;
    if (!force && (near || (from === table.from && to === table.to))) return;
  } else if (!force) return;
  [table.from, table.to] = [from, to];
  const focused = document.activeElement?.dataset.row;
  const gap = (rows) => {
    const td = make("td", { colspan: columns().length, class: "gap" });
    td.style.height = `${rows * height}px`;
    return rows ? [make("tr", { "aria-hidden": "true" }, td)] : [];
  };
  const shown = columns();
  const rows = table.order.slice(from, to).map((i, at) => {
    const phase = data.tables[table.by].label[i].startsWith("(");
    return make("tr",
      { "data-at": from + at, "aria-rowindex": from + at + 2, class: phase && "phase-row" },
      ...shown.map((column) => cell(column, i)));
  });
  body.replaceChildren(...gap(from), ...rows, ...gap(count - to));
  if (focused) body.querySelector(`[data-row="${focused}"]`)?.focus({ preventScroll: true });
}

function drawTable() {
  const shown = columns();
  if (!shown.some(({ key }) => key === table.key)) table.key = "backward";
  table.order = sorted();
  $("table").setAttribute("aria-rowcount", String(table.order.length + 1));
  $("table").querySelector("colgroup").replaceChildren(...shown.map(({ width }) => {
    const col = make("col");
    if (width) col.style.width = `${width}rem`;
    return col;
  }));
  $("table").tHead.replaceChildren(make("tr", {}, ...shown.map(({ key, title, hint }) =>
    make("th", {
      scope: "col", "data-key": key, title: hint,
      "aria-sort": key !== table.key ? "none" : table.down ? "descending" : "ascending",
    }, make("button", {
      type: "button", "aria-label": hint ?? title, onclick: () => sortBy(key),
    }, title)))));
  const all = table.order.length;
  $("table-count").textContent = all > FEW && !table.all
    ? `The first ${FEW} of ${whole.format(all)}` : plural(all, "row");
  $("table-all").hidden = all <= FEW;
  $("table-all").textContent = table.all ? "Show fewer" : `Show all ${whole.format(all)}`;
  $("table-scroll").scrollTop = 0;
  drawRows();
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.by === table.by;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
}

function sortBy(key) {
  // Names begin at the front, amounts with the largest.
  table.down = key === table.key ? !table.down : typeof data.tables[table.by][key][0] !== "string";
  table.key = key;
  drawTable();
  $("table").querySelector(`th[data-key="${key}"] button`).focus();
}

function tables() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => {
      Object.assign(table, { by: tab.dataset.by, all: false });
      drawTable();
    });
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(i + step + tabs.length) % tabs.length];
      next.click();
      next.focus();
    });
  });
  $("filter").addEventListener("input", drawTable);
  $("table-all").addEventListener("click", () => { table.all = !table.all; drawTable(); });
  $("table-scroll").addEventListener("scroll", () => drawRows(false), { passive: true });
  drawTable();
}
