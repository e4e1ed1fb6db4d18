
// What the picture shows, in words: the tip at the pointer and the table.

const MOST = 100; // rows of the table

// giverOf is who gave an action.
function giverOf(data, i) {
  const g = data.givers[data.giver[i]];
  if (!g.task) return g.job ? `${g.script}/${g.job}` : g.script || "";
  return data.number[i] > 0 ? g.task + (data.number[i] - 1) : g.task;
}

// shortOf is what an action is in a few words, for the picture.
function shortOf(data, i) {
  const l = data.labels[data.label[i]];
  return (l.place ? l.place + " " : "") + l.text + (l.failed ? ": " + l.failed : "");
}

// textOf is what an action is, where its picture lies, what went wrong, and where.
function textOf(data, i) {
  const l = data.labels[data.label[i]];
  let text = (l.place ? l.place + " " : "") + l.text + (data.path[i] ? ", " + data.paths[data.path[i] - 1] : "");
  const wrong = [l.failed, l.message].filter(Boolean).join(": ");
  if (wrong) text += ` — ${wrong}`;
  if (l.line) text += ` (scripts/${data.givers[data.giver[i]].script}.lua:${l.line})`;
  return text;
}

function lengthOf(data, i) {
  const ms = data.end[i] - data.start[i];
  return ms > 0 ? lasted(ms) + (data.open[i] ? ", goes on" : "") : "";
}

// inView gives the number of actions that lanes have in a stretch of time, and
// the first of them. What is derived is none.
function inView(data, lanes, from, to) {
  let count = 0;
  const firsts = [];
  for (const lane of lanes) {
    for (const t of lane.tracks) {
      if (derived(t.kind)) continue;
      const [a, b] = within(data, t, from, to);
      count += b - a;
      for (let i = a, n = 0; i < b && n < MOST; i++) {
        if (data.end[i] < from) { count--; continue; }
        firsts.push({ i, lane, failed: t.failed });
        n++;
      }
    }
  }
  firsts.sort((x, y) => data.start[x.i] - data.start[y.i] || x.i - y.i);
  return { count, rows: firsts.slice(0, MOST) };
}

// plural is a count with its noun.
const plural = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

function fillTable(data, clock, view, lanes) {
  const { count, rows } = inView(data, lanes, view.t, view.t + view.w);
  const step = view.w < 10 * MINUTE ? 1 : SECOND;
  const sum = document.getElementById("inview-count");
  sum.textContent = `${plural(count, "action")} in ${plural(lanes.length, "lane")}` +
    (count > rows.length ? `, the first ${rows.length}:` : count > 0 ? ":" : ".");
  const table = document.getElementById("inview");
  table.hidden = rows.length === 0;
  table.tBodies[0].replaceChildren(...rows.map(({ i, lane, failed }) => {
    const row = document.createElement("tr");
    if (failed) row.className = "failed";
    const link = document.createElement("a");
    link.href = linkTo(clock, data.start[i], Math.min(view.w, MINUTE));
    link.textContent = clock.moment(data.start[i], step);
    row.insertCell().append(link);
    for (const text of [lane.name, textOf(data, i), lengthOf(data, i), giverOf(data, i)]) row.insertCell().textContent = text;
    return row;
  }));
}

// linkTo is a link to the middle of what is shown, w wide.
function linkTo(clock, middle, w, finding) {
  return `#t=${clock.format(middle)}&w=${+(w / SECOND).toFixed(3)}` + (finding ? `&f=${finding}` : "");
}

// nearest finds what lies at a point of a lane: one action, or a number of them.
function nearest(data, lane, y, time, reach) {
  let best = null;
  for (const t of lane.tracks) {
    const [top, height] = box(lane, t);
    const inStrip = y >= top && y < top + height;
    const [a, b] = within(data, t, time - reach, time + reach);
    const behind = derived(t.kind) ? 4 : 0;
    for (let i = Math.max(a, b - 50); i < b; i++) {
      if (data.end[i] < time - reach) continue;
      const off = Math.max(data.start[i] - time, time - data.end[i], 0) / reach + (inStrip ? 0 : 2) + behind;
      if (!best || off <= best.off) best = { off, i, track: t, count: b - a };
    }
  }
  return best;
}

// tipLines are the lines of the tip for what lies at a point: the first is what it is.
function tipLines(data, clock, found, lane, reach) {
  if (!found) return [lane.name];
  const { i, track, count } = found;
  if (count > 3) {
    const [a, b] = [data.start[i] - reach, data.start[i] + reach];
    return [`${count.toLocaleString("en")} × ${look(track.kind).name}${track.failed ? ", failed" : ""}`, lane.name,
      `${clock.moment(Math.max(a, 0), SECOND)} to ${clock.time(b, SECOND)}: zoom in`];
  }
  const length = lengthOf(data, i);
  return [textOf(data, i), clock.moment(data.start[i], 1) + (length && `, ${length}`), lane.name, giverOf(data, i)].filter(Boolean);
}
