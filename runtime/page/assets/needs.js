// What needs the operator: each cause once.

import { el, Rows, setText, show, setTitle } from "./dom.js";
import { ms, moment, ago, now, span, count, full, inShare } from "./words.js";
import { openSource, sourceOf } from "./source.js";

const fresh = 86400e3; // milliseconds: an error of a task that is older is history

const most = 6; // names of one cause

const blip = 10e3; // milliseconds: many devices close their event stream now and then

const away = { offline: true, unauthorized: true, locked: true };

// causes are what is wrong in a status, the worst first. A cause has a rank, who
// it is about, a state in a word, the text and hint of the error, its place and
// since when; also is what else comes of it.
export function causes(status) {
  const all = [];
  // key is what the state calls that which the cause is about, if it has a row.
  const add = (rank, who, key, state, error, more = {}) => {
    const c = { rank, who: [who], keys: [key], state, text: error.message ?? "", hint: error.hint ?? "", place: error.place ?? "", kind: error.kind, also: [], ...more };
    const same = all.find((a) => a.rank === rank && a.state === state && a.text === c.text && a.place === c.place);
    if (!same) all.push(c);
    else if (!same.who.includes(who)) {
      same.who.push(who);
      same.keys.push(key);
    }
  };
  // told adds what a job or a script says: where it only repeats a cause, that
  // cause gets a word about it.
  const told = (rank, who, key, state, error, since) => {
    const text = ` ${error.message ?? ""}`;
    const repeats = (a) => (a.device ? a.kind === error.kind && a.who.some((name) => text.includes(` ${name}:`) || text.includes(` ${name}/`)) : a.text.length > 8 && text.includes(a.text));
    const cause = all.find(repeats);
    if (!cause) add(rank, who, key, state, error, { since });
    else if (![...cause.who, ...cause.also].some((name) => name === who || name.startsWith(`${who}/`))) cause.also.push(who);
  };
  const device = (d) => `device/${d.name ?? d}`;
  const nameOf = (s) => inShare(s.share, s.name);
  const script = (s) => `script/${nameOf(s)}`;

  if (status.state_error) add(0, "state", "", "is not kept", status.state_error);
  for (const d of status.devices)
    for (const h of d.heads)
      if (h.refused) add(1, `${d.name}, ${headName(d, h)}`, device(d), "does not stop", { message: h.refused });
  for (const h of status.adrift ?? [])
    add(1, `${h.device}, channel ${h.channel}`, "", "was left moving", {
      message: `the host before this one died, and ${h.address} is not in site.yaml any more`, hint: "put the device back, or stop its head by hand",
    });
  if (status.site?.error) add(2, "site.yaml", "", "is not what runs", status.site.error);
  for (const d of status.devices)
    if (away[d.state]) add(3, d.name, device(d), d.state, { ...d.error, message: whyAway(d) }, { device: true, goesOn: true, kind: d.error?.kind ?? d.state, since: d.since, till: d.retry_at });
  for (const d of status.devices)
    if (d.state === "elsewhere" && !d.holder) add(3, d.name, device(d), "no host drives it", d.error ?? {}, { device: true, goesOn: true, kind: d.state });
  for (const d of status.devices)
    if (d.state === "online" && now() - ms(d.events_since) >= blip)
      add(3, d.name, device(d), "events stale", { message: "its event stream is lost or silent: what it notices is not known" }, { since: d.events_since, goesOn: true });
  for (const s of status.scripts) {
    if (s.edit) add(4, nameOf(s), script(s), s.state === "not loaded" ? "does not run" : "what was saved last does not run", s.edit);
    if (s.state === "held back") add(5, nameOf(s), script(s), "ran away and is held back", s.last_error ?? {}, { till: s.held_until });
  }
  for (const j of status.jobs)
    if (j.last?.outcome === "failed") {
      const name = inShare(j.share, `${j.script}/${j.job}`);
      const error = j.last.error ?? { message: "why is not known any more: the script was loaded anew since" };
      told(6, name, `job/${name}`, "failed", error, j.last.ended ?? j.last.started);
    }
  for (const s of status.scripts)
    if (s.last_error && s.state !== "held back" && now() - ms(s.last_error.time) < fresh) told(7, nameOf(s), script(s), "failed", s.last_error, s.last_error.time);
  const archive = status.archive ?? {};
  if (archive.error) add(8, "archive", "", "is not kept", archive.error, { since: archive.error.time });
  if (archive.copy?.error) add(8, `copies to ${archive.copy.place}`, "", `${archive.copy.waiting} waiting`, archive.copy.error, { since: archive.copy.error.time, till: archive.copy.retry_at });
  for (const g of archive.gaps ?? []) {
    const why = g.reasons.at(-1)?.why ?? "";
    const words = `${count(g.missing, "picture")} of ${g.name || `channel ${g.channel}`}`;
    const cause = all.find((a) => a.device && a.who.includes(g.device));
    if (cause) cause.also.push(words);
    else add(9, `${g.device}/${g.name || g.channel}`, device(g.device), `misses ${count(g.missing, "picture")}`, { message: why }, { since: g.from, goesOn: true });
  }
  for (const n of status.notify ?? [])
    if (n.error) add(10, `notify ${n.target}`, "", n.waiting ? `${n.waiting} waiting` : "fails", n.error, { since: n.error.time, till: n.retry_at });
  for (const s of status.scripts)
    if (s.state === "set aside") add(11, nameOf(s), script(s), "set aside", { message: "its jobs do not begin", hint: '"Let go" lets it run again' }, { since: s.since, goesOn: true, mild: true });
  return all;
}

