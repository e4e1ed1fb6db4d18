// The archive: which pictures of the last seven days are missing, and why.

import { el, Rows, setText, setTitle, show, byName } from "./dom.js";
import { ask } from "./api.js";
import { ms, parts, now, clock, count, size, ago } from "./words.js";

const days = 7;
const again = 300e3; // milliseconds
const quarter = 900e3; // hours begin with a quarter of one, in every zone

export class Archive {
  constructor(section) {
    this.section = section;
    this.head = section.querySelector("thead tr");
    this.rows = new Rows(section.querySelector("tbody"), () => new Channel());
    this.trouble = section.querySelector(".outcome");
    this.asked = -Infinity;
    document.addEventListener("visibilitychange", () => this.look());
  }

  // set takes over what the status has of the archive. Other gaps in it mean that
  // the table is old.
  set(archive) {
    show(this.section, Boolean(archive));
    show(document.getElementById("to-archive"), Boolean(archive));
    const gaps = JSON.stringify((archive?.gaps ?? []).map((g) => [g.device, g.channel, g.label, g.from]));
    if (gaps !== this.gaps) this.asked = -Infinity;
    this.gaps = gaps;
    this.status = archive;
    this.tick();
  }

  tick() {
    const a = this.status;
    if (!a) return;
    const words = [count(a.files, "picture"), size(a.bytes)];
    if (a.newest) words.push(`the newest ${ago(ms(a.newest))}`);
    if (a.copy?.waiting) words.push(`${a.copy.waiting} not copied yet`);
    setText(this.section.querySelector(".count"), words.join(" · "));
    this.look();
  }

  // look asks for the gaps, at first and then now and then: also out of sight, for a
  // table that comes late would move what is below it.
  async look() {
    if (!this.status || document.hidden || now() - this.asked < again) return;
    this.asked = now();
    try {
      this.show(await (await ask(`/api/archive/gaps?days=${days}`)).json());
      show(this.trouble, false);
    } catch (err) {
      this.asked = now() - again + 10e3;
      setText(this.trouble, `the gaps are not known: ${err.message}`);
      show(this.trouble, true);
    }
  }

  show(report) {
    const hours = hoursOf(ms(report.from), ms(report.till));
    const names = [...new Set(hours.map((h) => h.day))].slice(-days);
    const heads = ["Channel", ...names, "Missing"];
    if (heads.join() !== [...this.head.cells].map((c) => c.textContent).join())
      this.head.replaceChildren(...heads.map((text) => el("th", { role: "columnheader", scope: "col", text })));
    const channels = new Map();
    for (const s of report.series) {
      const key = `${s.device}/${s.channel}`;
      const channel = channels.get(key) ?? { name: `${s.device}/${s.name || s.channel}`, series: [] };
      channel.series.push(s);
      channels.set(key, channel);
    }
    for (const [key, c] of channels) this.rows.set(key, c.name, { ...c, days: names, hours, till: ms(report.till), oldest: ms(this.status?.oldest) });
    this.rows.keep(new Set(channels.keys()));
    show(this.section.querySelector("table"), channels.size > 0);
    show(this.section.querySelector(".legend"), channels.size > 0);
    show(this.section.querySelector(".none"), channels.size === 0);
  }
}

// hoursOf are the hours of a span by the site's clocks. One that comes twice, when
// the clocks go back, is one of two hours' length.
function hoursOf(from, till) {
  const hours = new Map();
  for (let at = Math.floor(from / quarter) * quarter; at < till; at += quarter) {
    const p = parts(at);
    const key = `${p.date} ${p.hour}`;
    const hour = hours.get(key) ?? { day: `${p.weekday} ${p.day}`, hour: Number(p.hour), from: at };
    hour.till = at + quarter;
    hours.set(key, hour);
  }
  return [...hours.values()];
}

// Channel is the row of one channel: a cell for each day with a strip of its
// hours, and what is missing in words.
class Channel {
  constructor() {
    this.node = el("tr", { role: "row" });
  }

  update(c) {
    const said = JSON.stringify([c.series, c.days, c.hours.length, c.oldest]);
    if (said === this.said) return;
    this.said = said;
    const due = c.series.reduce((n, s) => n + s.due, 0);
    const missing = c.series.reduce((n, s) => n + s.missing, 0);
    const text = el("td", { role: "cell", class: "text", dir: "auto" }, missing === 0 ? `none of ${due}` : c.series.filter((s) => s.missing > 0).map((s) => s.text).join("; "));
    this.node.replaceChildren(
      el("th", { role: "rowheader", scope: "row" }, el("bdi", { text: c.name })),
      ...c.days.map((day) => this.day(c, day)),
      text,
    );
    this.node.classList.toggle("gap", missing > 0);
  }

  day(c, day) {
    const strip = el("span", { class: "strip", "aria-hidden": "true" });
    const told = [];
    for (const h of c.hours.filter((h) => h.day === day)) {
      const state = stateOf(c, h);
      const cell = el("i", { class: `cell ${state.word}` });
      cell.style.gridColumn = String(h.hour + 1);
      if (state.why) {
        setTitle(cell, `${c.name}, ${day} ${state.words}`);
        const last = told.at(-1);
        if (last && last.why === state.why && last.word === state.word && last.hour + 1 === h.hour) {
          last.hour = h.hour;
          last.till = h.till;
        } else told.push({ ...state, from: h.from, till: h.till, hour: h.hour });
      }
      strip.append(cell);
    }
    const words = told.map((t) => `${hhmm(t.from)} to ${hhmm(t.till)} ${t.word === "missing" ? "all" : "some"} missing: ${t.why}`);
    const quiet = strip.querySelector(".kept") ? "no gap" : "no pictures are that old";
    return el("td", { role: "cell", "data-label": day }, strip, el("span", { class: "unseen", text: words.join("; ") || quiet }));
  }
}

const hhmm = (at) => clock(at).slice(0, 5);

// stateOf says what is missing in an hour: nothing ("kept"), some or all pictures.
// Hours before the oldest picture are "before".
function stateOf({ series, till: now, oldest }, hour) {
  const why = new Set();
  let whole = 0;
  for (const s of series) {
    for (const g of s.gaps) {
      const from = ms(g.from);
      const till = g.till ? ms(g.till) : now;
      if (from >= hour.till || Math.max(till, ms(g.last) + 1) <= hour.from) continue;
      if (from <= hour.from && till >= Math.min(hour.till, now)) whole++;
      const reasons = g.reasons.filter((r) => ms(r.from) < hour.till && (r.till ? ms(r.till) : Infinity) > hour.from);
      for (const r of reasons.length ? reasons : g.reasons.slice(0, 1)) why.add(r.why);
    }
  }
  if (why.size === 0) return { word: hour.till <= oldest ? "before" : "kept" };
  const word = whole >= series.filter((s) => s.due > 0).length && whole > 0 ? "missing" : "thin";
  const reason = [...why].sort(byName).join(", ");
  return { word, why: reason, words: `${hhmm(hour.from)}: ${word === "missing" ? "all" : "some"} missing: ${reason}` };
}
