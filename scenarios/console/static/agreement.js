// The form that the CLIENT fills in, with what is wrong at each field, and what the OPERATOR hands back.

import { Refused, attempt, copy, fieldsOf, find, post, say } from "./dom.js";

const MASK = "••••••";

function wrongAt(form, fields) {
  for (const input of form.querySelectorAll("input[name]")) {
    const beats = fields[input.name];
    const place = find(`${input.id}-wrong`);
    place.hidden = !beats;
    place.textContent = beats ? `${beats.came}. Next: ${beats.next_step}.` : "";
    if (beats) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  form.querySelector('[aria-invalid="true"]')?.focus();
}

async function agree(form) {
  try {
    const { fields, lines } = await post("do/agree", fieldsOf(form));
    for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
    find("agreement-lines").textContent = lines;
    wrongAt(form, {});
    say("Agreed");
  } catch (problem) {
    if (!(problem instanceof Refused) || !problem.beats.fields) throw problem;
    wrongAt(form, problem.beats.fields);
  }
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
  form.addEventListener("submit", (event) => { event.preventDefault(); attempt(() => agree(form)); });
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
