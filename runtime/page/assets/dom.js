// Elements are made once and kept: what changes is their text.

// el makes an element. The properties are attributes; "class" and "text" too,
// a function is a listener of the event of that name, and null leaves one out.
// The children are elements or text.
export function el(name, props = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") e.addEventListener(key, value);
    else if (key === "text") e.textContent = value;
    else if (value != null) e.setAttribute(key, value);
  }
  e.append(...children);
  return e;
}

// setText changes what an element says, if it says something else.
export function setText(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

// show shows an element or hides it.
export function show(e, visible) {
  if (e.hidden === visible) e.hidden = !visible;
}

// setAttr changes an attribute, or takes it away if the value is null.
export function setAttr(e, name, value) {
  if (value == null) e.removeAttribute(name);
  else if (e.getAttribute(name) !== value) e.setAttribute(name, value);
}

// setTitle has a long text shown to those who point at it.
export const setTitle = (e, text) => setAttr(e, "title", text || null);

export const byName = new Intl.Collator("en", { numeric: true }).compare;

let made = 0; // rows, for their ids

// Rows are the children of an element, one for each key, in the order of their
// sort text. make gives a row: its element as node, and update(value).
export class Rows {
  constructor(parent, make) {
    this.parent = parent;
    this.make = make;
    this.rows = new Map();
    this.order = []; // of the rows, as they stand
  }

  get(key) {
    return this.rows.get(key);
  }

  values() {
    return this.order;
  }

  // set makes or updates the row of a key.
  set(key, sort, value) {
    let row = this.rows.get(key);
    if (!row) {
      row = this.make(key, value);
      row.key = key;
      row.sort = sort;
      row.node.id = `row-${++made}`;
      this.rows.set(key, row);
      this.place(row);
    } else if (row.sort !== sort) {
      row.sort = sort;
      this.order.splice(this.order.indexOf(row), 1);
      this.place(row);
    }
    row.value = value;
    row.update(value);
    return row;
  }

  // place puts a row where it belongs. Its node is moved only if it stands
  // elsewhere, for an element that is moved loses the focus.
  place(row) {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.order[middle], row)) low = middle + 1;
      else high = middle;
    }
    this.order.splice(low, 0, row);
    const next = this.order[low + 1]?.node ?? null;
    if (row.node.parentNode !== this.parent || row.node.nextSibling !== next) this.parent.insertBefore(row.node, next);
  }

  // delete takes a row away. The focus goes to the row after it, or else to the
  // heading of its section.
  delete(key) {
    const row = this.rows.get(key);
    if (!row) return;
    const i = this.order.indexOf(row);
    const focused = row.node.contains(document.activeElement);
    this.rows.delete(key);
    this.order.splice(i, 1);
    const heading = this.parent.closest("section")?.querySelector("h2");
    row.node.remove();
    row.gone?.();
    if (focused) {
      const near = this.order[i]?.node ?? this.order[i - 1]?.node;
      (near?.querySelector("button, select, a[href]") ?? heading)?.focus();
    }
  }

  // keep takes away all rows whose keys are not in a set.
  keep(keys) {
    for (const key of [...this.rows.keys()]) if (!keys.has(key)) this.delete(key);
  }
}

function before(a, b) {
  const order = byName(a.sort, b.sort);
  return order < 0 || (order === 0 && a.key < b.key);
}
