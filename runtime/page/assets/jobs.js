// The jobs: when each runs, and what came of its last run.

import { el, Rows, setText, setTitle, setAttr, show } from "./dom.js";
import { post, button, Outcome } from "./api.js";
import { ms, moment, ago, until, took, count, full, inShare } from "./words.js";

// cell makes a cell that is read as one, however the table is laid out.
export const cell = (label, ...children) => el("td", { role: "cell", "data-label": label }, ...children);

export class Jobs {
  constructor(section) {
    this.section = section;
    this.rows = new Rows(section.querySelector("tbody"), (key, value) => new Job(value));
  }

  setPage(page) {
    this.section.classList.toggle("readonly", !page.actions);
  }

  set(key, j) {
    if (!j) return this.rows.delete(key);
    this.rows.set(key, `${j.script}/${j.job} ${j.share ?? ""}`, j);
  }

  summary() {
    const all = this.rows.values().map((r) => r.value);
    const running = all.filter((j) => j.running > 0).length;
    const failed = all.filter((j) => j.last?.outcome === "failed").length;
    const words = [String(all.length)];
    if (running) words.push(`${running} running`);
    if (failed) words.push(`${failed} failed`);
    setText(this.section.querySelector(".count"), words.join(" · "));
    setText(document.querySelector('nav a[href="#jobs"] b'), String(all.length));
    show(this.section.querySelector("table"), all.length > 0);
    show(this.section.querySelector(".none"), all.length === 0);
  }

  tick() {
    for (const job of this.rows.values()) job.tick();
  }
}

class Job {
  constructor(j) {
    const name = inShare(j.share, `${j.script}/${j.job}`);
    this.outcome = new Outcome();
    this.when = el("span", { dir: "auto" });
    this.next = el("span");
    this.away = el("span", { class: "quiet" });
    this.last = el("span", { class: "ran" });
    this.details = el("span", { class: "quiet" });
    this.error = el("p", { class: "why", dir: "auto", hidden: "" });
    const run = button("Run now", { "aria-label": `Run now: ${name}` }, this.outcome, async () => {
      await post("/api/jobs/run", { job: name });
      return "started";
    });
    this.node = el("tr", { role: "row" },
      el("th", { role: "rowheader", scope: "row" }, el("bdi", { class: "name", text: j.job }), el("span", { class: "quiet of" }, el("bdi", { text: j.script }), j.share ? ` in ${j.share}` : "")),
      cell("When", this.when),
      cell("Next", this.next, " ", this.away),
      cell("Last", this.last, " ", this.details, this.error, this.outcome.node),
      el("td", { role: "cell", class: "do" }, run),
    );
  }

  update(j) {
    setText(this.when, j.when);
    setText(this.error, j.last?.error?.message ?? "");
    show(this.error, Boolean(j.last?.error));
    const outcome = j.running > 0 ? "running" : j.last ? (j.last.outcome ?? "ran") : "not yet";
    setAttr(this.last, "data-outcome", outcome);
    setText(this.last, j.running > 1 ? `${j.running} running` : outcome);
    const numbers = [count(j.runs, "run")];
    if (j.failed) numbers.push(`${j.failed} failed`);
    if (j.skipped) numbers.push(`${j.skipped} left out`);
    if (j.queued) numbers.push(`${j.queued} waiting`);
    this.numbers = j.runs || j.failed || j.skipped || j.queued ? numbers.join(", ") : "";
    this.tick();
  }

  tick() {
    const j = this.value;
    const next = ms(j.next);
    setText(this.next, j.next ? moment(next) : j.kind === "on" ? "on its event" : "never");
    setTitle(this.next, full(next));
    setText(this.away, j.next ? until(next) : "");
    const words = [];
    if (j.last) {
      const at = ms(j.last.ended ?? j.last.started ?? j.last.scheduled);
      if (j.running > 0) words.push(j.last.outcome ? `last ${j.last.outcome} ${ago(at)}` : `since ${moment(at)}`);
      else {
        if (j.last.ended && j.last.started) words.push(`took ${took(j.last.duration)}`);
        words.push(ago(at));
      }
      setTitle(this.details, full(at));
    }
    if (this.numbers) words.push(this.numbers);
    setText(this.details, words.join(" · "));
  }
}
