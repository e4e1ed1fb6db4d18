// The page of a running host. It shows the status that the stream brings, and
// makes the words for it.

import { setText, setTitle, show } from "./dom.js";
import { post, button, Failure, Outcome } from "./api.js";
import { setZone, setNow, now, clock, span, ms, moment } from "./words.js";
import { Stream } from "./stream.js";
import { Needs } from "./needs.js";
import { Devices } from "./devices.js";
import { Jobs } from "./jobs.js";
import { Scripts } from "./scripts.js";
import { Archive } from "./archive.js";
import { Happens } from "./happens.js";

const section = (id) => document.getElementById(id);

const lists = { device: new Devices(section("devices")), script: new Scripts(section("scripts")), job: new Jobs(section("jobs")) };
const needs = new Needs(section("needs"), (key) => lists[key.slice(0, key.indexOf("/"))]?.rows.get(key)?.node.id);
const archive = new Archive(section("archive"));
const happens = new Happens(section("happens"), (device, channel) => lists.device.placeOf(device, channel));

const status = {}; // the members of the status that are no lists
let whole = false; // the next state has everything
let shown; // what the page may do, as it was taken over last
let lostAt = NaN; // when the host was last heard of, while it is silent

const stream = {
  begun() {
    whole = true;
    happens.begun();
  },

  beat(beat) {
    setNow(beat.now);
  },

  state(change) {
    if (whole) {
      for (const key in status) if (!(key in change)) delete status[key];
      for (const list of Object.values(lists)) list.rows.keep(new Set(Object.keys(change)));
      whole = false;
    }
    const items = Object.keys(change).filter((key) => key.includes("/"));
    for (const key in change) {
      if (key.includes("/")) continue;
      if (change[key] === null) delete status[key];
      else status[key] = change[key];
    }
    header();
    for (const key of items) lists[key.slice(0, key.indexOf("/"))]?.set(key, change[key]);
    for (const list of Object.values(lists)) list.summary();
    if ("archive" in change || !status.archive) archive.set(status.archive);
    live();
  },

  log: (lines) => happens.add("log", lines),
  command: (lines) => happens.add("command", lines),
  event: (lines) => happens.add("event", lines),
  missed: (numbers) => happens.missed(numbers),

  lost(why) {
    if (Number.isNaN(lostAt)) lostAt = now();
    setText(section("link"), `${why}: what you see is old`);
    section("link").className = "lost";
    document.body.classList.add("old");
    tick();
  },
};

function live() {
  lostAt = NaN;
  setText(section("link"), "live");
  section("link").className = "live";
  document.body.classList.remove("old");
  tick();
}

function siteName() {
  return status.site?.dir?.split(/[/\\]/).filter(Boolean).at(-1) ?? "hiklua";
}

// header takes over what concerns the whole page.
function header() {
  const zone = status.site?.timezone ?? "UTC";
  if (section("zone").textContent !== zone) setZone(zone);
  setText(section("site"), siteName());
  section("site").title = status.site?.dir ?? "";
  setText(section("zone"), zone);
  setText(section("version"), ` · hiklua ${status.version ?? ""}`);
  cluster();
  const page = { actions: Boolean(status.page?.actions), pictures: status.page?.pictures ?? 0, reload: Boolean(status.page?.actions) && !status.cluster };
  if (page.actions === shown?.actions && page.pictures === shown?.pictures && page.reload === shown?.reload) return;
  shown = page;
  for (const list of Object.values(lists)) list.setPage(page);
  show(reload, page.reload); // what a cluster runs is its release
}

const nones = new Map(["jobs", "scripts"].map((id) => [section(id).querySelector(".none"), section(id).querySelector(".none").textContent]));

// cluster says which host this is, and who holds the site or its shares.
function cluster() {
  const { host, shares = [] } = status.cluster ?? {};
  const holder = (s) => (s.state === "held" || s.state === "waning" ? s.holder : "");
  const mine = shares.filter((s) => holder(s) === host).map((s) => s.name);
  let words = `${host}: ${mine.length ? `holds ${mine.join(", ")}` : "standby"}`;
  if (shares.length === 1) {
    const who = holder(shares[0]);
    words = who === host ? `${host} drives the site` : who ? `${host}: standby, ${who} drives the site` : `${host}: no host drives the site`;
  }
  const badge = section("cluster");
  setText(badge, words);
  setTitle(badge, shares.map((s) => `${s.name}: ${holder(s) || "no host"}, term ${s.term}`).join("; "));
  show(badge, Boolean(status.cluster));
  for (const [none, text] of nones) setText(none, status.cluster && !mine.length ? "This host runs nothing: scripts run where their devices are driven." : text);
}

const outcome = new Outcome();
section("reloaded").replaceWith(outcome.node);
const reload = button("Reload", { title: "take over site.yaml and the scripts as they are saved", hidden: "" }, outcome, async () => {
  const changes = (await post("/api/reload", {})) ?? [];
  const bad = changes.filter((c) => c.error);
  const words = changes.map((c) => `${c.what} ${c.did}${c.error ? `: ${c.error.message}` : ""}`).join("; ");
  if (bad.length) throw new Failure({ message: words });
  return words || "nothing has changed";
});
section("tools").prepend(reload);

// tick makes the words of time anew.
function tick() {
  if (document.hidden) return;
  if (status.version) setText(section("clock"), Number.isNaN(lostAt) ? clock(now()) : `as of ${moment(lostAt)}, ${span(now() - lostAt)} ago,`);
  if (status.started) setText(section("up"), ` · up ${span(now() - ms(status.started))}`);
  const values = (list) => list.rows.values().map((row) => row.value);
  const n = needs.update({ ...status, devices: values(lists.device), scripts: values(lists.script), jobs: values(lists.job) });
  document.title = `${n ? `(${n}) ` : ""}${siteName()} · hiklua`;
  for (const list of Object.values(lists)) list.tick();
  archive.tick();
}

setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);
new Stream("/api/stream", stream);
