// A team's own tests of its wallet, against the OPERATOR that `pitboss serve` plays. Beside the CLIENT:
//   PITBOSS_CONTROL_TOKEN=secret pitboss serve &
//   PITBOSS_CONTROL_TOKEN=secret node --test
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const CONSOLE = process.env.PITBOSS_CONSOLE ?? "http://127.0.0.1:8700";
const TOKEN = { Authorization: `Bearer ${process.env.PITBOSS_CONTROL_TOKEN}` };
const SITE = process.env.SITE ?? "http://127.0.0.1:8710";
const PLAYER = "p-1";

async function act(name, fields = {}) {
  const answer = await fetch(`${CONSOLE}/do/${name}`, {
    method: "POST",
    headers: { ...TOKEN, "Content-Type": "application/json" },
    body: JSON.stringify(fields),
  });
  const said = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(said));
  return said;
}

async function exchanges(question) {
  const answer = await fetch(`${CONSOLE}/exchanges?${new URLSearchParams(question)}`, { headers: TOKEN });
  return (await answer.json()).exchanges;
}

async function owned() {
  return (await (await fetch(`${SITE}/players/${PLAYER}/balance`)).json()).balance;
}

let since, opening;

beforeEach(async () => {
  ({ since } = await act("reset"));
  opening = String(await owned());
});

test("a bet whose answer is lost, and which comes again, is taken once", async () => {
  await act("raise", { event: "bet", player: PLAYER, amount: "10.00", faults: ["answer-lost"], copies: 1 });
  const sent = await exchanges({ filter: `player:${PLAYER} client:to`, since, count: 2, wait: 10 });
  assert.equal(sent.length, 2);
  assert.equal(sent[1].copy_of, sent[0].number);
  const audit = await act("audit", { player: PLAYER, opening, since });
  assert.ok(audit.right, audit.said);
  assert.equal(Number(audit.balance), Number(opening) - 10);
});

test("a void of a bet that never arrived pays nothing", async () => {
  await act("raise", { event: "orphan", player: PLAYER, amount: "5.00" });
  const audit = await act("audit", { player: PLAYER, opening, since });
  assert.ok(audit.right, audit.said);
  assert.equal(Number(audit.balance), Number(opening));
});
