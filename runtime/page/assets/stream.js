// The stream of what happens: Server-Sent Events. They are read with fetch and
// not with EventSource, which does not tell why it was refused.

const silence = 40e3; // milliseconds: without a word for so long, what is shown is old
const restart = 1e3; // from the end of a connection to the next try; then twice as long ...
const longest = 8e3; // ... and so on, up to this
const silent = "the host does not answer";
const unseen = 3e3; // a tab that is not looked at gives its connection back

// Stream keeps one connection open while the page is looked at. on has a function
// for each event: beat, state, log, command, event, missed; begun(), which comes
// before those of each connection; and lost(why).
export class Stream {
  constructor(url, on) {
    this.url = url;
    this.on = on;
    this.connection = null; // an AbortController
    this.wait = restart;
    this.silent = silent; // why the host does not answer
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.unseen);
      if (document.hidden) this.unseen = setTimeout(() => this.close(), unseen);
      else this.open();
    });
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", () => this.open());
    this.open();
  }

  close() {
    this.connection?.abort();
    this.connection = null;
    clearTimeout(this.restart);
  }

  async open() {
    if (this.connection || document.hidden) return;
    clearTimeout(this.restart);
    const connection = new AbortController();
    this.connection = connection;
    const why = await this.read(connection).catch(() => this.silent);
    connection.abort();
    if (this.connection !== connection) return; // it was closed
    this.connection = null;
    this.on.lost(why);
    this.restart = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(2 * this.wait, longest);
  }

  // read reads a connection to its end, and gives the reason for that.
  async read(connection) {
    let watch;
    const heard = () => {
      clearTimeout(watch);
      watch = setTimeout(() => connection.abort(), silence);
    };
    try {
      heard();
      const answer = await fetch(this.url, { cache: "no-store", signal: connection.signal, headers: { Accept: "text/event-stream" } });
      if (answer.status === 401) location.assign("/login");
      if (!answer.ok) return (await answer.json()).error.message;
      this.wait = restart;
      this.silent = silent;
      this.on.begun();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) return this.silent;
        heard();
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        for (const event of events) {
          const { name, data } = fields(event);
          if (name === "bye") return this.bye(data.reason);
          if (this.connection === connection) this.tell(name, data);
        }
      }
    } finally {
      clearTimeout(watch);
    }
  }

  // tell has a fault of the page itself shown in the console: it is no reason to
  // take the host for silent.
  tell(name, data) {
    try {
      this.on[name]?.(data);
    } catch (err) {
      reportError(err);
    }
  }

  bye(reason) {
    if (reason === "session") location.assign("/login");
    else this.silent = "the host has ended";
    return reason === "session" ? "the session is over" : this.silent;
  }
}

// fields are those of one event.
function fields(text) {
  const event = { name: "message", data: null };
  for (const line of text.split("\n")) {
    if (line.startsWith("event: ")) event.name = line.slice(7);
    if (line.startsWith("data: ")) event.data = JSON.parse(line.slice(6));
  }
  return event;
}
