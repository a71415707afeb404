// Autoplay as it plays: pace, rounds, what was sent, and the verdict of the audit.

import { attempt, fieldsOf, find, make, post } from "./dom.js";

const WORDS = { playing: "Playing", settling: "Settling what is open", auditing: "Reading every balance" };
const CLASS = { clean: "passed", broken: "failed", undecided: "undecided" };
const OUTCOME = { right: "passed", wrong: "failed", undecided: "undecided" };

export function update(state) {
  if (!find("panel-autoplay") || !state) return;
  const running = state.state in WORDS;
  find("autoplay-start").disabled = running;
  find("autoplay-stop").hidden = !running;
  find("autoplay-stop").disabled = state.state !== "playing";
  const badge = find("autoplay-count");
  badge.hidden = !running;
  badge.textContent = running ? "on" : "";
  find("autoplay-state").hidden = state.state === "off";
  if (state.state !== "off") draw(state);
}

function draw(state) {
  const { verdict } = state;
  find("autoplay-sentence").textContent = verdict ? verdict.lines[0] : state.waiting ? `Waiting for the CLIENT: ${state.waiting}` : WORDS[state.state];
  find("autoplay-sentence").className = verdict ? CLASS[verdict.finding] : state.waiting ? "undecided" : "";
  find("autoplay-note").textContent = `${state.rounds} rounds of ${state.rate} a second, ${state.conversions ? `vouchers of ${state.conversions} a second, ` : ""}${state.transactions} transactions, ${state.open} open`;
  find("autoplay-sent").replaceChildren(...Object.entries(state.sent).map(([name, count]) => make("li", { className: "state" }, `${count} ${name}`)));
  const breaches = Object.entries(state.breaches).map(([rule, count]) => `${rule} broken, seen ${count} times`);
  find("autoplay-problems").replaceChildren(...[...state.failed_rounds, ...breaches, ...state.problems].map((words) => make("li", {}, words)));
  find("autoplay-balances").hidden = !verdict || verdict.players.length === 0;
  find("autoplay-players").replaceChildren(...(verdict?.players ?? []).map((player) => make("tr", {},
    make("th", { scope: "row" }, player.player, player.why ? make("span", { className: "note" }, player.why) : null),
    make("td", {}, player.owned), make("td", {}, player.owns),
    make("td", {}, make("span", { className: `state ${OUTCOME[player.outcome]}` }, player.outcome === "wrong" ? `off by ${player.off}` : player.outcome)))));
  find("autoplay-lines").hidden = !verdict;
  find("autoplay-lines").textContent = verdict ? verdict.lines.slice(1).map((line) => line.trim()).join("\n") : "";
}

export function begin() {
  const form = find("autoplay-form");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const state = await attempt(() => post("do/autoplay", fieldsOf(form)), form);
    if (!state) return;
    update(state);
    find("autoplay-stop").focus();
  });
  find("autoplay-stop")?.addEventListener("click", async () => {
    const state = await attempt(() => post("do/stop_autoplay"));
    if (state) update(state);
  });
}
