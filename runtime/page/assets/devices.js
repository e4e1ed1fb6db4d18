// The devices: a picture, how each is, who drives its heads, and what can be done.

import { el, Rows, setText, setAttr, setTitle, show, byName } from "./dom.js";
import { ask, post, button, Outcome } from "./api.js";
import { ms, moment, now, span, full, count } from "./words.js";
import { Picture } from "./pictures.js";
import { headName, whyAway } from "./needs.js";

const presetsKept = 300e3; // milliseconds: the host has them from the device no oftener

const touch = matchMedia("(hover: none)");

const path = (device, channel, what) => `/api/devices/${encodeURIComponent(device)}/channels/${channel}/${what}`;

export class Devices {
  constructor(section) {
    this.section = section;
    this.rows = new Rows(section.querySelector("ul"), (key, value) => new Card(value, () => this.page));
    this.page = { actions: false, pictures: 0 };
    this.simulated = document.getElementById("simulated");
  }

  // setPage takes over what the page may do.
  setPage(page) {
    this.page = page;
    for (const card of this.rows.values()) card.look();
  }

  set(key, d) {
    if (!d) return this.rows.delete(key);
    this.rows.set(key, d.name, d);
  }

  summary() {
    const all = this.rows.values();
    const elsewhere = all.filter((c) => c.value.state === "elsewhere").length;
    const here = all.length - elsewhere;
    const online = all.filter((c) => c.value.state === "online").length;
    const simulated = all.filter((c) => c.value.simulated).length;
    const words = [];
    if (here || !elsewhere) words.push(online === here ? `${here} online` : `${online} of ${here} online`);
    if (elsewhere) words.push(`${elsewhere} elsewhere`);
    const pretended = simulated === all.length ? "all simulated" : `${simulated} simulated`;
    if (simulated) words.push(pretended);
    setText(this.simulated, pretended);
    show(this.simulated, simulated > 0);
    setText(this.section.querySelector(".count"), words.join(" · "));
    setText(document.querySelector('nav a[href="#devices"] b'), String(all.length));
    show(this.section.querySelector(".none"), all.length === 0);
  }

  // placeOf is a channel as people are told of it: "gate/yard".
  placeOf(device, channel) {
    const name = this.rows.get(`device/${device}`)?.value.channels?.find((c) => c.id === channel)?.name;
    return channel ? `${device}/${name || channel}` : device;
  }

  tick() {
    for (const card of this.rows.values()) card.tick();
  }
}

// Card is one device.
class Card {
  constructor(d, page) {
    this.page = page; // a function: what the page may do
    this.name = el("bdi", { text: d.name });
    this.simulated = el("span", { class: "badge sim", text: "simulated", hidden: "" });
    this.leaving = el("span", { class: "badge", text: "leaving", title: "taken out of site.yaml; its head is not at rest yet", hidden: "" });
    this.share = el("span", { class: "badge", title: "the share that it belongs to", hidden: "" });
    this.state = el("span", { class: "lamp" });
    this.since = el("span", { class: "quiet" });
    this.model = el("p", { class: "facts", dir: "auto" });
    this.events = el("span");
    this.queue = el("span", { class: "queue" });
    this.error = el("p", { class: "why", dir: "auto", hidden: "" });
    this.heads = el("ul", { class: "heads" });
    this.lines = new Rows(this.heads, (key) => new HeadLine(this, key));
    this.outcome = new Outcome();
    this.channel = el("select", { "aria-label": `Channel of ${d.name}`, change: () => this.choose() });
    this.preset = el("select", { "aria-label": `Preset of ${d.name}` }, el("option", { value: "", text: "preset" }));
    this.go = button("Go", { "aria-label": `Go to the preset of ${d.name}` }, this.outcome, () => this.recall());
    this.stop = button("Stop head", { "aria-label": `Stop head of ${d.name}`, class: "act stop" }, this.outcome, () => this.halt());
    this.recallGroup = el("div", { class: "recall" }, this.preset, this.go);
    this.node = el("li", { class: "card", pointerenter: () => this.want(), focusin: () => this.want() });
    this.picture = new Picture(this.node, () => {
      if (touch.matches || this.channelNow?.head === undefined) this.want();
    });
    this.title = el("h3", { tabindex: "-1" }, this.name);
    this.node.append(
      this.picture.node,
      el("div", { class: "body" }, el("div", { class: "title" }, this.title, this.simulated, this.leaving, this.share, el("span", { class: "now" }, this.state, this.since)), this.model, el("p", { class: "facts" }, this.events, this.queue), this.error, this.heads),
      el("div", { class: "controls" }, this.channel, this.recallGroup, this.stop),
      this.outcome.node,
    );
    this.chosen = 0; // the channel
    this.presets = new Map(); // by channel: when they were asked for, and the list
  }

