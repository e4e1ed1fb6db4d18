
"use strict";
// Times are milliseconds after the begin of the span. What clocks show comes from
// the offsets in the file: the browser's zone has no part in it.

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const two = (n) => String(n).padStart(2, "0");

class Clock {
  constructor(head) {
    this.from = head.from;
    this.span = head.span;
    this.offsets = head.offsets;
  }

  // offsetAt is the offset in force at t.
  offsetAt(t) {
    let i = this.offsets.length - 1;
    while (i > 0 && this.offsets[i].from > t) i--;
    return this.offsets[i];
  }

  // wall is a Date whose UTC fields are what clocks of the site show.
  wall(t) { return new Date(this.from + t + this.offsetAt(t).seconds * SECOND); }

  day(t) {
    const d = this.wall(t);
    return `${DAYS[d.getUTCDay()]} ${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`;
  }

  // time is the time of day: hours and minutes, seconds and thousandths as asked.
  time(t, step) {
    const d = this.wall(t);
    let text = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
    if (step < MINUTE) text += `:${two(d.getUTCSeconds())}`;
    if (step < SECOND) text += `.${String(d.getUTCMilliseconds()).padStart(3, "0")}`;
    return text;
  }

  moment(t, step) { return `${this.day(t)} ${this.time(t, step)}`; }

  // ticks calls f for each time in [a, b) at which clocks show a multiple of step.
  ticks(a, b, step, f) {
    for (let i = 0; i < this.offsets.length; i++) {
      const o = this.offsets[i];
      const from = Math.max(a, i === 0 ? -Infinity : o.from);
      const to = Math.min(b, i + 1 < this.offsets.length ? this.offsets[i + 1].from : Infinity);
      if (from >= to) continue;
      const shift = this.from + o.seconds * SECOND;
      for (let t = Math.ceil((from + shift) / step) * step - shift; t < to; t += step) f(t);
    }
  }

  // changes are the times at which clocks are put forward or back, and by how much.
  changes() {
    const all = [];
    for (let i = 1; i < this.offsets.length; i++) {
      const by = this.offsets[i].seconds - this.offsets[i - 1].seconds;
      if (by !== 0) all.push({ at: this.offsets[i].from, text: `clocks ${by > 0 ? "+" : "−"}${Math.abs(by) / 60} min` });
    }
    return all;
  }

  // parse reads the time of a link.
  parse(text) { return Date.parse(text) - this.from; }

  format(t) { return new Date(this.from + Math.round(t)).toISOString(); }
}

// lasted is a length of time in words: 250ms, 1.5s, 2m30s, 3h, 7d.
function lasted(ms) {
  if (ms < SECOND) return `${Math.round(ms)}ms`;
  if (ms < MINUTE) return `${+(ms / SECOND).toFixed(2)}s`;
  const parts = [];
  let rest = Math.round(ms / SECOND);
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]]) {
    const n = Math.floor(rest / size);
    if (n > 0 && parts.length < 2) parts.push(n + unit);
    else if (parts.length > 0) break;
    rest -= n * size;
  }
  return parts.join("");
}
