// The source of a script, to be read.

import { el, setText, show } from "./dom.js";
import { ask } from "./api.js";

const dialog = document.getElementById("source");
const title = document.getElementById("source-title");
const trouble = dialog.querySelector(".outcome");
const code = dialog.querySelector("pre");

document.getElementById("source-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (e) => {
  if (e.target === dialog) dialog.close(); // beside it
});

// sourceOf is the name of the script that a place is in, or "".
export const sourceOf = (place) => /^scripts\/(.+)\.lua:\d+/.exec(place ?? "")?.[1] ?? "";

// openSource shows a script, and what is wrong with it, if anything is. If the
// place of that, "scripts/tour.lua:3", is in this script, its line is marked.
export async function openSource(name, error) {
  const place = error?.place ?? "";
  const line = sourceOf(place) === name ? Number(/:(\d+)/.exec(place)[1]) : 0;
  setText(title, `scripts/${name}.lua${line ? `, line ${line}` : ""}`);
  setText(trouble, error?.message ?? "");
  show(trouble, Boolean(error));
  code.replaceChildren();
  if (!dialog.open) dialog.showModal();
  let text;
  try {
    text = await (await ask(`/api/scripts/${encodeURIComponent(name)}/source`)).text();
  } catch (err) {
    setText(trouble, err.hint ? `${err.message} — ${err.hint}` : err.message);
    show(trouble, true);
    return;
  }
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  code.replaceChildren(...lines.map((words, i) => {
    const marked = i + 1 === line;
    return el("span", { class: marked ? "line marked" : "line" }, marked ? el("mark", { text: words || " " }) : words, "\n");
  }));
  code.querySelector(".marked")?.scrollIntoView({ block: "center" });
  code.focus();
}
