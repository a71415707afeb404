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
    this.words = [];
    this.provider = this.outcome = "";
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
    new ResizeObserver(() => this.schedule()).observe(this.box);
  }

  get height() {
    return narrow.matches ? ROW_NARROW : ROW_WIDE;
  }

  get filtered() {
    return this.words.length > 0 || this.provider !== "" || this.outcome !== "";
  }

  clear() {
    this.rows = [];
    this.byNumber.clear();
    this.refilter();
  }

  /** Take rows that are new or have changed; the time of the oldest that is new is returned, Infinity without one. */
  take(batch) {
    let oldest = Infinity;
    for (const row of batch) {
      const known = this.byNumber.get(row.n);
      if (known) {
        Object.assign(known, row, { hay: null, version: known.version + 1 });
        if (this.filtered) this.settle(known);
      } else {
        Object.assign(row, { hay: null, version: 0, shown: false });
        this.byNumber.set(row.n, row);
        insert(this.rows, row);
        this.received += 1;
        oldest = Math.min(oldest, row.at);
        if (this.filtered) this.settle(row);
      }
    }
    if (this.rows.length > KEPT) this.drop();
    this.schedule();
    return oldest;
  }

  drop() {
    for (const row of this.rows.splice(0, DROPPED)) this.byNumber.delete(row.n);
    if (this.filtered) this.view = this.view.filter((row) => this.byNumber.has(row.n));
  }

  /** Keep one row in or out of what the filter shows. */
  settle(row) {
    const fits = this.fits(row);
    if (fits === row.shown) return;
    row.shown = fits;
    if (fits) insert(this.view, row);
    else this.view.splice(place(this.view, row.n) - 1, 1);
  }

  fits(row) {
    if (this.provider && row.p !== this.provider) return false;
    if (this.outcome && row.o !== this.outcome) return false;
    if (!this.words.length) return true;
    row.hay ??= `#${row.n} ${row.p} ${row.k} ${row.m} ${row.u} ${row.a} ${row.s ?? ""} ${row.o} ${row.w} ${row.x}`.toLowerCase();
    return this.words.every((word) => row.hay.includes(word));
  }

  filter({ text, provider, outcome }) {
    this.words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.provider = provider;
    this.outcome = outcome;
    this.refilter();
  }

  refilter() {
    if (this.filtered) {
      for (const row of this.rows) row.shown = this.fits(row);
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
    this.counted(view.length, this.rows.length);
  }

  fill(element, row, index, height) {
    element.style.transform = `translateY(${index * height}px)`;
    const selected = row.n === this.selected;
    element.setAttribute("aria-selected", String(selected));
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.view.length));
    if (element.version === row.version && element.number === row.n) return;
    element.version = row.version;
    element.number = row.n;
    element.id = `x-${row.n}`;
    element.className = `x ${row.o}`;
    const [when, way, what, about, status, ms, outcome] = element.children;
    when.textContent = time.format(row.at);
    way.textContent = `${SHORT[row.p] ?? row.p} ${row.to ? "→" : "←"}`;
    way.title = row.to ? `${row.p} to CLIENT` : `CLIENT to ${row.p}`;
    what.textContent = row.f ? `${row.k} ⚡` : row.k;
    about.textContent = row.a || `${row.m} ${row.u}`;
    status.textContent = row.s ?? "";
    ms.textContent = row.ms === null ? "" : row.ms < 100 ? row.ms.toFixed(1) : String(Math.round(row.ms));
    outcome.textContent = row.w ? `${row.o}: ${row.w}` : row.o;
    element.title = `#${row.n} ${row.m} ${row.u}`;
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
    const index = number === null ? -1 : place(this.view, number) - 1;
    if (reveal && index >= 0) {
      const top = index * this.height;
      if (top < this.box.scrollTop || top + this.height > this.box.scrollTop + this.box.clientHeight) {
        this.setFollow(false);
        this.box.scrollTop = Math.max(0, top - this.box.clientHeight / 2);
      }
    }
    this.schedule();
  }

  clicked(event) {
    const element = event.target.closest(".x");
    if (element) this.choose(element.number);
  }

  choose(number) {
    this.select(number);
    this.chosen(number);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.height) - 1);
    const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !this.view.length) return;
    event.preventDefault();
    const here = this.selected === null ? this.view.length : place(this.view, this.selected) - 1;
    const next = Math.min(this.view.length - 1, Math.max(0, here + steps[event.key]));
    this.choose(this.view[next].n);
  }
}

/** How many of `rows`, which are in order, have a number up to `number`. */
function place(rows, number) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].n <= number) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(rows, row) {
  if (!rows.length || rows[rows.length - 1].n < row.n) rows.push(row);
  else rows.splice(place(rows, row.n), 0, row);
}

function blank() {
  const cells = ["when", "way", "what", "about", "num", "num", "outcome"].map((name) => make("span", { className: name }));
  return make("div", { className: "x", role: "option" }, ...cells);
}
