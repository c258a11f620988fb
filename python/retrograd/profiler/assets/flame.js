// The flame graph. The tree comes as arrays in preorder, so no walk over it needs recursion; only
// what is wide enough to be seen is put into the page.

const ROW = 25; // pixels from one level to the next
const THIN = 2.5; // pixels below which a frame joins its neighbours
const JOINED = 26; // pixels at which joined frames make a block
const flame = { ...data.flame, after: [], parent: [], start: [], hue: [], view: null };
const frameName = (i) => flame.names[flame.name[i]];

/** From depths and values: each frame's parent, its left end and the end of its subtree. */
function arrange() {
  const { depth, value } = flame;
  const open = []; // the path to the frame, by depth
  const edge = []; // where the next child at a depth begins
  for (let i = 0; i < depth.length; i++) {
    while (open.length > depth[i]) flame.after[open.pop()] = i;
    const parent = open.at(-1) ?? -1;
    flame.parent[i] = parent;
    flame.start[i] = edge[depth[i]] ?? 0;
    edge[depth[i]] = flame.start[i] + value[i];
    edge[depth[i] + 1] = flame.start[i];
    if (depth[i] === 0) flame.hue[i] = "rest";
    else if (depth[i] === 1) flame.hue[i] = frameName(i); // forward or backward
    else flame.hue[i] = frameName(i).startsWith("(") ? "phase" : flame.hue[parent];
    open.push(i);
  }
  while (open.length) flame.after[open.pop()] = depth.length;
}

/** Show the frames [first, last), which are siblings, over the full width. */
function zoom(first, last, width) {
  flame.view = { first, last, width };
  $("reset").disabled = first === 0;
  drawFlame();
}
const zoomTo = (i) => zoom(i, flame.after[i], flame.value[i]);

/** What is seen of the view: frames, their place in shares of the width, and what a click does. */
function visible() {
  const { first, last, width } = flame.view;
  const { value, start, depth, after, parent } = flame;
  const scale = $("frames").clientWidth / (width || 1);
  const found = [];
  const add = (i, sum, count, action, above = false) => {
    const name = count === 1 ? frameName(i) : `${whole.format(count)} frames`;
    const note = count === 1 ? "" : " too narrow to draw; click to spread";
    found.push({
      i, name, action, above,
      left: above ? 0 : (start[i] - start[first]) / width,
      share: above ? 1 : sum / width,
      tip: `${name}${note}\n${show(sum, "time")} · ${show(sum / value[0], "share")} of all`,
    });
  };
  for (let i = parent[first]; i >= 0; i = parent[i]) {
    const above = i;
    add(above, value[above], 1, () => zoomTo(above), true);
  }
  let thin = null; // neighbours that are joined
  const flush = () => {
    if (!thin) return;
    const { from, to, sum, count } = thin;
    add(from, sum, count, () => zoom(from, to, sum));
    thin = null;
  };
  for (let i = first; i < last;) {
    if (value[i] * scale >= THIN) {
      const here = i++;
      flush();
      add(here, value[here], 1, () => zoomTo(here));
      continue;
    }
    if (thin && thin.to !== i) flush();
    thin ??= { from: i, to: i, sum: 0, count: 0 };
    thin.to = after[i];
    thin.sum += value[i];
    thin.count++;
    // Frames of other parents, even if they follow at once, are no neighbours.
    if (thin.sum * scale >= JOINED || depth[thin.to] !== depth[i]) flush();
    i = after[i];
  }
  flush();
  // In reading order: from the top, left to right.
  return found.sort((a, b) => depth[a.i] - depth[b.i] || a.left - b.left);
}

function drawFlame() {
  const box = $("frames");
  const matches = findFrames();
  const focused = box.contains(document.activeElement) && document.activeElement.dataset.frame;
  const found = visible();
  box.replaceChildren(...found.map(({ i, name, left, share, tip, above, action }) => {
    const wide = share * box.clientWidth > 28;
    const kind = [flame.hue[i], above && "above", !wide && "thin",
      matches?.has(flame.name[i]) && "match"];
    const button = make("button", {
      type: "button", class: ["frame", ...kind.filter(Boolean)].join(" "), onclick: action,
      "data-frame": i, "data-tip": tip, "aria-label": tip,
    }, wide ? name : "");
    Object.assign(button.style,
      { left: `${100 * left}%`, width: `${100 * share}%`, top: `${flame.depth[i] * ROW}px` });
    // Neighbours differ a little, and a name has the same tone everywhere.
    button.style.setProperty("--tone", String(24 + ((flame.name[i] * 37) % 5) * 6));
    return button;
  }));
  // They come in the order of depth.
  box.style.height = `${(flame.depth[found.at(-1).i] + 1) * ROW}px`;
  box.classList.toggle("searching", matches !== null);
  if (focused) box.querySelector(`[data-frame="${focused}"]`)?.focus({ preventScroll: true });
}

/** The names that match the search, or null without one; says how much time is in them. */
function findFrames() {
  const wanted = $("find").value.trim().toLowerCase();
  $("found").textContent = "";
  if (!wanted) return null;
  const matching = [...flame.names.keys()]
    .filter((n) => flame.names[n].toLowerCase().includes(wanted));
  const matches = new Set(matching);
  let [sum, count] = [0, 0];
  for (let i = 0; i < flame.depth.length;) {
    // A match inside a match is part of its time already.
    const found = matches.has(flame.name[i]);
    if (found) [sum, count] = [sum + flame.value[i], count + 1];
    i = found ? flame.after[i] : i + 1;
  }
  const share = show(sum / flame.value[0], "share");
  $("found").textContent = count ? `${whole.format(count)} found · ${share}` : "nothing found";
  return matches;
}

function flames() {
  if (!flame.value[0]) {
    $("find").disabled = true;
    $("frames").append(make("p", { class: "missing" }, "Nothing was timed."));
    return;
  }
  arrange();
  $("reset").addEventListener("click", () => zoomTo(0));
  $("find").addEventListener("input", drawFlame);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.target.closest("input")) zoomTo(0);
  });
  flame.view = { first: 0, last: flame.after[0], width: flame.value[0] };
  onWidth($("frames"), drawFlame);
}
