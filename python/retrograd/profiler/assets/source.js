// The user's source with times in the margin, one file at a time.

const BLOCK = 200; // lines filled in at a time
const LINE = 20; // pixels
const LARGE = 4000; // lines above which a file is filled in only where it is looked at
const TOKENS = new RegExp([
  /[rbfuRBFU]{0,2}(?<triple>"""|''')/, /(?<com>#.*)/,
  /(?<str>[rbfuRBFU]{0,2}(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))/,
  new RegExp("\\b(?<kw>and|as|assert|async|await|break|class|continue|def|del|elif|else|except|" +
    "finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|" +
    "with|yield|None|True|False)\\b"),
  /\b(?<num>\d[\w.]*)/,
].map((part) => part.source).join("|"), "g");
const source = { file: -1, here: null };

/** A line's pieces with their kinds, and the triple quote that is open after it. */
function split(line, open) {
  const pieces = [];
  let at = 0;
  const put = (to, kind) => {
    if (to > at) pieces.push([line.slice(at, to), kind]);
    at = to;
  };
  const close = (from) => {
    const end = line.indexOf(open, from);
    put(end < 0 ? line.length : end + 3, "str");
    if (end >= 0) open = "";
  };
  if (open) close(0);
  while (at < line.length) {
    TOKENS.lastIndex = at;
    const found = TOKENS.exec(line);
    put(found ? found.index : line.length);
    if (!found) break;
    const kind = Object.keys(found.groups).find((name) => found.groups[name]);
    if (kind === "triple") {
      open = found.groups.triple;
      close(at + found[0].length);
    } else put(at + found[0].length, kind);
  }
  return { pieces, open };
}

/** For every line the triple quote that is open before it, or "". */
function quotes(lines) {
  let open = "";
  return lines.map((line) => {
    const before = open;
    open = split(line, open).open;
    return before;
  });
}

function paint(line, open) {
  const pieces = split(line, open).pieces.map(([text, kind]) =>
    kind ? make("span", { class: kind }, text) : text);
  return make("code", {}, ...pieces);
}

function sourceLine(file, number) {
  const hit = file.hits[number];
  const known = hit || file.walks[number];
  const row = make("div", { class: known ? "src hit" : "src", "data-line": number });
  if (hit) {
    row.append(make("span", { class: "f" }, hit.forward ? show(hit.forward, "time") : ""),
      make("span", { class: "b" }, hit.backward ? show(hit.backward, "time") : ""),
      make("span", { title: `${show(hit.share, "share")} of backward` },
        meter(hit.share, "backward")));
    row.style.setProperty("--heat", String(file.hottest ? hit.backward / file.hottest : 0));
  } else row.append(make("span"), make("span"), make("span"));
  row.append(make("span", { class: "n" }, String(number)),
    paint(file.lines[number - 1] ?? "", file.quote[number - 1]));
  if (known) row.addEventListener("click", () => jump(source.file, number, false));
  return row;
}

/** The lines to show: those of the source, and what was measured past its end. */
function numbers(file) {
  const past = new Set([...Object.keys(file.hits), ...Object.keys(file.walks)].map(Number)
    .filter((number) => number > file.lines.length));
  return [...file.lines.map((_, i) => i + 1), ...[...past].sort((a, b) => a - b)];
}

function fill(block) {
  if (block.childElementCount) return;
  const file = data.files[source.file];
  const first = Number(block.dataset.first);
  const shown = file.numbers.slice(first, first + BLOCK);
  block.append(...shown.map((number) => sourceLine(file, number)));
}
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) fill(entry.target);
}, { root: $("code"), rootMargin: "600px" });

function drawSource(place) {
  const file = data.files[place];
  if (place === source.file || !file) return;
  Object.assign(source, { file: place, here: null });
  $("file").value = String(place);
  seen.disconnect();
  file.quote ??= quotes(file.lines);
  file.hottest ??= Object.values(file.hits).reduce((most, hit) => Math.max(most, hit.backward), 0);
  file.numbers ??= numbers(file);
  $("code").replaceChildren();
  $("code").scrollTop = 0;
  if (!file.lines.length) {
    $("code").append(make("p", { class: "missing" },
      "The source of this file is not at hand; these are the lines that were measured."));
  }
  for (let first = 0; first < file.numbers.length; first += BLOCK) {
    const block = make("div", { class: "block", "data-first": first });
    block.style.minHeight = `${LINE * Math.min(BLOCK, file.numbers.length - first)}px`;
    $("code").append(block);
    if (file.numbers.length > LARGE) seen.observe(block);
    else fill(block);
  }
}

/** What was done at a line, as a table below it. */
function details(file, number) {
  const row = (op, calls, forward, backward, about) => make("tr", {},
    make("td", {}, op), make("td", {}, `${show(calls, "count")} ×`),
    make("td", { class: "f" }, forward ? show(forward, "time") : ""),
    make("td", { class: "b" }, backward ? show(backward, "time") : ""), make("td", {}, about));
  const { ops, more } = file.hits[number] ?? { ops: [], more: 0 };
  const rows = ops.map((op) => row(...op));
  const walk = file.walks[number];
  if (walk) rows.push(row("backward()", walk[0], 0, walk[1], "whole walks, all lines together"));
  const rest = more ? [make("div", {}, `and ${whole.format(more)} more`)] : [];
  return make("div", { class: "ops" }, make("table", {}, make("tbody", {}, ...rows)), ...rest);
}

/** Mark a line and show its details; unless told otherwise, bring it into view. */
function jump(place, number, scroll = true) {
  drawSource(place);
  const file = data.files[place];
  $("code").querySelector(".ops")?.remove();
  $("code").querySelector(".here")?.classList.remove("here");
  const at = file.numbers.indexOf(number);
  if (at < 0) return;
  const block = $("code").querySelector(`[data-first="${at - (at % BLOCK)}"]`);
  fill(block);
  const row = block.querySelector(`[data-line="${number}"]`);
  row.classList.add("here");
  source.here = number;
  row.after(details(file, number));
  if (!scroll) return;
  const box = $("code");
  const below = row.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTop += below - box.clientHeight / 3;
  $("source").scrollIntoView();
  box.focus({ preventScroll: true });
}

function sources() {
  data.files.forEach((file, i) => $("file").append(make("option", { value: i }, file.label)));
  $("file").addEventListener("change", () => drawSource(Number($("file").value)));
  // All measured lines, dearest first; the buttons go along that list.
  const ranked = data.files.flatMap((file, i) => Object.entries(file.hits)
    .map(([number, hit]) => ({ file: i, number: Number(number), ns: hit.backward })));
  ranked.sort((a, b) => b.ns - a.ns);
  const step = (by) => {
    const at = ranked.findIndex((r) => r.file === source.file && r.number === source.here);
    const next = ranked[at < 0 ? 0 : Math.min(ranked.length - 1, Math.max(0, at + by))];
    if (next) jump(next.file, next.number);
  };
  $("hotter").addEventListener("click", () => step(-1));
  $("colder").addEventListener("click", () => step(1));
  if (data.files.length) drawSource(0);
  else $("code").append(make("p", { class: "missing" }, "No line of yours was seen."));
  if (ranked.length) jump(ranked[0].file, ranked[0].number, false);
  const here = $("code").querySelector(".here");
  if (here) $("code").scrollTop = here.offsetTop - 120;
}