  update(d) {
    show(this.simulated, Boolean(d.simulated));
    show(this.leaving, Boolean(d.leaving));
    setText(this.share, d.share ?? "");
    show(this.share, Boolean(d.share));
    setText(this.state, stateOf(d));
    setAttr(this.state, "data-state", d.state === "elsewhere" && !d.holder ? "nobody" : d.state);
    setTitle(this.name, `${d.name}, ${d.address}`);
    setText(this.model, (d.state === "online" && d.model) || d.address);
    setTitle(this.model, [d.address, d.model, d.firmware && `firmware ${d.firmware}`].filter(Boolean).join(", "));
    setText(this.events, d.state === "elsewhere" ? "" : `events ${d.events}`);
    setAttr(this.events, "data-events", d.events);
    setText(this.queue, d.queue ? `${d.queue} waiting` : "");
    setText(this.error, whyAway(d));
    show(this.error, Boolean(d.error) && d.state !== "online");
    this.setChannels(d.channels ?? []);
    this.setHeads(d);
    this.look();
    this.tick();
  }

  setChannels(channels) {
    const key = JSON.stringify(channels);
    if (key === this.channelKey) return;
    this.channelKey = key;
    this.channels = [...channels].sort((a, b) => a.id - b.id);
    const known = this.channels.some((c) => c.id === this.chosen);
    if (!known) this.chosen = (this.channels.find((c) => c.head) ?? this.channels[0])?.id ?? 0;
    this.channel.replaceChildren(...this.channels.map((c) => el("option", { value: c.id, text: c.name ? `${c.id} ${c.name}` : `channel ${c.id}` })));
    this.channel.value = this.chosen;
    this.showPresets();
  }

  get channelNow() {
    return this.channels.find((c) => c.id === this.chosen);
  }

  choose() {
    this.chosen = Number(this.channel.value);
    this.outcome.clear();
    this.setHeads(this.value);
    this.look();
    this.showPresets();
    this.want();
  }

  // setHeads has a line for the head of the chosen channel, and one for each that
  // moves or that a script has for itself.
  setHeads(d) {
    const keys = new Set();
    for (const h of d.heads) {
      const key = `${h.channel}/${h.part ?? ""}`;
      keys.add(key);
      this.lines.set(key, `${h.channel} ${h.part ?? ""}`, h);
    }
    const resting = `${this.chosen}/`;
    if (this.channelNow?.head && d.state !== "elsewhere" && !keys.has(resting)) {
      keys.add(resting);
      this.lines.set(resting, `${this.chosen} `, { channel: this.chosen });
    }
    this.lines.keep(keys);
    this.stop.classList.toggle("moving", d.heads.some((h) => h.channel === this.chosen && h.moving));
  }

  // look shows what there is to see and to press.
  look() {
    const d = this.value;
    if (!d) return;
    const channel = this.channelNow;
    const online = d.state === "online" && channel;
    this.picture.of(channel ? path(d.name, channel.id, "picture") : "", channel?.name ? `${d.name}, ${channel.name}` : d.name, online ? this.page().pictures * 1000 : 0);
    // Where the host does not know yet whether there is a head, it can be asked.
    const drives = this.page().actions && channel !== undefined && d.state !== "elsewhere" && (channel.head ?? Boolean(online));
    show(this.channel, this.channels.length > 1);
    const focused = !drives && (this.recallGroup.contains(document.activeElement) || this.stop === document.activeElement);
    show(this.recallGroup, drives);
    show(this.stop, drives);
    if (focused) this.title.focus();
  }

