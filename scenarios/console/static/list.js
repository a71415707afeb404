// The feed's list: many rows, of which only those in sight are in the document.

import { find, make } from "./dom.js";

const KEPT = 100000; // rows; the oldest are let go in lots of DROPPED
const DROPPED = 10000;
const SPARE = 8; // rows drawn beyond each edge of what is in sight
const ROW_WIDE = 26; // heights in pixels, as in console.css
const ROW_NARROW = 46;
const narrow = matchMedia("(max-width: 40rem)");
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
const SHORT = { operator: "OP", jackpot: "JP", checkout: "CO" };

export class List {
  constructor({ chosen, counted }) {
    this.box = find("list");
    this.sheet = find("sheet");
    this.rows = [];
    this.byNumber = new Map();
    this.view = this.rows;
    this.filtered = false;
    this.races = new Map(); // the first number of each race, below which all of it stands
    this.newest = -1;
    this.marks = 0;
    this.follow = true;
    this.top = 0; // where the list stood when it was last drawn or scrolled
    this.selected = null;
    this.received = 0;
    this.pool = new Map();
    this.scheduled = false;
    this.chosen = chosen;
    this.counted = counted;
    this.box.addEventListener("scroll", () => this.scrolled());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.sheet.addEventListener("click", (event) => this.clicked(event));
    narrow.addEventListener("change", () => this.redraw());
    new ResizeObserver(() => {
      if (!this.follow) this.select(this.selected);
      this.schedule();
    }).observe(this.box);
  }

  get height() {
    return narrow.matches ? ROW_NARROW : ROW_WIDE;
  }

  /** The number of the oldest exchange that is here. */
  get oldest() {
    return Math.max(0, Math.floor(this.rows[0]?.n ?? 0));
  }

  clear() {
    this.rows = [];
    this.byNumber.clear();
    this.races.clear();
    this.newest = -1;
    this.marks = 0;
    this.refilter();
  }

  /** Take rows that are new or have changed; the time of the oldest that is new is returned, Infinity without one. */
  take(batch) {
    let oldest = Infinity;
    for (const row of batch) {
      const known = this.byNumber.get(row.n);
      if (known) {
        Object.assign(known, row, { version: known.version + 1 });
        if (this.filtered) this.settle(known);
      } else {
        if (row.r !== null && !this.races.has(row.r)) this.races.set(row.r, row.n);
        this.add(Object.assign(row, { under: row.r === null ? row.n : this.races.get(row.r) }));
        this.newest = Math.max(this.newest, row.n);
        this.received += 1;
        oldest = Math.min(oldest, row.at);
      }
    }
    if (this.rows.length > KEPT) this.drop();
    this.schedule();
    return oldest;
  }

  add(row) {
    Object.assign(row, { version: 0, shown: false });
    this.byNumber.set(row.n, row);
    insert(this.rows, row);
    if (this.filtered) this.settle(row);
  }

  /** Draw a line below the newest: what comes after it is set apart from what was there before. */
  mark() {
    const n = this.newest + 0.5;
    if (this.byNumber.has(n)) return;
    this.marks += 1;
    this.add({ n, under: n, r: null, mark: true, at: Date.now(), fit: true });
    this.schedule();
  }

  unmark() {
    this.rows = this.rows.filter((row) => !row.mark || !this.byNumber.delete(row.n));
    this.marks = 0;
    this.refilter();
  }

  drop() {
    for (const row of this.rows.splice(0, DROPPED)) {
      this.byNumber.delete(row.n);
      if (row.mark) this.marks -= 1;
    }
    if (this.filtered) this.view = this.view.filter((row) => this.byNumber.has(row.n));
  }

  /** Keep one row in or out of what the filter shows. */
  settle(row) {
    if (row.fit === row.shown) return;
    row.shown = row.fit;
    if (row.fit) insert(this.view, row);
    else this.view.splice(place(this.view, row) - 1, 1);
  }

  /** Show those of the rows that are here whose number is one of `fit` (null: all); of those to come each says so itself. */
  filter(filtered, fit) {
    const numbers = fit && new Set(fit);
    for (const row of this.rows) row.fit = row.mark || !numbers || numbers.has(row.n);
    this.filtered = filtered;
    this.refilter();
  }

