
// Drawing. A track with more actions in view than a quarter of the width is drawn
// in columns of two pixels; else each action by itself, with its words where there
// is room.

const RULER = 36, COLUMN = 2, NAME = 15;
const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const COLOURS = ["ground", "raised", "line", "text", "quiet", "night", "change", "finding", "failed", "frame",
  "run", "move", "preset", "dwell", "snapshot", "event", "state", "notice", "other", "skip", "on"];

// palette reads the colours of the style, which has them for light and dark.
function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLOURS.map((c) => [c, style.getPropertyValue("--" + c).trim()]));
}

// prepare fits a canvas to its place on the page and to the screen's pixels.
function prepare(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const w = Math.round(width * scale), h = Math.round(height * scale);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = height + "px";
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.font = FONT;
  ctx.textBaseline = "middle";
  return ctx;
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY];

const stepFor = (ms) => STEPS.find((s) => s >= ms) || DAY;

// Stage draws the lanes.
class Stage {
  constructor(data, clock) {
    this.data = data;
    this.clock = clock;
  }

  // draw draws the view: its time from view.t for view.w, the lanes that reach into
  // [scroll, scroll + height). It returns the lanes drawn.
  draw(ctx, view, colours, g) {
    this.ctx = ctx;
    this.view = view;
    this.colours = colours;
    this.g = g;
    this.scale = (g.width - g.gutter) / view.w; // pixels a millisecond
    ctx.fillStyle = colours.ground;
    ctx.fillRect(0, 0, g.width, g.height);
    this.nights(RULER, g.height);
    this.grid();
    const shown = [];
    for (const row of g.rows) {
      const y = RULER + row.y - g.scroll;
      if (y >= g.height || y + row.height <= RULER) continue;
      shown.push(row.lane);
      this.lane(row.lane, y + (g.narrow ? NAME : 0));
      ctx.fillStyle = colours.line;
      ctx.fillRect(0, y + row.height - 1, g.width, 1);
    }
    this.changes(RULER);
    this.names();
    this.ruler();
    return shown;
  }

  x(t) { return this.g.gutter + (t - this.view.t) * this.scale; }

  nights(top, bottom) {
    const { t, w } = this.view;
    this.ctx.fillStyle = this.colours.night;
    for (const [a, b] of this.data.nights) {
      if (b <= t || a >= t + w) continue;
      const x = Math.max(this.x(a), this.g.gutter);
      this.ctx.fillRect(x, top, Math.min(this.x(b), this.g.width) - x, bottom - top);
    }
  }

  grid() {
    const { t, w } = this.view;
    this.step = stepFor(74 / this.scale);
    this.ctx.fillStyle = this.colours.line;
    this.clock.ticks(t, t + w, this.step, (at) => this.ctx.fillRect(Math.round(this.x(at)), RULER - 5, 1, this.g.height));
  }

  // lane draws one; its strips begin at y.
  lane(lane, y) {
    const words = [];
    const { t, w } = this.view, { data } = this;
    const many = (this.g.width - this.g.gutter) / 4;
    for (const track of lane.tracks) {
      const [a, b] = within(data, track, t, t + w);
      if (a >= b) continue;
      const [top, height] = box(lane, track);
      const colour = this.colours[track.failed ? "failed" : look(track.kind).colour || track.kind] || this.colours.other;
      if (b - a > many) this.fold(track, colour, y + top, height);
      else this.single(lane, track, a, b, colour, y + top, height, y, words);
    }
    this.words(words);
    this.findingsOf(lane, y);
  }

