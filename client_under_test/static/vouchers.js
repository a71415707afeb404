"use strict";

// The token is minted by our server for the amount asked; the page never sees the key it is signed with.
const main = document.querySelector("main");
const byId = (id) => document.getElementById(id);
const PAUSE = 500;
const LAST = ["READY", "CANCELED", "REFUNDED", "REFUND_REJECTED", "EXPIRED"];
let watching = 0;

function complain(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

async function answered(response) {
  const document_ = await response.json();
  if (!response.ok) throw new Error(document_.message);
  return document_;
}

async function showBalance(player) {
  const account = await answered(await fetch(`/players/${encodeURIComponent(player)}/balance`));
  byId("balance").textContent = `${account.balance} ${account.currency}`;
}

async function watch(key, player) {
  const mine = ++watching;
  while (mine === watching) {
    const purchase = await answered(await fetch(`/vouchers/${encodeURIComponent(key)}`));
    byId("state").textContent = purchase.state;
    byId("file").hidden = !purchase.url;
    if (purchase.url) byId("url").href = purchase.url;
    await showBalance(player);
    if (LAST.includes(purchase.state)) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

function load(source) {
  return new Promise((resolve, reject) => {
    if (window.JckptWidget) return resolve();
    const script = document.createElement("script");
    script.src = source;
    script.async = true;
    script.onload = resolve;
    script.onerror = () => reject(new Error("The vouchers cannot be loaded now. Please try again later."));
    document.head.append(script);
  });
}

byId("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  complain("");
  const asked = Object.fromEntries(new FormData(event.target));
  try {
    await load(main.dataset.widget);
    const session = await answered(await fetch("/vouchers/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asked),
    }));
    const done = (voucher) => {
      byId("voucher").textContent = JSON.stringify(voucher, null, 2);
      byId("purchase").hidden = false;
      watch(session.notification_key, asked.user_id).catch((error) => complain(error.message));
    };
    await showBalance(asked.user_id);
    window.JckptWidget.init(byId("widget-jackpot"), session.token, null, done, { useBrowserHistory: false });
  } catch (error) {
    complain(error.message);
  }
});
