// A CLIENT that keeps every rule of contract part A that needs no driver, written from the contract alone.
// Node's standard library, Node 22 or newer (JSON.parse hands out the text of numbers).
//
//   SECURITY_HASH=secret node node_client.js PORT PLAYER=BALANCE[:CURRENCY] ..
//
// PORT 0 lets the system choose; the first line of standard output names the port. Ends when its standard input ends.
"use strict";

const crypto = require("node:crypto");
const http = require("node:http");

const BODY_LIMIT = 256 * 1024;
const AMOUNT_TEXT_LIMIT = 40;
const LARGEST_AMOUNT = 10n ** 21n; // minor units
const DEFAULT_CURRENCY = "EUR";

// ISO 4217: how many decimals, where it is not two.
const DECIMALS = new Map([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ").map((code) => [code, 0]),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((code) => [code, 3]),
  ..."CLF UYW".split(" ").map((code) => [code, 4]),
]);

function decimals(currency) {
  return DECIMALS.get(currency) ?? 2;
}

class Refusal extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

// A JSON number as it was written, so that no digit is lost.
class NumberText {
  constructor(text) {
    this.text = text;
  }
}

// ---- amounts ---------------------------------------------------------------------------------------------------

// "10.50", 10.5, 1e1 -> minor units, exactly; anything else is refused.
function minorUnits(text, currency) {
  if (text.length > AMOUNT_TEXT_LIMIT) throw new Refusal("INVALID_AMOUNT");
  const parts = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?$/.exec(text);
  if (parts === null) throw new Refusal("INVALID_AMOUNT");
  const [, whole, fraction = "", exponent = "0"] = parts;
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length + decimals(currency);
  if (digits === 0n) return 0n;
  if (shift >= 0) return withinLimit(shift > AMOUNT_TEXT_LIMIT ? LARGEST_AMOUNT + 1n : digits * 10n ** BigInt(shift));
  const divisor = 10n ** BigInt(-shift);
  if (digits % divisor !== 0n) throw new Refusal("AMOUNT_TOO_FINE");
  return withinLimit(digits / divisor);
}

function withinLimit(amount) {
  if (amount > LARGEST_AMOUNT) throw new Refusal("INVALID_AMOUNT");
  return amount;
}

// ---- messages --------------------------------------------------------------------------------------------------

const FIELDS = {
  "/transaction": ["transaction_id", "action", "user_id", "currency"],
  "/transaction-rollback": ["transaction_id", "rollback_transaction_id", "action", "user_id", "currency"],
};
const ACTIONS = {
  "/transaction": ["bet", "result"],
  "/transaction-rollback": ["rollback"],
};

function parseBody(bytes) {
  let document;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    document = JSON.parse(text, (_, value, context) =>
      typeof value === "number" ? new NumberText(context.source) : value,
    );
  } catch {
    throw new Refusal("MALFORMED_REQUEST");
  }
  if (document === null || typeof document !== "object" || Array.isArray(document) || document instanceof NumberText) {
    throw new Refusal("MALFORMED_REQUEST");
  }
  return document;
}

function readMessage(endpoint, bytes) {
  const document = parseBody(bytes);
  const message = {};
  for (const name of FIELDS[endpoint]) {
    const value = Object.hasOwn(document, name) ? document[name] : undefined;
    if (typeof value !== "string" || value === "") throw new Refusal("MALFORMED_REQUEST");
    message[name] = value;
  }
  if (!ACTIONS[endpoint].includes(message.action)) throw new Refusal("INVALID_ACTION");
  const amount = Object.hasOwn(document, "amount") ? document.amount : undefined;
  if (amount instanceof NumberText) message.amount = amount.text;
  else if (typeof amount === "string") message.amount = amount;
  else throw new Refusal("INVALID_AMOUNT");
  return message;
}

// ---- the ledger ------------------------------------------------------------------------------------------------
// One thread runs it to the end for each request, so that two requests never see each other half done.

class Ledger {
  constructor() {
    this.players = new Map(); // id -> {currency, balance, undone: ids rolled back before they came}
    this.handled = new Map(); // provider id -> {action, player, amount, moved, answer}
  }

  open(player, balance, currency) {
    this.players.set(player, { currency, balance: minorUnits(balance, currency), undone: new Set() });
  }

