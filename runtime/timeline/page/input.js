
// listen takes what people do: buttons, keys, wheel, pointers, links.
function listen(view) {
  const { box, data } = view;
  buttons(view);
  box.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || !press(view, e)) return;
    e.preventDefault();
    hideTip();
  });
  box.addEventListener("wheel", (e) => {
    e.preventDefault();
    hideTip();
    const unit = e.deltaMode === 1 ? 30 : 1; // lines
    const sideways = e.shiftKey ? e.deltaX || e.deltaY : Math.abs(e.deltaX) > Math.abs(e.deltaY) ? e.deltaX : 0;
    if (sideways) view.pan(sideways * unit / view.g.width);
    else view.zoom(Math.exp(e.deltaY * unit * (e.ctrlKey ? 0.01 : 0.002)), e.clientX - box.getBoundingClientRect().left);
  }, { passive: false });
  box.addEventListener("scroll", () => view.redraw(), { passive: true });
  drag(view);
  dragOverview(view);
  byID("filter").addEventListener("input", (e) => view.filter(e.target.value.trim()));
  document.addEventListener("click", (e) => {
    const link = e.target.closest("a[href^='#t=']");
    if (!link) return;
    e.preventDefault();
    view.followFrom(link);
  });
  window.addEventListener("hashchange", () => view.follow(location.hash));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.recolour());
  window.addEventListener("resize", () => view.layOut());
}

function buttons(view) {
  const { data } = view;
  for (const button of document.querySelectorAll("#tools button")) {
    const { width, zoom, step } = button.dataset;
    if (width > data.span || step && data.findings.length === 0) button.hidden = true;
    button.addEventListener("click", () => {
      if (zoom) view.zoom(+zoom);
      else if (step) view.step(+step);
      else if (width === "all") view.show(0, data.span);
      else {
        const middle = view.view.finding ? view.view.finding.time : view.view.t + view.view.w / 2;
        view.show(middle - width / 2, +width);
      }
    });
  }
}

// press does what a key means, and tells whether it means anything.
function press(view, e) {
  const { box } = view, { t, w } = view.view;
  switch (e.key) {
    case "ArrowLeft": view.pan(e.shiftKey ? -1 : -0.15); break;
    case "ArrowRight": view.pan(e.shiftKey ? 1 : 0.15); break;
    case "ArrowUp": box.scrollTop -= 60; break;
    case "ArrowDown": box.scrollTop += 60; break;
    case "+": case "=": view.zoom(0.5); break;
    case "-": view.zoom(2); break;
    case "0": view.show(0, view.data.span); break;
    case "Home": view.show(0, w); break;
    case "End": view.show(view.data.span - w, w); break;
    case "n": view.step(1); break;
    case "p": view.step(-1); break;
    default: return false;
  }
  return true;
}

// drag moves the lanes with the mouse or a finger, and zooms with two.
function drag(view) {
  const { box } = view;
  const down = new Map(); // pointers that are down
  const span = () => {
    const [a, b] = [...down.values()];
    return { middle: (a.x + b.x) / 2, apart: Math.max(Math.abs(a.x - b.x), 20) };
  };
  let last;
  box.addEventListener("pointerdown", (e) => {
    if (e.button !== 0 || e.offsetX >= box.clientWidth && e.target === box) return; // the scroll bar
    hideTip();
    down.set(e.pointerId, { x: e.clientX, y: e.clientY });
    if (down.size === 2) last = span();
    if (down.size === 1) last = { moved: 0 };
    box.setPointerCapture(e.pointerId);
  });
  box.addEventListener("pointermove", (e) => {
    const from = down.get(e.pointerId), plot = view.g.width - view.g.gutter;
    if (!from) {
      if (e.pointerType === "mouse") showTip(view, e);
      return;
    }
    const x = e.clientX, y = e.clientY;
    down.set(e.pointerId, { x, y });
    if (down.size === 1) {
      view.pan((from.x - x) / plot);
      last.moved += Math.abs(from.x - x) + Math.abs(from.y - y);
      if (e.pointerType === "mouse") box.scrollTop += from.y - y;
    } else if (down.size === 2) {
      const now = span();
      view.pan((last.middle - now.middle) / plot);
      view.zoom(last.apart / now.apart, now.middle - box.getBoundingClientRect().left);
      last = now;
    }
  });
  const up = (e) => {
    if (!down.delete(e.pointerId)) return;
    if (down.size === 1) last = { moved: Infinity };
    if (down.size === 0 && e.type === "pointerup" && last.moved < 4) showTip(view, e);
  };
  box.addEventListener("pointerup", up);
  box.addEventListener("pointercancel", up);
  box.addEventListener("pointerleave", hideTip);
}

// dragOverview moves what is shown to where the pointer is.
function dragOverview(view) {
  const canvas = byID("overview");
  let grip = null; // from the left edge of the frame, in milliseconds
  const move = (e) => {
    if (grip === null) return;
    const r = canvas.getBoundingClientRect();
    view.show((e.clientX - r.left) / r.width * view.data.span - grip, view.view.w);
  };
  canvas.addEventListener("pointerdown", (e) => {
    const r = canvas.getBoundingClientRect(), { t, w } = view.view;
    const at = (e.clientX - r.left) / r.width * view.data.span;
    grip = at >= t && at <= t + w ? at - t : w / 2;
    canvas.setPointerCapture(e.pointerId);
    move(e);
  });
  canvas.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { grip = null; });
}

function showTip(view, e) {
  const r = view.box.getBoundingClientRect();
  const x = e.clientX - r.left, y = e.clientY - r.top, row = view.rowAt(y);
  if (!row || x < view.g.gutter - 4) return hideTip();
  const reach = 5 * view.view.w / (view.g.width - view.g.gutter);
  const within = y - RULER + view.box.scrollTop - row.y - (view.g.narrow ? NAME : 0);
  const found = nearest(view.data, row.lane, within, view.timeAt(x), reach);
  if (!found) return hideTip();
  const [title, ...rest] = tipLines(view.data, view.clock, found, row.lane, reach);
  const tip = byID("tip"), bold = document.createElement("b");
  bold.textContent = title;
  tip.replaceChildren(bold, ...rest.map((text) => {
    const line = document.createElement("span");
    line.textContent = text;
    return line;
  }));
  tip.hidden = false;
  tip.style.left = Math.max(4, Math.min(e.clientX + 12, document.documentElement.clientWidth - tip.offsetWidth - 8)) + "px";
  const below = e.clientY + 16;
  tip.style.top = (below + tip.offsetHeight > window.innerHeight ? Math.max(4, e.clientY - tip.offsetHeight - 10) : below) + "px";
}

function hideTip() { byID("tip").hidden = true; }