// whyAway is why a device is not online, without its name and state, which stand
// beside it.
export function whyAway(d) {
  const text = d.error?.message ?? "";
  const state = text.indexOf(`${d.state}: `);
  if (state >= 0) return text.slice(state + d.state.length + 2);
  return text.startsWith(`${d.name}: `) ? text.slice(d.name.length + 2) : text;
}

// headName is what a head is called among those of its device.
export function headName(device, head) {
  const channel = (device.channels ?? []).find((c) => c.id === head.channel);
  return [channel?.name || `channel ${head.channel}`, head.part].filter(Boolean).join(" ");
}

export class Needs {
  // idOf gives the id of the row of a device, script or job, by its key in the state.
  constructor(section, idOf) {
    this.section = section;
    this.idOf = idOf;
    this.rows = new Rows(section.querySelector("ul"), (key) => this.make(key));
    this.count = section.querySelector(".count");
    this.link = document.getElementById("to-needs");
  }

  make() {
    const who = el("span", { class: "who" });
    const state = el("span", { class: "state" });
    const since = el("span", { class: "quiet" });
    const text = el("span", { class: "text", dir: "auto" });
    const hint = el("span", { class: "hint", dir: "auto" });
    const also = el("span", { class: "hint" });
    const place = el("button", { type: "button", class: "place", click: () => openSource(row.script, { place: row.value.place, message: row.value.text }) });
    const row = {
      node: el("li", {}, el("p", { class: "head" }, who, " ", state, " ", since), el("p", {}, text, hint, also, place)),
      update: (c) => {
        row.script = sourceOf(c.place);
        this.name(who, c);
        setText(state, c.state);
        setText(text, c.text);
        setText(hint, c.hint && !c.text.includes(c.hint) ? c.hint : "");
        setText(also, c.also.length ? `also: ${c.also.slice(0, 4).join(", ")}${c.also.length > 4 ? ` and ${c.also.length - 4} more` : ""}` : "");
        show(place, row.script !== "");
        setText(place, c.place);
        row.node.classList.toggle("worst", c.rank < 2);
        row.node.classList.toggle("mild", Boolean(c.mild));
        const at = ms(c.since);
        setText(since, c.till ? `until ${moment(ms(c.till))}` : Number.isNaN(at) ? "" : c.goesOn ? `for ${span(now() - at)}` : ago(at));
        setTitle(since, full(at));
      },
    };
    return row;
  }

  // name shows whom a cause is about: links to their rows, if they have one.
  name(who, c) {
    const said = JSON.stringify([c.who, c.keys]);
    if (who.said === said) return;
    who.said = said;
    const names = c.who.slice(0, most).map((name, i) => {
      const id = this.idOf(c.keys[i]);
      return id ? el("a", { href: `#${id}` }, el("bdi", { text: name })) : el("bdi", { text: name });
    });
    if (c.who.length > most) names.push(`${c.who.length - most} more`);
    who.replaceChildren(...names.flatMap((n, i) => (i ? [", ", n] : [n])));
  }

  update(status) {
    const list = causes(status);
    const keys = new Set();
    for (const c of list) {
      const key = `${c.rank} ${c.state} ${c.text} ${c.place}`;
      keys.add(key);
      this.rows.set(key, `${String(c.rank).padStart(2, "0")} ${c.who[0]}`, c);
    }
    this.rows.keep(keys);
    const text = list.length ? String(list.length) : "";
    setText(this.count, text);
    setText(this.link.querySelector("b"), text);
    show(this.link, list.length > 0);
    show(this.section, list.length > 0);
    return list.length;
  }
}
