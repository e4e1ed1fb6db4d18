// Words of time, in the site's zone, by the host's clock.

let zone = "UTC"; // of the site
let offset = "+00:00"; // of its clocks now
let ahead = 0; // milliseconds by which the host's clock is before the browser's
let fields, labels;

// setZone has all times told in a zone. In the place of one that the browser does
// not know, such as "Local", there is the offset that the host's clocks have now.
export function setZone(name) {
  zone = name;
  const date = { year: "numeric", month: "short", day: "numeric", weekday: "short" };
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  for (const timeZone of [name, offset, "UTC"]) {
    try {
      fields = new Intl.DateTimeFormat("en-GB", { timeZone, ...date, ...time });
      break;
    } catch {
      // The next one, then.
    }
  }
  labels = new Map();
}

setZone(zone);

// setNow takes over the host's clock: a time with the offset of the site.
export function setNow(text) {
  ahead = Date.parse(text) - Date.now();
  const before = offset;
  offset = /[+-]\d\d:\d\d$/.exec(text)?.[0] ?? "+00:00";
  if (offset !== before) setZone(zone);
}

// now is the time of the host, in milliseconds.
export const now = () => Date.now() + ahead;

// ms are the milliseconds of a time of the API, or NaN.
export const ms = (text) => (text ? Date.parse(text) : NaN);

// parts are the fields of a moment on the site's clocks.
export function parts(at) {
  const second = Math.floor(at / 1000);
  let p = labels.get(second);
  if (!p) {
    p = Object.fromEntries(fields.formatToParts(second * 1000).map((f) => [f.type, f.value]));
    p.date = `${p.day} ${p.month} ${p.year}`;
    if (labels.size > 5000) labels.clear();
    labels.set(second, p);
  }
  return p;
}

// clock is the time of day: "20:27:27".
export function clock(at) {
  const p = parts(at);
  return `${p.hour}:${p.minute}:${p.second}`;
}

// moment is a time near or far from now: "20:27:27", "Tue 20:27", "3 Dec 20:27".
export function moment(at) {
  if (Number.isNaN(at)) return "";
  const p = parts(at);
  const here = parts(now());
  if (p.date === here.date) return `${p.hour}:${p.minute}:${p.second}`;
  const away = Math.abs(at - now());
  const day = away < 6 * 86400e3 ? p.weekday : p.year === here.year || away < 180 * 86400e3 ? `${p.day} ${p.month}` : p.date;
  return `${day} ${p.hour}:${p.minute}`;
}

// full is a moment with all its fields, for those who point at it.
export function full(at) {
  if (Number.isNaN(at)) return "";
  const p = parts(at);
  return `${p.weekday} ${p.date} ${p.hour}:${p.minute}:${p.second} ${zone}`;
}

// span is how long something lasts, in at most two units: "4s", "3m20s", "3d04h".
export function span(milliseconds) {
  const s = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (n) => String(n).padStart(2, "0");
  if (s < 60) return `${s}s`;
  if (s < 600) return `${Math.floor(s / 60)}m${two(s % 60)}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m`;
  if (s < 86400) return `${Math.floor(s / 3600)}h${two(Math.floor((s % 3600) / 60))}m`;
  return `${Math.floor(s / 86400)}d${two(Math.floor((s % 86400) / 3600))}h`;
}

// took is how long a command or a run took: "40ms", "1.2s", "3m20s".
export function took(seconds) {
  if (!(seconds > 0)) return "0s";
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))}ms`;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  return span(seconds * 1000);
}

// about is a span in one unit where the second does not matter: "7m", "13h", "3d".
export function about(milliseconds) {
  const m = Math.floor(milliseconds / 60e3);
  if (m >= 1 && m < 60) return `${m}m`;
  if (m >= 600 && m < 2880) return `${Math.floor(m / 60)}h`;
  if (m >= 2880) return `${Math.floor(m / 1440)}d`;
  return span(milliseconds);
}

export const ago = (at) => (Number.isNaN(at) ? "" : at > now() - 1000 ? "now" : `${about(now() - at)} ago`);

export const until = (at) => (Number.isNaN(at) ? "" : at < now() + 1000 ? "now" : `in ${span(at - now())}`);

// count is a number with its word: "1 job", "2 jobs".
export const count = (n, one, many = one + "s") => `${n} ${n === 1 ? one : many}`;

// inShare is a name with the share before it, where the site has several.
export const inShare = (share, name) => (share ? `${share}/${name}` : name);

// size is a number of bytes.
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let u = 0;
  while (bytes >= 1000 && u < units.length - 1) {
    bytes /= 1000;
    u++;
  }
  return `${bytes < 10 && u > 0 ? bytes.toFixed(1) : Math.round(bytes)} ${units[u]}`;
}