  fold(track, colour, y, height) {
    const { ctx, g, view } = this;
    const columns = Math.ceil((g.width - g.gutter) / COLUMN), step = COLUMN / this.scale;
    ctx.fillStyle = colour;
    if (lasting(track.kind) && !track.failed) {
      // Eight shades, each drawn at once.
      const shades = Array.from({ length: 8 }, () => []);
      shares(track, view.t, step, columns, (c, share) => shades[Math.min(7, Math.floor(share * 8))].push(c));
      shades.forEach((shade, i) => {
        ctx.globalAlpha = 0.3 + 0.1 * i;
        ctx.beginPath();
        for (const c of shade) ctx.rect(g.gutter + c * COLUMN, y, COLUMN, height);
        ctx.fill();
      });
      ctx.globalAlpha = 1;
      return;
    }
    ctx.beginPath();
    counts(this.data, track, view.t, step, columns, (c, n) => {
      const h = track.failed ? height : Math.min(height, 3 + Math.log2(n) * (height - 3) / 8);
      ctx.rect(g.gutter + c * COLUMN, y + height - h, COLUMN, h);
    });
    ctx.fill();
  }

  single(lane, track, a, b, colour, y, height, laneTop, words) {
    const { ctx, g, data } = this;
    const { start, end } = data, l = look(track.kind);
    const line = l.strip === "all" ? l.words : l.words === undefined ? l.strip : l.words;
    const wordsY = laneTop + PAD + lane.strips.indexOf(line) * STRIP + STRIP / 2 + 0.5;
    const spoken = track.kind !== "preset" || track.failed; // where a head stands says the same
    ctx.fillStyle = colour;
    ctx.beginPath();
    for (let i = a; i < b; i++) {
      const from = this.x(start[i]), to = this.x(end[i]);
      if (to < g.gutter - 2) continue;
      const left = Math.max(from, g.gutter - 2), right = Math.min(Math.max(to, from + (track.kind === "dwell" ? 0.5 : 2)), g.width);
      if (l.lasts) ctx.rect(left, y, right - left, height);
      else ctx.rect(Math.round(left) - 1, y, 2, height);
      if (!spoken || track.kind === "away" && from >= g.gutter) continue; // its begin says the same
      const word = { left: Math.max(left, g.gutter) + 4, y: wordsY, action: i, failed: track.failed, right: 0, inside: l.inside && !track.failed };
      if (l.lasts && l.strip !== "all") word.right = right;
      words.push(word);
    }
    ctx.fill();
  }

  // words writes what actions are where there is room until the next: in the bar of
  // an action that is long enough, else behind it.
  words(words) {
    const { ctx, colours, g, data } = this;
    words.sort((a, b) => a.y - b.y || a.left - b.left);
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.strokeStyle = colours.ground;
    for (let i = 0; i < words.length; i++) {
      const word = words[i], next = words[i + 1];
      const end = next && next.y === word.y ? next.left - 7 : g.width;
      if (end - word.left < 20) continue;
      let shown = shortOf(data, word.action);
      const width = Math.min(shown.length, 80) * 6; // measured only where it may matter
      const inside = word.right - word.left > width;
      if (word.inside && !inside) continue;
      const x = word.right && !inside ? Math.max(word.left, word.right + 3) : word.left;
      const fits = Math.floor(((inside ? word.right : end) - x) / 6);
      if (fits < Math.min(shown.length, 8)) continue;
      if (shown.length > fits) shown = shown.slice(0, fits - 1) + "…";
      if (!inside) ctx.strokeText(shown, x, word.y);
      ctx.fillStyle = inside ? colours.on : word.failed ? colours.failed : colours.text;
      ctx.fillText(shown, x, word.y);
    }
  }

  findingsOf(lane, y) {
    this.ctx.fillStyle = this.colours.finding;
    for (const f of lane.findings) {
      const x = this.x(f.time);
      if (x < this.g.gutter - 6 || x > this.g.width + 6) continue;
      this.triangle(x, y - 1, 6);
      if (f === this.view.finding) this.ctx.fillRect(Math.round(x) - 1, y, 2, lane.size);
    }
  }