  // want asks for the presets of the channel, when somebody comes near the
  // chooser: on a touch screen when the card is seen. Asked for presets, the host
  // also learns whether there is a head.
  async want() {
    const channel = this.chosen;
    if (this.recallGroup.hidden || this.value?.state !== "online") return;
    const before = this.presets.get(channel);
    if (before && now() - before.at < presetsKept) return;
    this.presets.set(channel, { at: now(), list: before?.list });
    try {
      const answer = await ask(path(this.value.name, channel, "presets"));
      const list = await answer.json();
      this.presets.set(channel, { at: now(), list });
    } catch (err) {
      this.presets.set(channel, { at: now() - presetsKept + 10e3, list: before?.list, error: err });
    }
    if (channel === this.chosen) this.showPresets();
  }

  showPresets() {
    const { list, error } = this.presets.get(this.chosen) ?? {};
    const first = error && !list ? "not known" : list?.length === 0 ? "no presets" : "preset";
    const options = [["", first], ...(list ?? []).map((p) => [String(p.id), p.name ? `${p.id} ${p.name}` : `preset ${p.id}`])];
    const key = JSON.stringify([this.chosen, options]);
    setTitle(this.preset, error?.message ?? "");
    if (key === this.presetKey) return;
    const value = this.presetKey?.startsWith(`[${this.chosen},`) ? this.preset.value : "";
    this.presetKey = key;
    this.preset.replaceChildren(...options.map(([value, text]) => el("option", { value, text })));
    this.preset.value = options.some(([v]) => v === value) ? value : "";
  }

  async recall() {
    if (this.preset.value === "") {
      const { list, error } = this.presets.get(this.chosen) ?? {};
      if (error && !list) throw error;
      this.preset.focus();
      this.want();
      return "choose a preset first";
    }
    const words = this.preset.selectedOptions[0].text;
    await post("/api/presets/recall", { device: this.value.name, channel: this.chosen, preset: Number(this.preset.value) });
    return `goes to ${words}`;
  }

  async halt() {
    await post("/api/heads/stop", { device: this.value.name, channel: this.chosen });
    return "the head is stopped";
  }

  tick() {
    const d = this.value;
    if (!d) return;
    const at = ms(d.since);
    let words = "";
    if (d.state === "locked" && d.retry_at) words = ` until ${moment(ms(d.retry_at))}`;
    else if (d.state !== "online" && d.state !== "unknown" && !Number.isNaN(at)) words = ` for ${span(now() - at)}`;
    setText(this.since, words);
    setTitle(this.since.parentNode, Number.isNaN(at) ? "" : `${d.state} since ${full(at)}`);
    this.picture.tick();
    for (const line of this.lines.values()) line.tick();
  }

  gone() {
    this.picture.gone();
  }
}

// stateOf is the state of a device in words.
function stateOf(d) {
  if (d.state === "elsewhere") return d.holder ? `driven by ${d.holder}` : "no host drives it";
  return d.state === "unknown" ? "no answer yet" : d.state;
}

// HeadLine says who drives a head.
class HeadLine {
  constructor(card) {
    this.card = card;
    this.text = el("span", { dir: "auto" });
    this.time = el("span", { class: "time" });
    this.node = el("li", {}, this.text, " ", this.time);
  }

  update(h) {
    const name = headName(this.card.value ?? {}, h);
    let words = "at rest";
    if (h.refused) words = `does not stop: ${h.refused}`;
    else if (h.stopping) words = "stops";
    else if (h.moving) words = `moves: ${h.owner || "by hand"}`;
    if (h.exclusive && h.exclusive !== h.owner) words += `${words === "at rest" ? ", but" : ","} only ${h.exclusive} may move it`;
    setText(this.text, `${name} ${words}`);
    setTitle(this.text, `${name} ${words}`);
    this.node.className = h.refused ? "refused" : h.moving || h.stopping ? "moves" : h.exclusive ? "held" : "rests";
    this.value = h;
    this.tick();
  }

  tick() {
    const at = ms(this.value.since);
    setText(this.time, Number.isNaN(at) ? "" : span(now() - at));
  }
}
