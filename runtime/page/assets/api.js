// Requests to the host, and the buttons that send them.

import { el, setText, show } from "./dom.js";
import { clock, now } from "./words.js";

const patience = 60e3; // milliseconds for an action: a stop waits for its device

// Failure is an answer of the host that is no success.
export class Failure extends Error {
  constructor({ kind = "error", message = "the host gave no reason", hint = "" }, status) {
    super(message);
    this.kind = kind;
    this.hint = hint;
    this.status = status;
  }
}

// ask sends a request. It gives the answer, if that is a success.
export async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(patience), ...options });
  } catch (err) {
    const late = err.name === "TimeoutError";
    throw new Failure({ kind: "offline", message: late ? "no answer within a minute" : "the host does not answer" }, 0);
  }
  if (answer.ok || answer.status === 304) return answer;
  let error = {};
  try {
    error = (await answer.json()).error ?? {};
  } catch {
    error = { message: `the answer was ${answer.status} ${answer.statusText}`.trim() };
  }
  if (answer.status === 401) location.assign("/login");
  throw new Failure(error, answer.status);
}

// post has the host do something.
export async function post(path, body) {
  const answer = await ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

// say tells readers of the screen what an action did.
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 50); // the same text twice is told twice
}

// Outcome is the line near a button that says what came of it.
export class Outcome {
  constructor(name = "p") {
    this.node = el(name, { class: "outcome", hidden: "" });
    this.timer = 0;
  }

  clear() {
    clearTimeout(this.timer);
    show(this.node, false);
  }

  // good goes away by itself.
  good(text) {
    this.tell(text, false);
    this.timer = setTimeout(() => show(this.node, false), 8e3);
  }

  // bad stays, with the time of day.
  bad(err) {
    this.tell(`${clock(now())} ${err.message}${err.hint ? ` — ${err.hint}` : ""}`, true);
  }

  tell(text, bad) {
    clearTimeout(this.timer);
    this.node.classList.toggle("bad", bad);
    setText(this.node, text);
    show(this.node, true);
    say(bad ? `failed: ${text}` : text);
  }
}

// button makes a button for an action. run sends the request and gives the words
// for its success. While it is under way further presses do nothing; the button
// is not disabled, for it would lose the focus.
export function button(text, props, outcome, run) {
  const b = el("button", { type: "button", class: "act", ...props, text });
  let busy = false;
  b.addEventListener("click", async () => {
    if (busy) return;
    busy = true;
    b.setAttribute("aria-busy", "true");
    outcome.clear();
    try {
      const words = await run();
      if (words) outcome.good(words);
    } catch (err) {
      outcome.bad(err);
      if (!(err instanceof Failure)) throw err;
    } finally {
      busy = false;
      b.removeAttribute("aria-busy");
    }
  });
  return b;
}
