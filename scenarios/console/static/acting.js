// The parts that act: sessions of the sportsbook, events, faults, bad answers.

import { attempt, fieldsOf, find, make, post, say } from "./dom.js";

function said(event, made) {
  const many = made.exchanges.length;
  const numbers = many === 1 ? `#${made.exchanges[0]}` : `#${made.exchanges[0]} to #${made.exchanges[many - 1]}`;
  say(`${event} sent as ${numbers}: ${made.outcome}${made.said ? `, ${made.said}` : ""}`, { bad: made.outcome !== "ok" });
}

function raising(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector('button[name="event"]');
    button.disabled = true;
    const made = await attempt(() => post("do/raise", { ...fieldsOf(form), event: button.value }), form);
    button.disabled = false;
    if (!form.querySelector('[aria-invalid="true"]')) button.focus();
    if (made) said(button.value, made);
  });
}

/** The parameters of a fault: those that were last taken where what stands there now was refused, but in `row`. */
function parameters(box, row) {
  const input = rowOf(box).querySelector("[data-parameters]");
  const refused = input?.getAttribute("aria-invalid") === "true" && rowOf(box) !== row;
  return (refused ? input.dataset.taken ?? "" : input?.value ?? "").trim();
}

const rowOf = (input) => input.closest("tr");

/** The faults that are ticked for a provider, each with its parameters, as the server reads them. */
function ticked(provider, row) {
  return [...document.querySelectorAll(`[data-fault][data-provider="${provider}"]`)].filter((box) => box.checked).map((box) => {
    const given = parameters(box, row);
    return given ? `${box.dataset.fault}:${given}` : box.dataset.fault;
  });
}

/** Let the faults of a provider be what is ticked; what is wrong with those of `row` is said there. */
async function send(provider, row, undo) {
  const done = await attempt(() => post("do/faults", { provider, faults: ticked(provider, row) }), row);
  if (!done) return undo();
  const input = row.querySelector("[data-parameters]");
  if (input) input.dataset.taken = input.value;
  say(done.on[provider].length ? `on what ${provider} sends: ${done.on[provider].join(", ")}` : `what ${provider} sends goes its way undisturbed`);
}

function faults() {
  for (const box of document.querySelectorAll("[data-fault]"))
    box.addEventListener("change", () => send(box.dataset.provider, rowOf(box), () => { box.checked = !box.checked; }));
  for (const input of document.querySelectorAll("[data-parameters]"))
    input.addEventListener("change", async () => {
      for (const box of rowOf(input).querySelectorAll("[data-fault]"))
        if (box.checked) await send(box.dataset.provider, rowOf(input), () => { input.focus(); });
    });
  find("end-faults").addEventListener("click", async () => {
    if (await attempt(() => post("do/end_faults"))) say("all faults have ended");
  });
  find("disturb").addEventListener("submit", async (event) => {
    event.preventDefault();
    const { what, how, times } = fieldsOf(event.target);
    const [provider, path] = what.split(" ");
    if (await attempt(() => post("do/disturb", { provider, path, how, times }), event.target)) say(`${path} will be answered badly`);
  });
}

/** What is switched on, as the server has it: other windows and the terminal of others count too. */
export function acting({ on, disturbed }) {
  const named = Object.fromEntries(Object.entries(on).map(([provider, faults]) => [provider, new Set(faults.map((fault) => fault.split(":")[0]))]));
  for (const box of document.querySelectorAll("[data-fault]")) box.checked = named[box.dataset.provider]?.has(box.dataset.fault) ?? false;
  const bad = Object.entries(disturbed).flatMap(([provider, list]) => list.map((words) => `${provider}: ${words}`));
  find("disturbed").replaceChildren(...bad.map((words) => make("li", {}, make("span", { className: "state warned" }, "on"), make("span", {}, words))));
  const count = Object.values(on).flat().length + bad.length;
  const badge = find("faults-count");
  badge.hidden = count === 0;
  badge.textContent = count ? `${count} on` : "";
}

function sessions() {
  const form = find("session");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const opened = await attempt(() => post("do/session", fieldsOf(form)), form);
    if (!opened) return;
    const url = new URL(opened.url);
    if (!["http:", "https:"].includes(url.protocol)) return say("", { beats: { came: "the CLIENT gave no web address", expected: "the iframe's address", next_step: "see what it answered to the launch" } });
    find("stage").hidden = false;
    find("sportsbook").src = url.href;
    find("session-link").href = url.href;
  });
}

export function begin() {
  for (const form of document.querySelectorAll("form.event")) raising(form);
  faults();
  sessions();
}