  triangle(x, y, size) {
    const { ctx } = this;
    ctx.beginPath();
    ctx.moveTo(x - size, y);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size * 1.3);
    ctx.fill();
  }

  changes(top) {
    const { ctx, g } = this;
    ctx.strokeStyle = ctx.fillStyle = this.colours.change;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([5, 4]);
    for (const change of this.clock.changes()) {
      const x = this.x(change.at);
      if (x < g.gutter || x > g.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, top - 16);
      ctx.lineTo(x, g.height);
      ctx.stroke();
    }
    ctx.setLineDash([]);
  }

  // names writes the lanes' names: left of them, or above where it is narrow.
  names() {
    const { ctx, colours, g } = this;
    if (!g.narrow) {
      ctx.fillStyle = colours.raised;
      ctx.fillRect(0, RULER, g.gutter, g.height);
    }
    ctx.font = FONT.replace("11px", "12px");
    for (const row of g.rows) {
      const y = RULER + row.y - g.scroll;
      if (y >= g.height || y + row.height <= RULER) continue;
      ctx.fillStyle = colours.text;
      if (g.narrow) {
        ctx.fillText(fit(ctx, row.lane.name, g.width - 12), 6, y + NAME / 2 + 1);
      } else {
        ctx.fillText(fit(ctx, row.lane.name, g.gutter - 14), 8, y + row.height / 2);
        ctx.fillStyle = colours.line;
        ctx.fillRect(0, y + row.height - 1, g.gutter, 1);
      }
    }
    ctx.font = FONT;
  }

  // ruler writes the day above and the time below.
  ruler() {
    const { ctx, colours, g, clock } = this, { t, w } = this.view;
    ctx.fillStyle = colours.raised;
    ctx.fillRect(0, 0, g.width, RULER - 5);
    ctx.fillStyle = colours.line;
    ctx.fillRect(0, RULER - 5, g.width, 1);
    ctx.fillStyle = colours.change;
    const changes = clock.changes().filter((c) => this.x(c.at) >= g.gutter && this.x(c.at) < g.width).map((c) => {
      const width = ctx.measureText(c.text).width, left = Math.min(this.x(c.at) + 4, g.width - width - 4);
      ctx.fillText(c.text, left, 24);
      return { left: left - 4, right: left + width + 4 };
    });
    // Days: where one begins, and the one at the left edge as long as there is room.
    const days = [];
    clock.ticks(t, t + w, DAY, (at) => days.push({ x: this.x(at), text: clock.day(at) }));
    const room = ctx.measureText("Wed 30 Mar").width + 14;
    if (days.length === 0 || days[0].x - g.gutter > room) days.unshift({ x: g.gutter, text: clock.day(t) });
    const every = Math.max(1, Math.ceil(room / (DAY * this.scale)));
    ctx.fillStyle = colours.text;
    days.forEach((d, i) => {
      if (i % every === 0 && (i === 0 || d.x + room - 8 < g.width)) ctx.fillText(d.text, d.x + 4, 10);
    });
    if (this.step < DAY) {
      ctx.fillStyle = colours.quiet;
      let free = g.gutter - 40;
      clock.ticks(t, t + w, this.step, (at) => {
        const text = clock.time(at, this.step), x = this.x(at), half = ctx.measureText(text).width / 2;
        const left = Math.max(x - half, g.gutter + 2);
        if (left < free || x + half > g.width || changes.some((c) => left < c.right && left + 2 * half > c.left)) return;
        ctx.fillText(text, left, 24);
        free = left + 2 * half + 8;
      });
    }
    ctx.fillStyle = colours.finding;
    for (const f of this.data.findings) {
      const x = this.x(f.time);
      if (f.lane < 0 && x >= g.gutter && x <= g.width) this.triangle(x, RULER - 6, 6);
    }
  }
}

// fit shortens a text to a width.
function fit(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let n = 0;
  for (let step = text.length; step >= 1; step = Math.floor(step / 2)) {
    while (n + step < text.length && ctx.measureText(text.slice(0, n + step) + "…").width <= width) n += step;
  }
  return text.slice(0, n) + "…";
}
