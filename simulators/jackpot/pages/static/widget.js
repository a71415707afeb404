/* Jackpot's widget (voucher-widget.txt, "Display offers"): a player chooses a voucher and reserves it.
 *
 * JckptWidget.init(container, token, null, callback, options) draws it into `container`. `token` is the JWT that
 * the CLIENT minted, `callback` gets the voucher object once one is reserved. options.useBrowserHistory makes the
 * browser's "back" lead from a store to the list. Once this script has loaded it calls window.jckptAsyncInit.
 * Whatever comes from the provider is put into the page as text, never as HTML.
 */
(() => {
  "use strict";

  const source = document.currentScript ? document.currentScript.src : document.baseURI;
  const address = (path) => new URL(path, source).href;
  const CLIENT_ID = window.JckptClientId || "widget";
  const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  const HISTORY_KEY = "jckpt";
  const QUOTE_PAUSE = 250; // milliseconds without a key pressed, before a price is asked for
  const VALUE = /^\d{1,6}([.,]\d{1,2})?$/;
  const euros = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" });
  const days = new Intl.DateTimeFormat("en", { dateStyle: "long", timeZone: "UTC" });
  const running = new WeakMap(); // the widget in a container

  // What a player is shown, by the error's code: what happened, and what to do. The session is over after `over`.
  const ERRORS = {
    JWT_USED: { over: true, title: "This page was opened before", advice: "It works once. Go back to the site and start again." },
    JWT_EXPIRED: { over: true, title: "This page has expired", advice: "Go back to the site and start again." },
    TOKEN_EXPIRED: { over: true, title: "Your session has expired", advice: "Nothing was reserved. Go back to the site and start again." },
    SESSION_ENDED: { over: true, title: "A voucher is already reserved", advice: "You find it among your vouchers on the site. Start again there to choose another one." },
    AMOUNT_EXCEEDED: { title: "This costs more than you can spend", advice: "Choose a smaller value." },
    STORE_NOT_FOUND: { title: "This store has just left the catalogue", advice: "Go back to all stores and choose another one." },
    NETWORK: { title: "No answer arrived", advice: "Check your connection, then try again." },
    ANSWER_LOST: { title: "No answer arrived", advice: "The voucher may be reserved all the same. Look at your vouchers on the site before you try again." },
    UNKNOWN: { title: "That did not work", advice: "Try again later. If it goes on, tell the site the code below." },
  };

  // What a player is shown of the voucher just reserved, by its state.
  const NEXT = {
    RESERVED: "The site confirms it now and tells you when it is ready.",
    CONFIRMED: "It is confirmed. The site tells you when it is ready.",
    READY: "It is ready. You find it among your vouchers on the site.",
  };

  class Problem extends Error {
    constructor(code, message) {
      super(message);
      this.code = code;
    }
    get words() {
      return ERRORS[this.code] || ERRORS.UNKNOWN;
    }
  }

  /** An element; children that are texts stay texts, whatever is in them. */
  function make(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  }

  function picture(url, className) {
    return make("img", { src: url, alt: "", class: className, loading: "lazy", error: (event) => event.target.remove() });
  }

  /** The text of a store's HTML; the parser's document runs and loads nothing. */
  function textOf(html) {
    return new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
  }

  function percent(rate) {
    return `\u2212${rate}\u00a0%`;
  }

  function discount(rate, more = "") {
    return rate > 0 ? make("span", { class: "discount" }, more + percent(rate)) : null;
  }

  function problemBox(problem) {
    const { title, advice } = problem.words;
    return make(
      "div", { class: "problem", role: "alert" },
      make("p", { class: "title" }, title), make("p", {}, advice),
      problem.message ? make("p", { class: "code" }, `${problem.code}: ${problem.message}`) : null,
    );
  }

  let styles = null;
  /** Load the style sheet ahead of the page's own, so that these can change it; never fails. */
  function dressed() {
    styles ||= new Promise((done) => {
      const link = make("link", { rel: "stylesheet", href: address("widget.css"), load: done, error: done });
      document.head.prepend(link);
    });
    return styles;
  }

  class Widget {
    constructor(container, token, callback, options) {
      this.token = token;
      this.callback = callback;
      this.useBrowserHistory = options.useBrowserHistory === true;
      this.root = make("div", { id: "jackpot", lang: "en", keydown: (event) => this.pressed(event) });
      container.replaceChildren(this.root);
      this.stopping = new AbortController();
      this.access = null; // the session token
      this.offers = null;
      this.opened = null; // the id of the store that is shown
      this.over = false;
    }

    stop() {
      this.stopping.abort();
    }

    async start() {
      this.root.setAttribute("aria-busy", "true");
      await dressed();
      this.draw(make("p", { class: "loading", role: "status" }, "Loading the vouchers\u2026"));
      try {
        const grant = { grant_type: JWT_BEARER, client_id: CLIENT_ID, assertion: String(this.token) };
        this.access = (await this.ask("POST", "v2/token", grant)).access_token;
        this.offers = await this.ask("GET", "widget/offers");
      } catch (problem) {
        this.fail(problem);
        return;
      } finally {
        this.root.removeAttribute("aria-busy");
      }
      if (this.useBrowserHistory) {
        window.addEventListener("popstate", (event) => this.moved(event.state), { signal: this.stopping.signal });
      }
      this.list();
    }

    /** Ask the provider; throws Problem. */
    async ask(method, path, document) {
      const headers = {};
      if (this.access) headers.Authorization = `Bearer ${this.access}`;
      if (document) headers["Content-Type"] = "application/json";
      let answer, content;
      try {
        const body = document && JSON.stringify(document);
        const { signal } = this.stopping;
        answer = await fetch(address(path), { method, headers, body, signal, credentials: "omit", cache: "no-store" });
        content = await answer.json();
      } catch {
        throw new Problem("NETWORK", "");
      }
      if (!answer.ok) throw new Problem(String(content.error), String(content.message));
      return content;
    }

    draw(view, focused = null) {
      this.root.replaceChildren(view);
      if (focused) focused.focus();
    }

    fail(problem) {
      if (this.stopping.signal.aborted) return;
      this.over = true;
      this.draw(problemBox(problem instanceof Problem ? problem : new Problem("UNKNOWN", String(problem))));
    }

    // -- the list of stores

    list() {
      const came = this.opened;
      this.opened = null;
      const heading = make("h2", { tabindex: "-1" }, "Choose a voucher");
      const cards = this.offers.stores.map((offer) => this.card(offer));
      const spend = make("p", { class: "budget" }, "You can spend up to ", make("strong", {}, euros.format(this.offers.amount)), ".");
      const shown = cards.length
        ? make("ul", { class: "stores", role: "list" }, ...cards.map((card) => make("li", {}, card)))
        : make("p", { class: "nothing" }, "No store has a voucher for this amount. Choose a larger amount on the site.");
      const back = cards.find((card) => card.dataset.store === came);
      this.draw(make("section", { class: "list" }, heading, spend, shown), came === null ? null : back || heading);
    }

    card({ store, proposedVouchers: proposed }) {
      const cheapest = Math.min(...proposed.map((each) => each.price));
      const best = Math.max(...proposed.map((each) => each.discountRate));
      return make(
        "button", { type: "button", class: "store", "data-store": store.id, click: () => this.open(store.id) },
        picture(store.storeImage315, "picture"),
        make("span", { class: "name", dir: "auto" }, store.name),
        make("span", { class: "price" }, `from ${euros.format(cheapest)}`),
        discount(best, "up to "),
      );
    }

    open(storeId) {
      if (this.useBrowserHistory) history.pushState({ ...history.state, [HISTORY_KEY]: storeId }, "");
      this.detail(storeId);
    }

    back() {
      if (this.useBrowserHistory && history.state && history.state[HISTORY_KEY]) history.back();
      else this.list();
    }

    moved(state) {
      if (this.over) return;
      const storeId = state && state[HISTORY_KEY];
      if (storeId) this.detail(storeId);
      else if (this.opened) this.list();
    }

    pressed(event) {
      if (event.key === "Escape" && this.opened && !this.over) this.back();
    }

    // -- one store

    detail(storeId) {
      const offer = this.offers.stores.find((each) => each.store.id === storeId);
      if (!offer) return this.list();
      const { store } = offer;
      this.opened = store.id;
      const heading = make("h2", { tabindex: "-1", dir: "auto" }, store.name);
      const facts = [store.categories.join(", "), store.shippingInfos, `Valid until ${days.format(new Date(store.validityDate))}`];
      const informations = make(
        "div", { class: "informations" },
        make("div", { class: "about" }, heading, make("p", { dir: "auto" }, textOf(store.description)),
          make("ul", { class: "facts", role: "list" }, ...facts.filter(Boolean).map((fact) => make("li", { dir: "auto" }, fact)))),
        picture(store.storeImage315, "picture"),
      );
      const back = make("button", { type: "button", class: "back", click: () => this.back() }, "\u2190 All stores");
      const terms = make("details", { class: "mentions" }, make("summary", {}, "Terms"), make("p", { dir: "auto" }, textOf(store.mentions)));
      return this.draw(make("section", { class: "detail" }, back, informations, this.form(offer), terms), heading);
    }

    form({ store, proposedVouchers: proposed }) {
      const alert = make("div", {});
      const button = make("button", { type: "submit", class: "reserve" }, "Reserve");
      const choice = { value: null, price: null };
      const choose = (value, price) => {
        Object.assign(choice, { value, price });
        alert.replaceChildren();
        button.textContent = price === null ? "Reserve" : `Reserve for ${euros.format(price)}`;
      };
      const values = proposed.map((each) => make(
        "label", { class: "value" },
        make("input", { type: "radio", name: "jckpt-value", required: true, value: each.value, change: () => choose(each.value, each.price) }),
        make("span", { class: "worth" }, euros.format(each.value)),
        make("span", { class: "pays" }, `you pay ${euros.format(each.price)}`),
        discount(each.discountRate),
      ));
      if (store.voucherWithContinuousValue) values.push(this.other(store, choice, choose, alert));
      const submitted = async (event) => {
        event.preventDefault();
        if (choice.value === null || button.getAttribute("aria-disabled")) return;
        button.setAttribute("aria-disabled", "true");
        try {
          await this.reserve(store, choice.value);
        } catch (problem) {
          if (problem.words.over) this.fail(problem);
          else alert.replaceChildren(problemBox(problem));
        }
        button.removeAttribute("aria-disabled");
      };
      return make(
        "form", { submit: submitted },
        make("fieldset", {}, make("legend", {}, "Choose a value"), make("div", { class: "values" }, ...values)),
        alert, button,
      );
    }

    /** The choice of any value in the store's range; its price is asked for while it is typed. */
    other(store, choice, choose, alert) {
      const pays = make("span", { class: "pays", role: "status" });
      const radio = make("input", { type: "radio", name: "jckpt-value", required: true, value: "other", "aria-label": "Another value" });
      const low = euros.format(store.voucherValueMin);
      const high = euros.format(store.voucherValueMax);
      const label = `Another value, from ${low} to ${high}`;
      const field = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", maxlength: "9", size: "7", "aria-label": label, placeholder: "0.00" });
      let timer = null;
      const priced = async (text) => {
        const value = Number(text.replace(",", "."));
        try {
          const { price } = await this.ask("GET", `widget/stores/${encodeURIComponent(store.id)}/price?value=${value}`);
          if (field.value.trim() !== text || !radio.checked) return;
          pays.textContent = `you pay ${euros.format(price)}`;
          choose(value, price);
        } catch (problem) {
          if (problem.words.over) this.fail(problem);
          else if (field.value.trim() === text) alert.replaceChildren(problemBox(problem));
        }
      };
      const typed = () => {
        radio.checked = true;
        choose(null, null);
        pays.textContent = "";
        clearTimeout(timer);
        const text = field.value.trim();
        const good = VALUE.test(text);
        field.setCustomValidity(good ? "" : `Give a value from ${low} to ${high}, such as 25 or 25.50.`);
        if (good) timer = setTimeout(() => priced(text), QUOTE_PAUSE);
      };
      field.addEventListener("input", typed);
      radio.addEventListener("change", () => { typed(); field.focus(); });
      // Another choice makes what stands in the field unimportant.
      this.root.addEventListener("change", () => { if (!radio.checked) field.setCustomValidity(""); }, { signal: this.stopping.signal });
      return make("div", { class: "value other" }, radio, make("span", { class: "worth" }, field, " \u20ac"), make("span", { class: "range" }, `${low} to ${high}`), pays);
    }

    async reserve(store, value) {
      let voucher;
      try {
        voucher = await this.ask("POST", `v2/stores/${encodeURIComponent(store.id)}/reserve-voucher-by-value`, { value });
      } catch (problem) {
        throw problem.code === "NETWORK" ? new Problem("ANSWER_LOST", "") : problem;
      }
      this.over = true;
      this.opened = null;
      this.done(store, voucher);
      queueMicrotask(() => this.callback(voucher));
    }

    done(store, voucher) {
      const heading = make("h2", { tabindex: "-1" }, "Your voucher is reserved");
      const next = NEXT[voucher.state] || "";
      const rows = [["Store", store.name], ["Worth", euros.format(voucher.value)], ["You pay", euros.format(voucher.price)], ["Number", voucher.couponId]];
      const facts = rows.map(([term, fact]) => make("div", {}, make("dt", {}, term), make("dd", { dir: "auto" }, fact)));
      this.draw(make("section", { class: "done" }, heading, make("dl", {}, ...facts), make("p", {}, next)), heading);
    }
  }

  window.JckptWidget = {
    /** Draw the widget; a second call for the same container begins again, with a new token. */
    init(container, token, _unused, callback, options) {
      if (!(container instanceof Element) || typeof callback !== "function") {
        throw new TypeError(
          "JckptWidget.init: the container is no element or the callback no function. The widget is drawn into one " +
          "and notifies the other of the voucher. Call init(container, token, null, callback, options).",
        );
      }
      const earlier = running.get(container);
      if (earlier) earlier.stop();
      const widget = new Widget(container, token, callback, options || {});
      running.set(container, widget);
      widget.start();
    },
  };

  if (typeof window.jckptAsyncInit === "function") window.jckptAsyncInit();
})();
