// A check as it runs: every rule with how it stands, the verdict, and one rule in words.

import { attempt, fieldsOf, find, get, make, post } from "./dom.js";

const ORDER = ["failed", "warned", "undecided", "info", "passed", "skipped"];
const SIGN = { failed: "✗", warned: "!", undecided: "?", info: "i", passed: "✓", skipped: "–" };
const REPORTS = { "report.html": "Report", "report.json": "report.json", "junit.xml": "junit.xml", "history.har": "history.har" };

let contract = null;
let state = null;
let chosen = null;

async function rules() {
  contract = await attempt(() => get("rules"));
  if (!contract) return;
  find("check-rules").replaceChildren(...Object.entries(contract.groups).map(([group, title]) =>
    make("section", { className: "group", "aria-label": `${group}: ${title}`, "data-group": group },
      make("h2", {}, make("b", {}, group), ` ${title}`),
      make("div", { className: "chips" }, ...contract.rules.filter((rule) => rule.group === group).map(chip)))));
  if (state) draw();
}

function chip(rule) {
  const button = make("button", { type: "button", className: "chip", "data-rule": rule.id, title: rule.statement }, rule.id.split("-")[1], make("span", { className: "sign", "aria-hidden": "true" }));
  button.setAttribute("aria-label", `${rule.id}, ${rule.level}`);
  button.addEventListener("click", () => tell(rule.id, true));
  return button;
}

export function update(progress) {
  state = progress;
  if (progress) draw();
}

function draw() {
  const running = state.phase !== "ended";
  find("check-state").hidden = false;
  find("check-start").disabled = running;
  find("check-cancel").hidden = !running;
  find("check-cancel").disabled = state.phase === "cancelling";
  find("check-sentence").textContent = sentence();
  find("check-sentence").className = verdict();
  const bar = find("check-progress");
  bar.hidden = !running || state.result !== null;
  bar.max = state.planned?.scenarios ?? 1;
  bar.value = state.done;
  find("check-note").textContent = note();
  tally();
  find("check-files").replaceChildren(...Object.entries(REPORTS).filter(([name]) => state.files.includes(name))
    .map(([name, word]) => make("a", { className: "button", href: `report/${name}`, target: "_blank", rel: "noopener" }, word)));
  find("check-warnings").replaceChildren(...(state.result?.warnings ?? []).map((words) => make("li", {}, words)));
  fixes();
  chips();
  if (chosen) tell(chosen, false);
}

function sentence() {
  if (state.problem) return state.problem.came;
  if (state.phase === "cancelling") return "Cancelling: every player is put back";
  if (!state.result) return state.planned ? `Judging ${state.planned.address}` : "Reaching the target";
  return `${state.result.headline}.`;
}

function verdict() {
  if (state.problem) return "failed";
  if (!state.result) return "";
  return { 0: "passed", 1: "failed" }[state.result.code] ?? "undecided";
}

function note() {
  if (state.problem) return `Expected: ${state.problem.expected}. Next: ${state.problem.next_step}.`;
  const plan = state.planned ? `effort ${state.planned.effort}, seed ${state.planned.seed}, balances read by ${state.planned.probe}` : "";
  if (!state.result) return state.planned ? `${state.done} of ${state.planned.scenarios} scenarios, ${state.exchanges} exchanges; ${plan}${state.latest ? `; last: ${state.latest}` : ""}` : "";
  const { must, should } = state.result;
  return `MUST ${must.passed} passed, ${must.failed} failed, ${must.skipped} skipped, ${must.undecided} undecided; SHOULD ${should.passed} passed, ${should.warned} warned, ${should.skipped} skipped; ${state.exchanges} exchanges in ${state.result.seconds} s; ${plan}`;
}

function tally() {
  const counts = Object.values(state.rules).reduce((sum, [standing]) => ({ ...sum, [standing]: (sum[standing] ?? 0) + 1 }), {});
  find("check-tally").replaceChildren(...ORDER.filter((name) => counts[name]).map((name) =>
    make("li", { className: `state ${name}` }, `${counts[name]} ${name}`)));
}

function fixes() {
  const listed = state.result?.to_fix ?? [];
  find("check-fix").hidden = listed.length === 0;
  find("check-fix-list").replaceChildren(...listed.map((one) => {
    const outcome = one.level === "MUST" ? "failed" : "warned";
    const button = make("button", { type: "button", className: `chip ${outcome}` }, `${SIGN[outcome]} ${one.rule}`);
    button.addEventListener("click", () => tell(one.rule, true));
    return make("li", {}, button, make("div", {},
      make("p", {}, one.headline, one.stake ? make("b", {}, `; ${one.stake}`) : null),
      one.others ? make("p", { className: "note" }, one.others) : null));
  }));
}

function chips() {
  const planned = new Set(state.planned?.rules ?? []);
  for (const button of document.querySelectorAll("[data-rule]")) {
    const id = button.dataset.rule;
    const standing = state.rules[id]?.[0] ?? (planned.has(id) ? "pending" : "absent");
    button.className = `chip ${standing}`;
    button.querySelector(".sign").textContent = SIGN[standing] ?? "";
    button.setAttribute("aria-label", `${id}, ${standing === "absent" ? "not chosen" : standing}`);
  }
}

function tell(id, moved) {
  const rule = contract?.rules.find((each) => each.id === id);
  if (!rule) return;
  chosen = id;
  const [standing, reason] = state?.rules[id] ?? ["not judged", ""];
  find("rule").hidden = false;
  find("rule-title").textContent = `${rule.id} (${rule.level})`;
  find("rule-statement").textContent = rule.statement;
  find("rule-outcome").replaceChildren(make("span", { className: `state ${standing}` }, standing));
  find("rule-seen").textContent = reason || "nothing to say";
  find("rule-why").textContent = rule.why;
  find("rule-causes").textContent = rule.causes;
  find("rule-source").textContent = rule.source;
  if (moved) {
    find("rule").focus({ preventScroll: true });
    find("rule").scrollIntoView({ block: "nearest" });
  }
}

export function begin() {
  find("check-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => post("do/check", fieldsOf(event.target)), event.target);
  });
  find("check-cancel").addEventListener("click", () => attempt(() => post("do/cancel")));
  find("rule-close").addEventListener("click", () => {
    const button = document.querySelector(`[data-rule="${chosen}"]`);
    chosen = null;
    find("rule").hidden = true;
    button?.focus();
  });
  rules();
}
