"use strict";

// The token is minted by our server from the catalogue; the page never sees the key it is signed with.
const main = document.querySelector("main");
const byId = (id) => document.getElementById(id);
const orderOf = (reference) => `/checkout/orders/${encodeURIComponent(reference)}`;
const order = orderOf(main.dataset.reference);
const PAUSE = 1000;
const BEFORE = "order";

function complain(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

async function answered(response) {
  const document_ = await response.json();
  if (!response.ok) throw new Error(document_.message);
  return document_;
}

async function state(path) {
  return (await answered(await fetch(path))).state;
}

async function watch() {
  for (;;) {
    const now = await state(order);
    byId("state").textContent = now;
    if (now !== "open") {
      byId("direct").hidden = byId("hosted").hidden = true;
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

// Who comes back from the checkout finds a new page; the order that was paid for is in its address, or the one before.
async function showEarlier() {
  const earlier = main.dataset.earlier ? orderOf(main.dataset.earlier) : sessionStorage.getItem(BEFORE);
  sessionStorage.setItem(BEFORE, order);
  if (!earlier || earlier === order) return;
  const then = await state(earlier);
  if (then === "open") return;
  byId("earlier-state").textContent = then;
  byId("earlier").hidden = false;
}

function withoutWidget() {
  byId("direct").hidden = false;
}

function draw() {
  window.ProductWidget.render(byId("checkout-widget"), {
    merchantId: main.dataset.merchant,
    JWTToken: main.dataset.token,
    onPriceLoaded: () => {},
    onWidgetLoaded: () => { byId("direct").hidden = true; },
    onCheckoutUnavailable: withoutWidget,
  });
}

// Without the widget our own server creates the checkout, by a token of that moment.
byId("buy").addEventListener("click", async () => {
  complain("");
  try {
    const started = await answered(await fetch(`${order}/start`, { method: "POST" }));
    byId("pay").href = started.url;
    byId("hosted").hidden = false;
    byId("pay").focus();
  } catch (error) {
    complain(error.message);
  }
});

const script = document.createElement("script");
script.src = main.dataset.widget;
script.async = true;
script.onload = draw;
script.onerror = withoutWidget;
document.head.append(script);
watch().catch((error) => complain(error.message));
showEarlier().catch(() => sessionStorage.removeItem(BEFORE));
