// What happens: the log, the commands, and what the devices notice.

import { el, setText, setTitle, setAttr } from "./dom.js";
import { ms, moment, took, full, size } from "./words.js";

const kept = 1000; // lines of each kind

// For those who do not see the colours.
const signs = { warn: "warning: ", error: "error: " };

const levels = { DEBUG: "debug", INFO: "", WARN: "warn", ERROR: "error" };

// what a line of the log has for its first columns.
const known = new Set(["time", "level", "msg", "script", "job", "task", "device", "channel", "error", "kind", "line", "hint", "traceback"]);

// Each of these gives what a line says, what more there is, what stands below it,
// and how bad it is.
const readers = {
  log(l) {
    const more = Object.entries(l).filter(([key]) => !known.has(key)).map(([key, v]) => `${key} ${typeof v === "string" ? v : key === "duration" && typeof v === "number" ? took(v) : JSON.stringify(v)}`);
    const error = l.error && !l.msg.includes(l.error) ? `: ${l.error}` : "";
    if (l.line && !l.msg.includes(l.line) && !error.includes(l.line)) more.unshift(l.line);
    return { what: l.msg + error, more: more.join(", "), below: [l.hint, l.traceback].filter(Boolean).join("\n"), level: levels[l.level] ?? "" };
  },

  command(c) {
    if (c.dropped) return { what: `${c.dropped} entries are not on record`, more: "", level: "warn" };
    const bad = c.answer !== "ok" && c.answer !== "cancelled" && c.answer !== undefined;
    const more = [];
    if (c.kind === undefined || c.duration > 0) more.push(took(c.duration));
    if (c.waited > 0.05) more.push(`waited ${took(c.waited)}`);
    if (c.size) more.push(size(c.size));
    if (c.count > 1) more.push(`${c.count} like it`);
    if (c.device && c.task) more.push(c.task);
    return { what: (bad && c.kind === "ended" ? kinds.failed : whatOf(c)) + (bad ? `: ${c.error || c.answer}` : c.answer === "cancelled" ? ": cancelled" : ""), more: more.join(", "), level: bad ? "error" : "" };
  },

  event(e) {
    const words = [e.what, e.detail === "stop" ? "has ended" : "", e.name ? `(${e.name})` : ""];
    return { what: words.filter(Boolean).join(" "), more: e.count > 1 ? `${e.count} like it` : "", level: e.detail === "stop" ? "debug" : "" };
  },
};

// whoOf is whom a line is about; place has the words for a channel.
function whoOf(l, place) {
  if (l.device) return place(l.device, l.channel);
  if (l.kind === "event" && !l.script) return "an operator";
  if (l.task) return l.task;
  return [l.script, l.job].filter(Boolean).join("/");
}

const kinds = { begun: "begins", ended: "has ended", skipped: "is left out", failed: "failed" };

function whatOf(c) {
  if (kinds[c.kind]) return kinds[c.kind];
  const name = c.name ? `“${c.name}”` : "";
  const words = (c.what ?? "").replaceAll("_", " ");
  switch (c.kind) {
    case "picture":
      return [`archived ${c.detail}`, name].filter(Boolean).join(" ");
    case "notice":
      return `notify ${c.what}: ${c.detail ?? ""}`;
    case "script":
      return c.script ? words : `site.yaml ${words}`;
    case "host":
      return c.what === "stop" ? "the host ended" : `the host began ${c.detail ?? ""}`;
  }
  return [words, c.detail, name].filter(Boolean).join(" ");
}

