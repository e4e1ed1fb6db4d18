// The scripts: which run, since when, and what is wrong with one.

import { el, Rows, setText, setTitle, setAttr, show } from "./dom.js";
import { post, button, Outcome } from "./api.js";
import { ms, moment, now, about, ago, count, full, inShare } from "./words.js";
import { openSource } from "./source.js";
import { cell } from "./jobs.js";

const schedules = "site.yaml"; // what the status calls the script of archive.schedules
const aside = "set aside"; // the state of a script that an operator has set aside

export class Scripts {
  constructor(section) {
    this.section = section;
    this.rows = new Rows(section.querySelector("tbody"), (key, value) => new Script(value));
  }

  setPage(page) {
    this.section.classList.toggle("readonly", !page.actions);
  }

  set(key, s) {
    if (!s) return this.rows.delete(key);
    this.rows.set(key, `${s.name} ${s.share ?? ""}`, s);
  }

  summary() {
    const all = this.rows.values().map((r) => r.value);
    const words = [String(all.length)];
    for (const state of [aside, "held back", "not loaded"]) {
      const n = all.filter((s) => s.state === state).length;
      if (n) words.push(`${n} ${state}`);
    }
    setText(this.section.querySelector(".count"), words.join(" · "));
    setText(document.querySelector('nav a[href="#scripts"] b'), String(all.length));
    show(this.section.querySelector("table"), all.length > 0);
    show(this.section.querySelector(".none"), all.length === 0);
  }

  tick() {
    for (const script of this.rows.values()) script.tick();
  }
}

class Script {
  constructor(s) {
    this.outcome = new Outcome();
    this.state = el("span", { class: "lamp" });
    this.since = el("span", { class: "quiet" });
    this.tasks = el("span", { dir: "auto" });
    this.jobs = el("span", { class: "quiet" });
    this.error = el("p", { class: "why", dir: "auto", hidden: "" });
    const open = s.name === schedules ? el("bdi", { class: "name", text: s.name }) : el("button", { type: "button", class: "name source", "aria-haspopup": "dialog", click: () => openSource(s.name, this.value.edit ?? this.value.last_error) }, el("bdi", { text: s.name }));
    this.hold = s.name === schedules ? null : button("Set aside", {}, this.outcome, () => this.change());
    this.node = el("tr", { role: "row" },
      el("th", { role: "rowheader", scope: "row" }, open, s.share ? el("span", { class: "quiet of" }, `in ${s.share}`) : ""),
      cell("State", this.state, " ", this.since, this.error, this.outcome.node),
      cell("Runs now", this.tasks, " ", this.jobs),
      el("td", { role: "cell", class: "do" }, this.hold ?? ""),
    );
  }

  async change() {
    const script = inShare(this.value.share, this.value.name);
    if (this.value.state === aside) {
      await post("/api/scripts/release", { script });
      return "let go";
    }
    await post("/api/scripts/hold", { script });
    return "set aside: its jobs do not begin";
  }

  update(s) {
    const error = s.edit ?? s.last_error;
    setText(this.state, s.state);
    setAttr(this.state, "data-state", s.state);
    const tasks = (s.tasks ?? []).map((t) => (t.startsWith(`${s.name}/`) ? t.slice(s.name.length + 1) : t));
    setText(this.tasks, tasks.length > 4 ? `${tasks.slice(0, 3).join(", ")} and ${tasks.length - 3} more` : tasks.join(", ") || "–");
    setTitle(this.tasks, tasks.length > 4 ? tasks.join(", ") : "");
    setText(this.jobs, count(s.jobs, "job"));
    if (this.hold) {
      const words = s.state === aside ? "Let go" : "Set aside";
      setText(this.hold, words);
      setAttr(this.hold, "aria-label", `${words}: ${inShare(s.share, s.name)}`);
    }
    show(this.error, Boolean(error));
    this.tick();
  }

  tick() {
    const s = this.value;
    const until = ms(s.held_until);
    const since = ms(s.since);
    setText(this.since, Number.isNaN(until) ? (Number.isNaN(since) ? "" : `for ${about(now() - since)}`) : `until ${moment(until)}`);
    setTitle(this.since, full(Number.isNaN(until) ? since : until));
    const error = s.edit ?? s.last_error;
    if (!error) return;
    const at = ms(error.time);
    const what = s.edit ? (s.state === "not loaded" ? "" : "what was saved last does not run: ") : Number.isNaN(at) ? "" : `failed ${ago(at)}: `;
    setText(this.error, what + error.message + (error.place && !error.message.includes(error.place) ? ` (${error.place})` : ""));
  }
}
