// The bet slip, summed up while outcomes are chosen. Amounts are whole numbers of the smallest unit, never floats.

const form = document.getElementById("slip");
const chosen = document.getElementById("chosen");
const totals = document.getElementById("totals");
const count = document.getElementById("slip-count");
const { point } = form.dataset;
const decimals = Number(form.dataset.decimals);
const boxes = [...document.querySelectorAll('input[name="selection"]')];

/** The amount of a text in smallest units, null where it is none. */
function units(text) {
  const found = /^(\d{1,13})(?:\.(\d+))?$/.exec(text.trim().replace(point, "."));
  if (!found || (found[2] ?? "").length > decimals) return null;
  return BigInt(found[1] + (found[2] ?? "").padEnd(decimals, "0"));
}

function shown(amount) {
  const digits = String(amount).padStart(decimals + 1, "0");
  return decimals ? `${digits.slice(0, -decimals)}${point}${digits.slice(-decimals)}` : digits;
}

/** Odds have two decimals: their product is exact in whole numbers, and rounded down as the OPERATOR pays. */
function sum(legs) {
  const odds = legs.reduce((product, box) => product * BigInt(box.dataset.odds.replace(".", "")), 1n);
  const unit = 100n ** BigInt(legs.length);
  const stake = units(form.elements.stake.value);
  const price = `${form.dataset.odds} ${odds * 100n / unit / 100n}${point}${String(odds * 100n / unit % 100n).padStart(2, "0")}`;
  return stake === null ? price : `${price}, ${form.dataset.pays} ${shown(stake * odds / unit)} ${form.dataset.currency}`;
}

function draw() {
  const legs = boxes.filter((box) => box.checked);
  count.textContent = legs.length || "";
  totals.textContent = legs.length ? sum(legs) : form.dataset.choose;
  chosen.replaceChildren(...legs.map((box) => {
    const line = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = `${box.dataset.name} · ${box.dataset.event}`;
    const odds = document.createElement("b");
    odds.textContent = box.dataset.odds.replace(".", point);
    const away = document.createElement("button");
    away.type = "button";
    away.textContent = "×";
    away.setAttribute("aria-label", `${form.dataset.away} ${box.dataset.name}`);
    away.addEventListener("click", () => { box.checked = false; draw(); form.elements.stake.focus(); });
    line.append(words, odds, away);
    return line;
  }));
}

for (const box of boxes)
  box.addEventListener("change", () => {
    // Outcomes of one event depend on each other: the slip takes one of them.
    if (box.checked) for (const other of boxes) if (other !== box && other.dataset.of === box.dataset.of) other.checked = false;
    draw();
  });
form.elements.stake.addEventListener("input", draw);
draw();