export class Happens {
  constructor(section, place) {
    this.place = place; // a function: the words for a device and a channel
    this.lists = { log: [], command: [], event: [] };
    this.recent = { log: new Set(), command: new Set(), event: new Set() };
    this.kind = "log";
    this.box = section.querySelector("#lines");
    this.list = section.querySelector("ol");
    this.filter = section.querySelector("#filter");
    this.follow = section.querySelector("#follow");
    this.shown = section.querySelector("#shown");
    this.tabs = [...section.querySelectorAll("[role=tab]")];
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.choose(tab));
      tab.addEventListener("keydown", (e) => this.step(e));
    }
    this.filter.addEventListener("input", () => this.all());
    this.follow.addEventListener("change", () => this.toEnd());
    let last = 0;
    this.box.addEventListener("scroll", () => {
      // Who scrolls back wants to read.
      const end = this.box.scrollHeight - this.box.clientHeight;
      if (this.box.scrollTop < last - 1 && this.box.scrollTop < end - 4) this.follow.checked = false;
      last = this.box.scrollTop;
    });
    this.all();
  }

  choose(tab) {
    for (const t of this.tabs) {
      setAttr(t, "aria-selected", String(t === tab));
      setAttr(t, "tabindex", t === tab ? "0" : "-1");
    }
    tab.focus();
    this.kind = tab.id.replace("tab-", "");
    setAttr(this.box, "aria-labelledby", tab.id);
    this.all();
  }

  step(e) {
    const i = this.tabs.indexOf(e.target);
    const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: this.tabs.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    this.choose(this.tabs.at(to % this.tabs.length));
  }

  // begun is called when a connection begins: the host then sends its last lines
  // again, of which some are here already.
  begun() {
    for (const kind in this.lists) this.recent[kind] = new Set(this.lists[kind].slice(-400).map((l) => l.key));
  }

  add(kind, raw) {
    const fresh = [];
    for (const r of raw) {
      const key = JSON.stringify(r);
      if (this.recent[kind].has(key)) continue;
      const at = ms(r.time);
      const line = { key, at, who: whoOf(r, this.place), ...readers[kind](r) };
      line.text = `${line.who} ${line.what} ${line.more} ${line.below ?? ""}`.toLowerCase();
      fresh.push(line);
    }
    this.append(kind, fresh);
  }

  // missed tells that the host left out lines at this place.
  missed(numbers) {
    for (const kind in this.lists) {
      if (!numbers[kind]) continue;
      const what = `${numbers[kind]} lines were left out here: they came faster than this page took them`;
      this.append(kind, [{ key: "", at: NaN, who: "", what, more: "", text: what, level: "warn" }]);
    }
  }

  append(kind, fresh) {
    const list = this.lists[kind];
    list.push(...fresh);
    if (list.length > kept) list.splice(0, list.length - kept);
    if (kind !== this.kind || fresh.length === 0) return;
    const wanted = fresh.filter((l) => this.wants(l)).slice(-kept);
    this.list.append(...wanted.map(nodeOf));
    while (this.list.children.length > kept) this.list.firstChild.remove();
    this.told();
    this.toEnd();
  }

  wants(line) {
    const text = this.filter.value.trim().toLowerCase();
    return text === "" || line.text.includes(text) || line.key === "";
  }

  // all shows all lines of the kind anew.
  all() {
    this.list.replaceChildren(...this.lists[this.kind].filter((l) => this.wants(l)).map(nodeOf));
    this.told();
    this.toEnd();
  }

  told() {
    const all = this.lists[this.kind].length;
    const shown = this.list.children.length;
    setText(this.shown, shown === all ? (all === 0 ? "nothing yet" : `${all} lines`) : `${Math.min(shown, all)} of ${all} lines`);
  }

  toEnd() {
    if (this.follow.checked) this.box.scrollTop = this.box.scrollHeight;
  }
}

function nodeOf(line) {
  const time = el("span", { class: "time", text: moment(line.at) });
  setTitle(time, full(line.at));
  const what = el("span", { class: "what", dir: "auto" }, el("b", { class: "unseen", text: signs[line.level] ?? "" }), line.what, " ", el("span", { class: "quiet", text: line.more }));
  if (line.below) what.append(el("span", { class: "below", text: line.below }));
  return el("li", { class: line.level || null }, time, el("bdi", { class: "who", text: line.who }), what);
}
