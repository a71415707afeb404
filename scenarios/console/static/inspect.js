// One exchange, whole: what was sent and answered, when, how to send it again.

import { address } from "./address.js";
import { attempt, copy, fieldsOf, find, get, make, post, say, wrongAt } from "./dom.js";

let shown = null;

export async function inspect(number) {
  const exchange = await attempt(() => get(`exchanges/${number}`));
  if (!exchange) return;
  const fresh = shown?.number !== number;
  shown = exchange;
  address.set("exchange", String(number));
  find("inspector").hidden = false;
  find("feed").classList.add("inspecting");
  find("i-title").textContent = `#${number} ${exchange.kind}`;
  find("i-again").disabled = !exchange.again;
  find("i-again").title = exchange.again ? "Send the same bytes once more" : "The CLIENT sent this; copy it as curl instead";
  find("i-fresh").disabled = !exchange.fresh;
  find("i-edit").disabled = exchange.edit === null;
  find("i-edit").title = exchange.edit === null ? "What the CLIENT sent, bytes that are no text, and secrets cannot be edited here" : "Send it with another body";
  if (fresh) edit(false);
  find("i-body").replaceChildren(...parts(exchange));
  if (fresh) find("i-body").scrollTop = 0;
}

/** Show it again where it has changed since. */
export function refresh(rows) {
  if (shown && !find("inspector").hidden && rows.some((row) => row.n === shown.number)) inspect(shown.number);
}

function parts(exchange) {
  const { request, answer } = exchange;
  const arrow = exchange.direction === "to CLIENT" ? `${exchange.provider} → CLIENT` : `CLIENT → ${exchange.provider}`;
  const facts = [
    ["way", arrow],
    ["outcome", exchange.error ? `${exchange.outcome}: ${exchange.error}` : exchange.outcome],
    ["at", exchange.at],
    ["took", exchange.seconds === null ? "no answer" : `${(exchange.seconds * 1000).toFixed(1)} ms`],
    exchange.failure ? ["failure", exchange.failure] : null,
    exchange.copy_of !== null ? ["copy of", `#${exchange.copy_of}`] : null,
    exchange.race !== null ? ["race", `race:${exchange.race}`] : null,
    ...exchange.faults.map((fault) => ["fault", fault]),
    exchange.genuine ? null : ["genuine", "no: sent by hand or forged"],
  ].filter(Boolean);
  return [
    make("dl", { className: "facts" }, ...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
    ...message("Request", `${request.method} ${request.url}`, request, exchange.sizes[0]),
    ...(answer ? message("Answer", `HTTP ${answer.status}`, answer, exchange.sizes[1]) : [make("h3", {}, "No answer")]),
    make("h3", {}, "curl"),
    make("pre", {}, exchange.curl),
  ];
}

function message(title, line, { headers, body }, size) {
  const rows = headers.map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value)));
  return [
    make("h3", {}, title, make("span", { className: "note" }, ` ${size} bytes`)),
    make("p", { className: "mono" }, line),
    rows.length ? make("table", { className: "headers" }, make("tbody", {}, ...rows)) : null,
    ...(body ? bodied(body) : [make("p", { className: "note" }, "no body")]),
  ].filter(Boolean);
}

/** A body as people read it, and as it came behind that. */
function bodied(body) {
  const shown = pretty(body);
  const raw = shown !== body && make("details", {}, make("summary", {}, "as it came"), make("pre", {}, body));
  return [make("pre", {}, shown), raw];
}

/** Open the form with the body as it was sent, or close it. */
function edit(open) {
  const form = find("i-form");
  form.hidden = !open;
  find("i-edit").setAttribute("aria-expanded", String(open));
  if (!open) return;
  wrongAt(form, {});
  form.elements.body.value = shown.edit;
  find("i-signed").hidden = !shown.signed;
  form.elements.body.focus();
}

export function begin(list) {
  const close = () => {
    edit(false);
    find("inspector").hidden = true;
    find("feed").classList.remove("inspecting");
    list.select(null);
    address.set("exchange", "");
    find("list").focus();
  };
  find("i-close").addEventListener("click", close);
  find("inspector").addEventListener("keydown", (event) => event.key === "Escape" && close());
  find("i-link").addEventListener("click", () => copy(address.of("feed"), "The address of this exchange"));
  find("i-copy").addEventListener("click", () => shown && copy(shown.curl, `#${shown.number} as curl`));
  find("i-again").addEventListener("click", () => again(""));
  find("i-fresh").addEventListener("click", () => again("?fresh=on"));
  find("i-edit").addEventListener("click", () => edit(find("i-form").hidden));
  find("i-cancel").addEventListener("click", () => { edit(false); find("i-edit").focus(); });
  find("i-form").addEventListener("submit", (event) => {
    event.preventDefault();
    again("", fieldsOf(event.target), event.target);
  });
}

async function again(how, fields = {}, form = null) {
  const sent = shown && (await attempt(() => post(`exchanges/${shown.number}/again${how}`, fields), form));
  if (sent) say(`#${shown.number} sent again as #${sent.exchanges[0]}: ${sent.outcome}${sent.said ? `, ${sent.said}` : ""}`);
}
