
// The data: base64 of a deflated stream, see encode.go.

async function readData() {
  if (!window.DecompressionStream) throw new Error("This browser is too old to read the data: Chrome 103, Firefox 113 and Safari 16.4 can.");
  const text = atob(document.getElementById("data").textContent);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < packed.length; i++) packed[i] = text.charCodeAt(i);
  let bytes;
  try {
    bytes = new Uint8Array(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer());
  } catch {
    throw new Error("The data is damaged: this file is not whole.");
  }
  return decode(bytes);
}

// Reader reads varints. Numbers may need more than 32 bits, so no shifts beyond 28.
class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  next() {
    const bytes = this.bytes;
    let b = bytes[this.at++], n = b & 127;
    for (let factor = 128; b > 127; factor *= 128) {
      b = bytes[this.at++];
      n += (b & 127) * factor;
    }
    return n;
  }
  signed() {
    const n = this.next();
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
  }
}

// decode gives the head, with the columns as arrays: start, end, open, path (0: it
// has none), label, giver and number of each action. Each track knows its part of them, [begin, end).
function decode(bytes) {
  const r = new Reader(bytes);
  const size = r.next();
  const data = JSON.parse(new TextDecoder().decode(bytes.subarray(r.at, r.at + size)));
  r.at += size;
  data.tracks = [];
  let n = 0;
  data.lanes.forEach((lane, index) => {
    for (const t of lane.tracks) {
      t.lane = index;
      t.kind = data.kinds[t.kind];
      t.begin = n;
      t.end = n += t.count;
      data.tracks.push(t);
    }
  });
  const start = data.start = new Float64Array(n), end = data.end = new Float64Array(n), open = data.open = new Uint8Array(n), path = data.path = new Uint32Array(n);
  const label = data.label = new Uint32Array(n), giver = data.giver = new Uint32Array(n), number = data.number = new Float64Array(n);
  for (const t of data.tracks) {
    let at = t.first;
    for (let i = t.begin; i < t.end; i++) start[i] = at += r.next();
  }
  let paths = 0;
  for (let i = 0; i < n; i++) {
    const d = r.next(), flags = d % 4;
    open[i] = flags & 1;
    if (flags & 2) path[i] = ++paths;
    end[i] = start[i] + (d - flags) / 4;
  }
  for (let i = 0; i < n; i++) label[i] = r.next();
  for (let i = 0; i < n; i++) giver[i] = r.next();
  const last = new Float64Array(data.givers.length);
  for (let i = 0; i < n; i++) number[i] = last[giver[i]] += r.signed();
  for (const t of data.tracks) cover(data, t);
  return data;
}

// cover gives a track whose actions last the stretches of time in which at least
// one goes on, with a sum of their lengths: from it comes the exact share of any
// column of the picture. reach is the latest end so far: where actions overlap,
// the first one that reaches into a view is found by it.
function cover(data, t) {
  const { start, end } = data;
  let pieces = 0, reach = -Infinity;
  t.reach = end.subarray(t.begin, t.end);
  let ordered = true;
  for (let i = t.begin; i < t.end; i++) {
    if (start[i] > reach) pieces++;
    if (end[i] < reach) ordered = false;
    reach = Math.max(reach, end[i]);
  }
  if (!ordered) {
    t.reach = new Float64Array(t.count);
    reach = -Infinity;
    for (let i = 0; i < t.count; i++) t.reach[i] = reach = Math.max(reach, end[t.begin + i]);
  }
  if (!lasting(t.kind)) return;
  t.from = new Float64Array(pieces);
  t.to = new Float64Array(pieces);
  t.sum = new Float64Array(pieces + 1); // of all before
  let k = -1;
  for (let i = t.begin; i < t.end; i++) {
    if (k < 0 || start[i] > t.to[k]) {
      k++;
      t.from[k] = start[i];
      t.to[k] = end[i];
    } else if (end[i] > t.to[k]) t.to[k] = end[i];
  }
  for (k = 0; k < pieces; k++) t.sum[k + 1] = t.sum[k] + t.to[k] - t.from[k];
}

// below is the number of values of a sorted array that are less than x.
function below(values, x, from = 0, to = values.length) {
  while (from < to) {
    const middle = (from + to) >> 1;
    if (values[middle] < x) from = middle + 1; else to = middle;
  }
  return from;
}

// within is the part of a track that a stretch of time shows, as [first, last).
// Between them some may have ended before, where actions overlap.
function within(data, t, a, b) {
  return [t.begin + below(t.reach, a), below(data.start, b, t.begin, t.end)];
}
