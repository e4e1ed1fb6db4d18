
// Overview is the strip above the lanes: how much happens over the whole span,
// and a frame around what is shown.
class Overview {
  constructor(data, clock, canvas) {
    this.data = data;
    this.clock = clock;
    this.canvas = canvas;
  }

  // density counts the actions in each column, failed ones apart, once a width.
  density(columns) {
    if (this.columns === columns) return;
    this.columns = columns;
    this.all = new Uint32Array(columns);
    this.failed = new Uint32Array(columns);
    const step = this.data.span / columns;
    for (const t of this.data.tracks) {
      if (derived(t.kind)) continue;
      counts(this.data, t, 0, step, columns, (c, n) => {
        this.all[c] += n;
        if (t.failed) this.failed[c] += n;
      });
    }
    this.most = this.all.reduce((a, b) => Math.max(a, b), 1);
  }

  draw(view, colours) {
    const width = this.canvas.clientWidth, height = 44, scale = width / this.data.span;
    const ctx = prepare(this.canvas, width, height);
    ctx.fillStyle = colours.ground;
    ctx.fillRect(0, 0, width, height);
    ctx.fillStyle = colours.night;
    for (const [a, b] of this.data.nights) ctx.fillRect(a * scale, 0, (b - a) * scale, height);
    this.density(Math.max(1, Math.floor(width / COLUMN)));
    const column = width / this.columns, full = Math.log2(this.most + 1), room = height - 10;
    for (const [of, colour] of [[this.all, colours.run], [this.failed, colours.failed]]) {
      ctx.fillStyle = colour;
      ctx.beginPath();
      for (let c = 0; c < this.columns; c++) {
        if (of[c] === 0) continue;
        const h = Math.max(2, Math.log2(of[c] + 1) / full * room);
        ctx.rect(c * column, height - h, column, h);
      }
      ctx.fill();
    }
    ctx.fillStyle = colours.change;
    for (const c of this.clock.changes()) ctx.fillRect(c.at * scale - 1, 0, 1.5, height);
    ctx.fillStyle = colours.finding;
    for (const f of this.data.findings) ctx.fillRect(f.time * scale - 1, 0, 2, 9);
    this.frame(ctx, view, colours, width, height, scale);
  }

  frame(ctx, view, colours, width, height, scale) {
    const x = view.t * scale, w = Math.max(view.w * scale, 4);
    ctx.fillStyle = colours.ground;
    ctx.globalAlpha = 0.55;
    ctx.fillRect(0, 0, x, height);
    ctx.fillRect(x + w, 0, width, height);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = colours.frame;
    ctx.lineWidth = 2;
    ctx.strokeRect(Math.min(x, width - w) + 1, 1, w - 2, height - 2);
  }
}

// legend shows how the kinds look that the timeline has.
function legend(data, colours) {
  const kinds = data.kinds.filter((k) => data.tracks.some((t) => t.kind === k)).sort((a, b) => look(a).order - look(b).order);
  const entries = kinds.map((k) => ({ name: look(k).name, colour: colours[look(k).colour || k] || colours.other, look: look(k) }));
  if (data.tracks.some((t) => t.failed)) entries.push({ name: "failed", colour: colours.failed, look: {} });
  if (data.findings.length > 0) entries.push({ name: "finding", colour: colours.finding, finding: true });
  if (data.nights.length > 0) entries.push({ name: "night", colour: colours.night, look: { strip: "all", lasts: true } });
  byID("legend").replaceChildren(...entries.map((e) => {
    const item = document.createElement("li"), canvas = document.createElement("canvas");
    const ctx = prepare(canvas, 16, 16);
    canvas.setAttribute("aria-hidden", "true");
    ctx.fillStyle = e.colour;
    if (e.finding) {
      ctx.beginPath();
      ctx.moveTo(2, 3);
      ctx.lineTo(14, 3);
      ctx.lineTo(8, 12);
      ctx.fill();
    } else if (e.look.lasts) ctx.fillRect(0, e.look.strip === "all" ? 0 : 4, 16, e.look.strip === "all" ? 16 : 8);
    else ctx.fillRect(7, e.look.strip === 4 ? 6 : 1, 2, e.look.strip === undefined ? 14 : 10);
    item.append(canvas, e.name);
    return item;
  }));
}
