
// How each kind looks: in which strip of its lane, in which colour, and whether it
// lasts. A lane is as high as the strips that it needs.

const STRIP = 12, PAD = 3;

// "all" strips: a band behind, or a line through, the whole lane. What is derived
// is no action of its own: a stretch between two. The words of what is "inside" are
// in its bar or nowhere.
const LOOKS = {
  dwell:    { strip: "all", order: 0, lasts: true, derived: true, words: 0, name: "head stands at a preset" },
  away:     { strip: 3, order: 1, lasts: true, derived: true, colour: "state", name: "device is away" },
  state:    { strip: 3, order: 5, words: 3, name: "state, load, host" },
  run:      { strip: 1, order: 2, lasts: true, inside: true, name: "run of a job" },
  move:     { strip: 2, order: 3, lasts: true, name: "head moves" },
  event:    { strip: 3, order: 4, lasts: true, name: "event" },
  preset:   { strip: 0, order: 5, name: "preset" },
  notice:   { strip: 0, order: 6, words: 0, name: "notification" },
  request:  { strip: 0, order: 6, words: 0, colour: "notice", name: "request of hik.http" },
  snapshot: { strip: 4, order: 7, words: 4, name: "picture" },
  command:  { strip: 4, order: 8, words: 4, colour: "other", name: "other command" },
  print:    { strip: 4, order: 9, words: 4, colour: "other", name: "printed" },
  skip:     { strip: 3, order: 10, words: 3, name: "run left out" },
  error:    { strip: "all", order: 11, words: 3, colour: "failed", name: "error" },
};
const UNKNOWN = { strip: 4, order: 9, words: 4, colour: "other", name: "other" };

const look = (kind) => LOOKS[kind] || UNKNOWN;
const lasting = (kind) => !!look(kind).lasts;
const derived = (kind) => !!look(kind).derived;

// layOut gives each lane its strips and its height without its name, and orders
// its tracks as they are drawn: what failed last.
function layOut(data) {
  for (const lane of data.lanes) {
    const used = new Set();
    for (const t of lane.tracks) {
      const l = look(t.kind);
      used.add(l.strip === "all" ? l.words : l.strip);
      if (l.words !== undefined) used.add(l.words);
    }
    lane.strips = [0, 1, 2, 3, 4].filter((s) => used.has(s));
    lane.size = Math.max(lane.strips.length, 1) * STRIP + 2 * PAD;
    lane.tracks.sort((a, b) => !!a.failed - !!b.failed || look(a.kind).order - look(b.kind).order);
  }
}

// box is where a track is drawn in its lane, [y, height].
function box(lane, t) {
  const l = look(t.kind);
  if (l.strip === "all") return [PAD - 2, lane.size - 2 * PAD + 4];
  return [PAD + lane.strips.indexOf(l.strip) * STRIP + 1, STRIP - 2];
}

// shares calls f with each column of the picture in which a track lasts, and the
// share of the column's time (0 to 1).
function shares(t, from, step, columns, f) {
  const { from: begins, to: ends, sum } = t;
  let k = 0;
  const lastedUntil = (time) => {
    // Columns come in order: leap ahead from where the one before was found.
    let leap = 1;
    while (k + leap <= begins.length && begins[k + leap - 1] < time) leap *= 2;
    k = below(begins, time, k, Math.min(k + leap, begins.length));
    return k === 0 ? 0 : sum[k - 1] + Math.min(ends[k - 1], time) - begins[k - 1];
  };
  k = below(begins, from);
  let before = lastedUntil(from);
  for (let c = 0; c < columns; c++) {
    const now = lastedUntil(from + (c + 1) * step);
    if (now > before) f(c, (now - before) / step);
    before = now;
  }
}

// counts calls f with each column in which actions begin, and their number.
function counts(data, t, from, step, columns, f) {
  const start = data.start;
  let i = below(start, from, t.begin, t.end);
  for (let c = 0; c < columns && i < t.end; c++) {
    const until = from + (c + 1) * step;
    let leap = 1;
    while (i + leap <= t.end && start[i + leap - 1] < until) leap *= 2;
    const next = below(start, until, i, Math.min(i + leap, t.end));
    if (next > i) f(c, next - i);
    i = next;
  }
}