  apply(message) {
    const before = this.handled.get(message.transaction_id);
    if (before !== undefined) return before.answer;
    const player = this.players.get(message.user_id);
    if (player === undefined) throw new Refusal("UNKNOWN_PLAYER");
    if (player.currency !== message.currency) throw new Refusal("CURRENCY_MISMATCH");
    const amount = minorUnits(message.amount, player.currency);
    const { moved, error } = this[message.action](player, amount, message);
    player.balance += moved;
    const answer = error === undefined ? { error: null, transaction_id: crypto.randomUUID() } : { error };
    this.handled.set(message.transaction_id, { action: message.action, player, moved, answer });
    return answer;
  }

  bet(player, amount, message) {
    if (player.undone.has(message.transaction_id)) return { moved: 0n, error: "ALREADY_ROLLED_BACK" };
    if (amount > player.balance) return { moved: 0n, error: "INSUFFICIENT_FUNDS" };
    return { moved: -amount };
  }

  result(player, amount, message) {
    return { moved: player.undone.has(message.transaction_id) ? 0n : amount };
  }

  rollback(player, _, message) {
    const original = this.handled.get(message.rollback_transaction_id);
    if (original === undefined) {
      player.undone.add(message.rollback_transaction_id);
      return { moved: 0n };
    }
    if (original.player !== player || original.action === "rollback") return { moved: 0n };
    const moved = -original.moved;
    original.moved = 0n; // whatever names it from now on finds nothing left to return
    return { moved };
  }
}

// ---- the server ------------------------------------------------------------------------------------------------

function genuine(bytes, header, secret) {
  if (typeof header !== "string") return false;
  const expected = Buffer.from(crypto.createHmac("sha256", secret).update(bytes).digest("hex"));
  const given = Buffer.from(header);
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

function isJson(contentType) {
  return typeof contentType === "string" && contentType.split(";")[0].trim().toLowerCase() === "application/json";
}

function handle(endpoint, request, bytes, ledger, secret) {
  if (request.method !== "POST") throw new Refusal("METHOD_NOT_ALLOWED");
  if (bytes === null) throw new Refusal("BODY_TOO_LARGE");
  if (!genuine(bytes, request.headers["x-security-hash"], secret)) throw new Refusal("INVALID_SIGNATURE");
  if (!isJson(request.headers["content-type"])) throw new Refusal("UNSUPPORTED_CONTENT_TYPE");
  return ledger.apply(readMessage(endpoint, bytes));
}

function say(response, status, document) {
  const bytes = Buffer.from(JSON.stringify(document));
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": bytes.length });
  response.end(bytes);
}

function answer(request, response, bytes, ledger, secret) {
  const path = decodeURIComponentOrEmpty(request.url.split("?")[0]);
  if (!Object.hasOwn(FIELDS, path)) return say(response, 404, { error: "NOT_FOUND" });
  try {
    return say(response, 200, handle(path, request, bytes, ledger, secret));
  } catch (error) {
    return say(response, 200, { error: error instanceof Refusal ? error.code : "INTERNAL_ERROR" });
  }
}

function decodeURIComponentOrEmpty(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function receive(request, response, ledger, secret) {
  const chunks = [];
  let length = 0;
  request.on("data", (chunk) => {
    length += chunk.length;
    if (length <= BODY_LIMIT) chunks.push(chunk);
  });
  request.on("end", () => {
    const bytes = length <= BODY_LIMIT ? Buffer.concat(chunks) : null;
    answer(request, response, bytes, ledger, secret);
  });
}

function main() {
  const [port, ...players] = process.argv.slice(2);
  const secret = process.env.SECURITY_HASH;
  if (port === undefined || !secret || players.length === 0) {
    console.error("usage: SECURITY_HASH=secret node node_client.js PORT PLAYER=BALANCE[:CURRENCY] ..");
    process.exit(2);
  }
  const ledger = new Ledger();
  for (const player of players) {
    const [, id, balance, currency = DEFAULT_CURRENCY] = /^(.*)=([^=:]*)(?::(.*))?$/.exec(player);
    ledger.open(id, balance, currency);
  }
  const server = http.createServer((request, response) => receive(request, response, ledger, secret));
  server.keepAliveTimeout = 120_000; // longer than any caller keeps an idle connection
  server.listen(Number(port), "127.0.0.1", 1024, () => console.log(server.address().port));
  process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
}

main();
