// Put the page together; loaded last.

function graph() {
  if (!data.graph) return;
  // As an image a picture can neither run anything nor change this page.
  const picture = make("img", {
    alt: "The graph of the recorded operations",
    src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(data.graph)}`,
  });
  $("picture").append(picture);
  $("graph").hidden = false;
  document.querySelector('nav [href="#graph"]').hidden = false;
  $("graph-size").addEventListener("click", () => {
    const actual = $("picture").classList.toggle("actual");
    $("graph-size").setAttribute("aria-pressed", String(actual));
  });
}

function theme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  $("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
}

/** One tip for everything that has a data-tip, for pointer and keyboard alike. */
function tips() {
  const tip = $("tip");
  const place = (x, y) => {
    tip.style.left = `${Math.max(8, Math.min(x, innerWidth - tip.offsetWidth - 8))}px`;
    const below = y + 18 + tip.offsetHeight < innerHeight;
    tip.style.top = `${below ? y + 18 : y - tip.offsetHeight - 12}px`;
  };
  const open = (event, x, y) => {
    const owner = event.target.closest?.("[data-tip]");
    tip.hidden = !owner;
    if (!owner) return;
    tip.textContent = owner.dataset.tip;
    const box = owner.getBoundingClientRect();
    place(x ?? box.left, y ?? box.bottom - 12);
  };
  const close = () => { tip.hidden = true; };
  document.addEventListener("pointermove", (e) => open(e, e.clientX + 12, e.clientY));
  document.addEventListener("focusin", (e) => open(e));
  document.addEventListener("focusout", close);
  document.addEventListener("click", close);
  document.addEventListener("scroll", close, { passive: true, capture: true });
}

overview();
tables();
sources();
flames();
memory();
graph();
theme();
tips();
