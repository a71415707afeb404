// A CLIENT in the manner of old PHP scripts, wrong in several ways at once: HTTP statuses and HTML pages for errors,
// numbers for ids, "empty" for missing, lenient reading of numbers.
//
// BREAKS MSG-01: refusals of signed requests have status 400, 402, 404 or 500
// BREAKS MSG-02: refusals are HTML pages, not JSON objects
// BREAKS MSG-04: a refusal has no `error`, only a status and a page
// BREAKS MSG-06: ids of the wrong type, a missing currency and any Content-Type are accepted; the body null crashes (500)
// BREAKS MSG-07: parseFloat reads "1,000.00" and [1] as 1 and moves it
// BREAKS MSG-09: whatever is not a bet is deposited
// BREAKS MSG-10: a rollback sent to /transaction is deposited
// BREAKS RES-02: an amount of 0 is taken for a missing one, so a lost bet is refused
// WARNS SIG-06: a wrong hash is answered 401 with a page
// WARNS MSG-03: CLIENT ids are numbers
// WARNS BET-07: the currency is not looked at
// WARNS BET-11: amounts are rounded to cents
// WARNS RBK-15: the currency is not looked at
// MAY SIG-02: forgeries are refused, but by the status 401, without `error` (SIG-06)
// MAY SIG-03: a missing header is refused, but by the status 401, without `error` (SIG-06)
// MAY SIG-08: both endpoints refuse, but by the status 401, without `error` (SIG-06)
// MAY BET-06: refused, but by the status 404, without `error` (MSG-04)
// MAY BET-09: a bet of 0 is refused by the status 400
// MAY MSG-12: an amount of 0 in another spelling is refused
// MAY MSG-13: hostile ids are refused by a status and a page (MSG-04)
// MAY MSG-15: other methods are answered 404
// MAY INV-01: a result of 0 is refused (RES-02); the balance is right
"use strict";

const crypto = require("node:crypto");
const http = require("node:http");

const [port, ...players] = process.argv.slice(2);
const secret = process.env.SECURITY_HASH;
const balances = new Map(); // player -> cents
const transactions = new Map(); // provider id -> row
let lastId = 1000;

for (const player of players) {
  const [, id, balance] = /^(.*)=([^=:]*)(?::.*)?$/.exec(player);
  balances.set(id, Math.round(parseFloat(balance) * 100));
}

function page(status, title) {
  return { status, type: "text/html", text: `<html><body><h1>${status}</h1><p>${title}</p></body></html>` };
}

function done(row) {
  return { status: 200, type: "application/json", text: JSON.stringify({ error: null, transaction_id: row.id }) };
}

function book(body, row) {
  lastId += 1;
  transactions.set(String(body.transaction_id), { id: lastId, player: String(body.user_id), undone: false, ...row });
  balances.set(String(body.user_id), balances.get(String(body.user_id)) + row.moved);
  return done(transactions.get(String(body.transaction_id)));
}

function transaction(body, cents) {
  const early = [...transactions.values()].some(
    (row) => row.orphan === String(body.transaction_id) && row.player === String(body.user_id),
  );
  if (body.action !== "bet") return book(body, { action: "result", moved: early ? 0 : cents });
  if (early) {
    book(body, { action: "bet", moved: 0, refused: true });
    return page(400, "Already rolled back");
  }
  if (balances.get(String(body.user_id)) < cents) {
    book(body, { action: "bet", moved: 0, refused: true });
    return page(402, "Not enough money");
  }
  return book(body, { action: "bet", moved: -cents });
}

function rollback(body) {
  const original = transactions.get(String(body.rollback_transaction_id));
  if (original === undefined) {
    return book(body, { action: "rollback", moved: 0, orphan: String(body.rollback_transaction_id) });
  }
  if (original.player !== String(body.user_id) || original.undone || original.action === "rollback") {
    return book(body, { action: "rollback", moved: 0 });
  }
  original.undone = true;
  return book(body, { action: "rollback", moved: -original.moved });
}

function handle(path, method, headers, raw) {
  if (method !== "POST" || !["/transaction", "/transaction-rollback"].includes(path)) return page(404, "Not found");
  const expected = Buffer.from(crypto.createHmac("sha256", secret).update(raw).digest("hex"));
  const given = Buffer.from(headers["x-security-hash"] ?? "");
  if (expected.length !== given.length || !crypto.timingSafeEqual(expected, given)) return page(401, "Unauthorized");
  let body;
  try {
    body = JSON.parse(raw.toString());
  } catch {
    return page(400, "Bad request");
  }
  if (!body.transaction_id || !body.action || !body.user_id || !body.amount) return page(400, "Missing parameter");
  if (path === "/transaction-rollback" && !body.rollback_transaction_id) return page(400, "Missing parameter");
  if (path === "/transaction-rollback" && body.action !== "rollback") return page(400, "Bad parameter");
  const before = transactions.get(String(body.transaction_id));
  if (before !== undefined) return before.refused ? page(402, "Already refused") : done(before);
  if (!balances.has(String(body.user_id))) return page(404, "No such player");
  const amount = parseFloat(body.amount);
  if (!Number.isFinite(amount) || amount < 0 || amount > 1e13) return page(400, "Bad amount");
  const cents = Math.round(amount * 100);
  return path === "/transaction" ? transaction(body, cents) : rollback(body);
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    let said;
    try {
      said = handle(request.url.split("?")[0], request.method, request.headers, Buffer.concat(chunks));
    } catch {
      said = page(500, "Internal server error");
    }
    response.writeHead(said.status, { "Content-Type": said.type, "Content-Length": Buffer.byteLength(said.text) });
    response.end(said.text);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(Number(port), "127.0.0.1", 1024, () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
