// The pictures of devices. One is asked for only while it can be seen.

import { el, setText, setAttr, show } from "./dom.js";
import { ask } from "./api.js";
import { now, span } from "./words.js";

const soon = 400; // milliseconds: the first picture is asked for again, then after twice as long ...
const pause = 10e3; // milliseconds after a failure
const stale = 10e3; // a picture that is older is marked

const inSight = new IntersectionObserver((entries) => {
  for (const e of entries) pictures.get(e.target)?.seen(e.isIntersecting);
});
const pictures = new Map(); // by the element that is watched

document.addEventListener("visibilitychange", () => {
  for (const p of pictures.values()) p.seen(p.visible);
});

// Picture is the box of one device. It shows the channel that it was given. seen
// is called when its card comes into sight.
export class Picture {
  constructor(card, seen) {
    this.onSeen = seen;
    this.image = el("img", { alt: "", decoding: "async", hidden: "" });
    this.empty = el("span", { class: "empty", text: "no picture yet" });
    this.age = el("span", { class: "age", hidden: "" });
    this.node = el("div", { class: "picture" }, this.image, this.empty, this.age);
    this.card = card;
    this.path = ""; // of the picture
    this.every = 0; // milliseconds from one to the next; 0: none are wanted
    this.visible = false;
    this.timer = 0;
    this.busy = false;
    pictures.set(card, this);
    inSight.observe(card);
  }

  // gone is called when the card is taken away.
  gone() {
    inSight.unobserve(this.card);
    pictures.delete(this.card);
    this.every = 0;
    clearTimeout(this.timer);
    this.clear();
  }

  // of says which picture is wanted, and how often.
  of(path, name, every) {
    this.every = every;
    show(this.node, every > 0);
    if (path !== this.path) {
      this.path = path;
      this.clear();
      clearTimeout(this.timer);
      this.timer = 0;
    }
    if (every === 0) this.clear();
    setAttr(this.image, "alt", `Picture of ${name}`);
    this.look();
  }

  clear() {
    this.first = soon;
    this.tag = null;
    this.taken = NaN;
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = null;
    this.image.removeAttribute("src");
    show(this.image, false);
    show(this.age, false);
    show(this.empty, true);
    setText(this.empty, "no picture yet");
  }

  seen(visible) {
    this.visible = visible;
    if (visible && !document.hidden) this.onSeen();
    this.look();
  }

  wanted() {
    return this.every > 0 && this.visible && !document.hidden;
  }

  // look asks for the picture, and then again and again.
  async look() {
    if (this.busy || this.timer || !this.wanted()) return;
    this.busy = true;
    const path = this.path;
    let wait = this.every;
    try {
      const answer = await ask(path, { headers: this.tag ? { "If-None-Match": this.tag } : {} });
      if (answer.status === 204) {
        wait = Math.min(this.first, wait);
        this.first *= 2;
      }
      const blob = answer.status === 200 ? await answer.blob() : null;
      if (path === this.path && this.every > 0) this.show(answer, blob);
    } catch (err) {
      wait = pause;
      if (path === this.path && !this.url) setText(this.empty, err.message);
    }
    this.busy = false;
    if (path !== this.path) wait = 0;
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.look();
    }, wait);
  }

  show(answer, blob) {
    if (answer.status === 204) return;
    this.taken = now() - 1000 * Number(answer.headers.get("Age") ?? 0);
    if (blob) {
      this.tag = answer.headers.get("ETag");
      const before = this.url;
      this.url = URL.createObjectURL(blob);
      this.image.src = this.url;
      if (before) URL.revokeObjectURL(before);
      show(this.image, true);
      show(this.empty, false);
    }
    this.tick();
  }

  tick() {
    if (Number.isNaN(this.taken) || !this.url) return;
    const age = now() - this.taken;
    setText(this.age, `${span(age)} old`);
    this.age.classList.toggle("stale", age > stale);
    show(this.age, true);
  }
}
