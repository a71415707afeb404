"use strict";
// The page without this script is whole but for filters, lists of exchanges and copy buttons. What a CLIENT said
// only ever becomes text; drawings are our own, and parsed as images.
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const rules = all(".rule");

  // Filters: pressed outcomes (none pressed: all) and words, all of which a rule must hold.
  const form = document.querySelector(".filters");
  const texts = new Map();
  function textOf(rule) {
    if (!texts.has(rule)) texts.set(rule, rule.textContent.toLowerCase());
    return texts.get(rule);
  }
  function filter() {
    const wanted = new Set(all("[aria-pressed=true]", form).map((chip) => chip.dataset.outcome));
    const words = form.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const rule of rules) {
      const fits = (!wanted.size || wanted.has(rule.dataset.outcome)) && words.every((word) => textOf(rule).includes(word));
      rule.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const group of all(".group")) group.hidden = !group.querySelector(".rule:not([hidden])");
    document.querySelector(".none").hidden = shown > 0;
    form.querySelector(".shown").textContent = `${shown} of ${rules.length} rules`;
  }
  if (form) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", filter);
    for (const chip of all("button", form)) {
      chip.addEventListener("click", () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        filter();
      });
    }
    filter();
  }

  // A link to a rule opens it, whatever the filters say.
  function follow() {
    const rule = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!rule || !rule.matches(".rule")) return;
    rule.hidden = false;
    rule.closest(".group").hidden = false;
    rule.open = true;
    rule.scrollIntoView();
  }
  addEventListener("hashchange", follow);

  // Copy buttons, also on pages from a disk, where some browsers keep the clipboard closed.
  function copied(button) {
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1500);
  }
  function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand("copy");
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      copied(button);
    } catch {
      if (select(code)) copied(button);
    }
  });
  for (const button of all("button.copy")) button.hidden = false;

  // Blocks of exchanges, unpacked when someone looks.
  const blocks = new Map();
  async function unpack(rule) {
    const packed = Uint8Array.from(atob(document.getElementById(`data-${rule}`).textContent), (sign) => sign.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }
  function block(rule) {
    if (!blocks.has(rule)) blocks.set(rule, unpack(rule));
    return blocks.get(rule);
  }

  function make(name, className, text) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }
  function part(what, lines) {
    const fragment = document.createDocumentFragment();
    fragment.append(make("p", "what", what), make("pre", "", lines));
    return fragment;
  }
  /** A message with its body as people read it, and as it came behind that. */
  function message(what, head, body) {
    const fragment = part(what, [...head, "", pretty(body)].join("\n"));
    if (pretty(body) === body) return fragment;
    const raw = make("details");
    raw.append(make("summary", "", "as it came"), make("pre", "", body));
    fragment.append(raw);
    return fragment;
  }
  const headers = (pairs) => pairs.map(([name, value]) => `${name}: ${value}`).join("\n");
  const known = new Set(["ok", "refused", "unknown"]);
  function row(exchange) {
    const details = make("details", "exchange");
    const summary = make("summary");
    const copy = exchange.copyOf === null ? "" : `, copy of #${exchange.copyOf}`;
    const came = exchange.status === null ? exchange.failure || "no answer" : `${exchange.status}${exchange.error ? ` ${exchange.error}` : ""}`;
    summary.append(
      make("span", "", `#${exchange.number}`),
      make("span", "kind", `${copy ? exchange.kind.replace(/^copy of /, "") : exchange.kind}${copy}`),
      make("span", "", exchange.seconds === null ? "" : `${(exchange.seconds * 1000).toFixed(1)} ms`),
      make("span", `outcome ${known.has(exchange.outcome) ? exchange.outcome : "unknown"}`, came.length > 80 ? `${came.slice(0, 80)}…` : came),
    );
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(inside(exchange));
    });
    return details;
  }
  function inside(exchange) {
    const body = make("div");
    const whence = exchange.direction === "to CLIENT" ? `${exchange.provider} to CLIENT` : `CLIENT to ${exchange.provider}`;
    body.append(message(`${whence}, ${exchange.at}`, [exchange.line, headers(exchange.headers)], exchange.body));
    for (const fault of exchange.faults) body.append(make("p", "what", fault));
    if (exchange.status === null) body.append(make("p", "what", `No answer: ${exchange.failure || "none came"}`));
    else body.append(message("answer", [`HTTP ${exchange.status}`, headers(exchange.answerHeaders)], exchange.answer));
    if (exchange.curl) {
      const command = make("div", "command");
      const button = make("button", "copy", "Copy");
      button.type = "button";
      button.setAttribute("aria-label", `Copy the command of exchange ${exchange.number}`);
      command.append(make("code", "", exchange.curl), button);
      body.append(command);
    }
    return body;
  }

  const failed = "The list could not be unpacked by this browser; report.json and history.har hold the same.";
  for (const list of all("details.exchanges")) {
    list.addEventListener("toggle", async () => {
      if (!list.open || list.dataset.done) return;
      list.dataset.done = "yes";
      try {
        const { exchanges } = await block(list.dataset.rule);
        const rows = list.dataset.numbers.split(" ").filter((number) => number in exchanges);
        list.append(...rows.map((number) => row(exchanges[number])));
        list.dataset.done = "whole";
      } catch {
        list.append(make("p", "what", failed));
      }
    });
  }

  // Drawings that are not in the page itself are drawn when their rule is opened.
  async function draw(place) {
    place.dataset.done = "yes";
    try {
      const { figures } = await block(place.dataset.rule);
      const image = new DOMParser().parseFromString(figures[place.dataset.figure].replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'), "image/svg+xml");
      place.replaceWith(document.importNode(image.documentElement, true));
    } catch {
      place.textContent = failed;
    }
  }
  for (const rule of rules) {
    const drawAll = () => { if (rule.open) for (const place of all(".later:not([data-done])", rule)) draw(place); };
    rule.addEventListener("toggle", drawAll);
    drawAll();
  }

  // On paper, what is broken is open.
  addEventListener("beforeprint", () => {
    for (const rule of rules) if (rule.matches(".failed, .warned, .undecided")) rule.open = true;
    for (const commands of all("details.commands")) commands.open = true;
  });
  follow();
})();