  refilter() {
    if (this.filtered) {
      for (const row of this.rows) row.shown = row.fit;
      this.view = this.rows.filter((row) => row.shown);
    } else {
      this.view = this.rows;
    }
    this.schedule();
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  redraw() {
    this.sheet.replaceChildren();
    this.pool.clear();
    this.schedule();
  }

  draw() {
    const { height, view, box } = this;
    this.sheet.style.height = `${view.length * height}px`;
    if (this.follow) box.scrollTop = view.length * height;
    this.top = box.scrollTop;
    const first = Math.max(0, Math.floor(box.scrollTop / height) - SPARE);
    const last = Math.min(view.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + SPARE);
    const wanted = new Map();
    for (let index = first; index < last; index += 1) wanted.set(view[index].n, index);
    const free = [];
    for (const [number, element] of this.pool) {
      if (!wanted.has(number)) {
        free.push(element);
        this.pool.delete(number);
      }
    }
    for (const [number, index] of wanted) {
      let element = this.pool.get(number);
      if (!element) {
        element = free.pop() ?? this.sheet.appendChild(blank());
        this.pool.set(number, element);
        element.version = -1;
      }
      this.fill(element, view[index], index, height);
    }
    for (const element of free) element.remove();
    const active = this.selected !== null && this.pool.has(this.selected);
    if (active) box.setAttribute("aria-activedescendant", `x-${this.selected}`);
    else box.removeAttribute("aria-activedescendant");
    this.counted(view.length - this.marks, this.rows.length - this.marks);
  }

  fill(element, row, index, height) {
    element.style.transform = `translateY(${index * height}px)`;
    const selected = row.n === this.selected;
    element.setAttribute("aria-selected", String(selected));
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.view.length));
    const look = row.mark ? "x mark" : `x ${row.o}${this.raced(row, index)}`;
    if (element.className !== look) element.className = look;
    if (element.version === row.version && element.number === row.n) return;
    element.version = row.version;
    element.number = row.n;
    element.id = `x-${row.n}`;
    if (row.mark) return marked(element, row);
    element.removeAttribute("aria-disabled");
    const [number, when, way, what, about, status, ms, outcome] = element.children;
    number.textContent = row.n;
    when.textContent = time.format(row.at);
    way.textContent = `${SHORT[row.p] ?? row.p} ${row.to ? "→" : "←"}`;
    way.title = row.to ? `${row.p} to CLIENT` : `CLIENT to ${row.p}`;
    what.textContent = `${row.r === null ? "" : `⇉${row.r} `}${row.k}${row.f ? " ⚡" : ""}`;
    what.title = row.r === null ? "" : `left together with the others of race:${row.r}`;
    about.textContent = row.a || `${row.m} ${row.u}`;
    status.textContent = row.s ?? "";
    ms.textContent = row.ms === null ? "" : row.ms < 100 ? row.ms.toFixed(1) : String(Math.round(row.ms));
    // The colour says what it is; why is what fits.
    outcome.textContent = row.w || row.o;
    outcome.title = row.w ? `${row.o}: ${row.w}` : "";
    element.title = `#${row.n} ${row.m} ${row.u}`;
  }

  /** Where a row stands in its race: the first and the last close the bracket. */
  raced(row, index) {
    if (row.r === null) return "";
    return ` raced${this.view[index - 1]?.r === row.r ? "" : " first"}${this.view[index + 1]?.r === row.r ? "" : " last"}`;
  }

  scrolled() {
    const { scrollTop, clientHeight } = this.box;
    // Only somebody who scrolls goes up; rows that come in push the end away without that.
    if (this.follow && scrollTop < this.top - 1) this.setFollow(false);
    else if (!this.follow && scrollTop > this.top && scrollTop + clientHeight >= this.view.length * this.height - 1) this.setFollow(true);
    this.top = scrollTop;
    this.schedule();
  }

  setFollow(on) {
    this.follow = on;
    find("feed-follow").checked = on;
    if (on) this.schedule();
  }

  select(number, { reveal = true } = {}) {
    this.selected = number;
    const index = this.indexOf(number);
    if (reveal && index >= 0) {
      const top = index * this.height;
      if (top < this.box.scrollTop || top + this.height > this.box.scrollTop + this.box.clientHeight) {
        this.setFollow(false);
        this.sheet.style.height = `${this.view.length * this.height}px`;
        this.box.scrollTop = Math.max(0, top - this.box.clientHeight / 2);
        this.top = this.box.scrollTop; // nobody scrolled
      }
    }
    this.schedule();
  }

  /** Where an exchange stands among what is shown; -1 where it does not. */
  indexOf(number) {
    const row = this.byNumber.get(number);
    const index = row ? place(this.view, row) - 1 : -1;
    return this.view[index] === row ? index : -1;
  }

  clicked(event) {
    const element = event.target.closest(".x:not(.mark)");
    if (element) this.choose(element.number);
  }

  choose(number) {
    // What is looked at stays in sight; the newest is followed.
    if (this.indexOf(number) < this.view.length - 1) this.setFollow(false);
    this.select(number);
    this.chosen(number);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.height) - 1);
    const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !this.view.length) return;
    event.preventDefault();
    const at = this.indexOf(this.selected);
    const next = Math.min(this.view.length - 1, Math.max(0, (at < 0 ? this.view.length : at) + steps[event.key]));
    // A mark is no exchange: the one behind it is meant, or at the edge the one before it.
    const step = Math.sign(steps[event.key]);
    const to = [next, next + step, next - step].find((index) => this.view[index] && !this.view[index].mark);
    if (to !== undefined) this.choose(this.view[to].n);
  }
}

/** What comes before what: by number, and those of a race together below its first. */
const order = (one, other) => one.under - other.under || one.n - other.n;

/** How many of `rows`, which are in order, stand up to `row`. */
function place(rows, row) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(rows[middle], row) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(rows, row) {
  if (!rows.length || order(rows[rows.length - 1], row) < 0) rows.push(row);
  else rows.splice(place(rows, row), 0, row);
}

function marked(element, row) {
  for (const cell of element.children) cell.textContent = cell.title = "";
  element.children[1].textContent = time.format(row.at);
  element.children[3].textContent = "from here";
  element.title = "Marked: what came after it is below";
  element.setAttribute("aria-disabled", "true");
}

function blank() {
  const cells = ["n num", "when", "way", "what", "about", "num", "num", "outcome"].map((name) => make("span", { className: name }));
  return make("div", { className: "x", role: "option" }, ...cells);
}
