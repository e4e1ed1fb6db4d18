
// The view and the ways to change it: buttons, wheel, drag, pinch, keys, links.

const byID = (id) => document.getElementById(id);
const SHORTEST = SECOND;

class View {
  constructor(data) {
    this.data = data;
    this.clock = new Clock(data);
    this.stage = new Stage(data, this.clock);
    this.view = { t: 0, w: data.span, finding: null };
    this.lanes = data.lanes;
    for (const lane of data.lanes) lane.findings = [];
    data.findings.forEach((f, i) => {
      f.number = i + 1;
      if (f.lane >= 0) data.lanes[f.lane].findings.push(f);
    });
    this.box = byID("stage");
    this.canvas = byID("lanes");
    this.overview = new Overview(data, this.clock, byID("overview"));
    this.recolour();
    this.layOut();
  }

  recolour() {
    this.colours = palette();
    legend(this.data, this.colours);
    this.redraw();
  }

  // layOut places the lanes, after the size of the page or the filter has changed.
  layOut() {
    const g = this.g = { width: this.box.clientWidth, narrow: this.box.clientWidth < 700, gutter: 0, rows: [], scroll: 0 };
    const ctx = this.canvas.getContext("2d");
    ctx.font = FONT.replace("11px", "12px");
    if (!g.narrow) {
      const widest = Math.max(0, ...this.lanes.map((l) => ctx.measureText(l.name).width));
      g.gutter = Math.round(Math.min(Math.max(widest + 20, 80), g.width / 5));
    }
    byID("overview").style.marginLeft = g.gutter + "px"; // above its place in the lanes
    byID("overview").style.width = g.width - g.gutter + 2 + "px";
    let y = 0;
    for (const lane of this.lanes) {
      const height = lane.size + (g.narrow ? NAME : 0);
      g.rows.push({ lane, y, height });
      y += height;
    }
    const whole = RULER + Math.max(y, 40);
    g.height = Math.min(whole, Math.round(Math.max(window.innerHeight * 0.72, 240)) - 2);
    this.box.style.height = g.height + 2 + "px";
    byID("height").style.height = whole - g.height + "px";
    this.redraw();
  }

  // redraw draws at the next frame.
  redraw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const { g, view } = this;
    g.scroll = this.box.scrollTop;
    const ctx = prepare(this.canvas, g.width, g.height);
    this.shown = this.stage.draw(ctx, view, this.colours, g);
    this.overview.draw(view, this.colours);
    byID("range").textContent = this.range();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settled(), 150);
    byID("inview").parentElement.setAttribute("aria-busy", "true");
  }

  range() {
    const { t, w } = this.view, step = w < 5 * MINUTE ? (w < 5 * SECOND ? 1 : SECOND) : MINUTE;
    return `${this.clock.moment(t, step)} to ${this.clock.moment(t + w, step)} (${lasted(w)})` +
      (this.view.finding ? `, finding ${this.view.finding.number} of ${this.data.findings.length}` : "");
  }

  // settled does what can wait until the view rests.
  settled() {
    const { t, w, finding } = this.view;
    fillTable(this.data, this.clock, this.view, this.shown);
    const link = linkTo(this.clock, t + w / 2, w, finding && finding.number);
    if (this.moved && location.hash !== link) history.replaceState(null, "", link);
    byID("inview").parentElement.setAttribute("aria-busy", "false");
  }

  // show shows w from t on, as far as the span allows.
  show(t, w) {
    const { span } = this.data;
    this.view.w = Math.min(Math.max(w, Math.min(SHORTEST, span)), span);
    this.view.t = Math.min(Math.max(t, 0), span - this.view.w);
    this.moved = true;
    this.redraw();
  }

  // zoom makes the view factor times as wide; the time at x stays where it is.
  zoom(factor, x = this.g.gutter + (this.g.width - this.g.gutter) / 2) {
    const { span } = this.data, { t, w } = this.view;
    const share = Math.min(Math.max((x - this.g.gutter) / (this.g.width - this.g.gutter), 0), 1);
    const wide = Math.min(Math.max(w * factor, Math.min(SHORTEST, span)), span);
    this.show(t + share * (w - wide), wide);
  }

  pan(share) { this.show(this.view.t + share * this.view.w, this.view.w); }

  timeAt(x) { return this.view.t + (x - this.g.gutter) / (this.g.width - this.g.gutter) * this.view.w; }

  rowAt(y) {
    const at = y - RULER + this.box.scrollTop;
    return y < RULER ? undefined : this.g.rows.find((r) => at >= r.y && at < r.y + r.height);
  }

  // find goes to a finding, and brings its lane into sight.
  find(finding, w = Math.min(this.view.w, 10 * MINUTE)) {
    this.view.finding = finding;
    this.show(finding.time - w / 2, w);
    document.querySelectorAll("#findings li").forEach((li, i) => {
      li.classList.toggle("current", i + 1 === finding.number);
      if (i + 1 === finding.number) li.setAttribute("aria-current", "true"); else li.removeAttribute("aria-current");
    });
    let row = this.g.rows.find((r) => r.lane === this.data.lanes[finding.lane]);
    if (!row && finding.lane >= 0) {
      byID("filter").value = ""; // it hides the lane
      this.filter("");
      row = this.g.rows.find((r) => r.lane === this.data.lanes[finding.lane]);
    }
    if (!row) return;
    const top = this.box.scrollTop, bottom = top + this.g.height - RULER;
    if (row.y < top || row.y + row.height > bottom) this.box.scrollTop = row.y - (this.g.height - RULER - row.height) / 2;
  }

  // step goes to the finding after or before.
  step(by) {
    const all = this.data.findings, now = this.view.finding;
    if (all.length === 0) return;
    let i;
    if (now) i = now.number - 1 + by;
    else if (by > 0) i = Math.max(all.findIndex((f) => f.time >= this.view.t), 0);
    else i = all.findLastIndex((f) => f.time < this.view.t + this.view.w);
    this.find(all[(i + all.length) % all.length]);
  }

  filter(text) {
    const wanted = text.toLowerCase();
    this.lanes = this.data.lanes.filter((l) => l.name.toLowerCase().includes(wanted));
    this.box.scrollTop = 0;
    this.layOut();
  }

  // follow goes where a link says, and tells whether it says anything.
  follow(hash) {
    const said = new URLSearchParams(hash.slice(1).replace(/\+/g, "%2B"));
    const finding = this.data.findings[said.get("f") - 1];
    const t = this.clock.parse(said.get("t")), w = said.get("w") * SECOND;
    if (finding && !said.has("t")) this.find(finding);
    else if (!(t >= 0 || t < 0) || !(w > 0)) return false;
    else {
      this.view.finding = null;
      if (finding) this.find(finding, w);
      this.show(t - w / 2, w);
    }
    return true;
  }

  // followFrom follows a link of the page: the picture comes into sight and has the keys.
  followFrom(link) {
    if (!this.follow(link.hash)) return;
    this.box.scrollIntoView({ block: "nearest" });
    this.box.focus({ preventScroll: true });
  }
}

async function begin() {
  const data = await readData();
  layOut(data);
  const view = new View(data);
  listen(view);
  view.follow(location.hash);
}

function tell(error) {
  const trouble = byID("trouble");
  trouble.hidden = false;
  trouble.textContent = error.message;
  byID("range").textContent = "";
}

begin().catch(tell);
