// The form that the CLIENT fills in, with what is wrong at each field, and what the OPERATOR hands back.

import { attempt, copy, fieldsOf, find, post, say } from "./dom.js";

const MASK = "••••••";

async function agree(form) {
  const agreed = await attempt(() => post("do/agree", fieldsOf(form)), form);
  if (!agreed) return;
  for (const [name, value] of Object.entries(agreed.fields)) form.elements[name].value = value;
  find("agreement-lines").textContent = agreed.lines;
  say("Agreed");
}

function show(values) {
  for (const place of document.querySelectorAll("[data-credential]")) {
    place.textContent = values === null ? MASK : values[place.dataset.credential] || "none";
    if (values === null) { place.setAttribute("role", "img"); place.setAttribute("aria-label", "hidden"); }
    else { place.removeAttribute("role"); place.removeAttribute("aria-label"); }
  }
  find("credentials-show").textContent = values === null ? "Show" : "Hide";
  find("credentials-show").setAttribute("aria-expanded", String(values !== null));
}

export function begin() {
  const form = find("agreement");
  if (!form) return;
  form.addEventListener("submit", (event) => { event.preventDefault(); agree(form); });
  find("credentials-show").addEventListener("click", async (event) => {
    if (event.target.getAttribute("aria-expanded") === "true") return show(null);
    const handed = await attempt(() => post("do/credentials"));
    if (handed) show(handed.values);
  });
  for (const button of document.querySelectorAll("[data-credentials]"))
    button.addEventListener("click", async () => {
      const handed = await attempt(() => post("do/credentials", { way: button.dataset.credentials }));
      if (handed) await copy(handed.text, "Text");
    });
}
