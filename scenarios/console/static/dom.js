// What every part of the console shares: elements made of texts only, requests with the page's token, what is said.

const TOKEN = document.querySelector('meta[name="pitboss-token"]').content;

export const find = (id) => document.getElementById(id);

/** An element. Texts become text nodes, whatever they hold: nothing of a CLIENT's is ever read as HTML. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name === "role" || name.startsWith("data-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export class Refused extends Error {
  constructor(beats) {
    super(beats.came);
    this.beats = beats;
  }
}

async function answered(response) {
  const said = await response.json().catch(() => ({ came: `HTTP ${response.status}` }));
  if (!response.ok) throw new Refused(said);
  return said;
}

export const get = async (path) => answered(await fetch(path, { headers: { Accept: "application/json" } }));

export async function post(path, fields = {}) {
  const headers = { "Content-Type": "application/json", "X-Pitboss-Token": TOKEN };
  return answered(await fetch(path, { method: "POST", headers, body: JSON.stringify(fields) }));
}

/** The fields of a form; boxes that are ticked are true. */
export function fieldsOf(form) {
  const fields = Object.fromEntries(new FormData(form));
  for (const box of form.querySelectorAll('input[type="checkbox"][name]')) fields[box.name] = box.checked;
  return fields;
}

let quiet = 0;

/** Say something in the corner; an error stays until it is dismissed or replaced. */
export function say(text, { beats = null, bad = false } = {}) {
  const place = find("said");
  clearTimeout(quiet);
  const lines = beats
    ? [make("b", {}, beats.came), ...["expected", "next_step"].filter((name) => beats[name])
        .map((name) => make("span", { className: "beat" }, `${name === "expected" ? "Expected" : "Next"}: ${beats[name]}`))]
    : [make("span", {}, text)];
  const close = make("button", { type: "button" }, "Dismiss");
  close.addEventListener("click", () => place.replaceChildren());
  place.replaceChildren(make("div", { className: beats || bad ? "toast bad" : "toast" }, make("div", {}, ...lines), close));
  if (!beats && !bad) quiet = setTimeout(() => place.replaceChildren(), 6000);
}

let places = 0;

/** Say at the fields of a form what is wrong with each, in the place of what was said before; whether any was. */
export function wrongAt(form, fields) {
  let first = null;
  for (const input of form.querySelectorAll("input[name], select[name], textarea[name]")) {
    const beats = fields[input.name];
    let place = form.querySelector(`[data-wrong="${input.name}"]`);
    if (beats && !place) {
      place = make("p", { id: `wrong-${(places += 1)}`, className: "wrong", "data-wrong": input.name });
      input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${place.id}`.trim());
      (input.closest("label") ?? input).after(place);
    }
    if (place) {
      place.hidden = !beats;
      place.textContent = beats ? `${beats.came}. Expected: ${beats.expected}. Next: ${beats.next_step}.` : "";
    }
    if (beats) {
      input.setAttribute("aria-invalid", "true");
      input.closest("details")?.setAttribute("open", "");
      first ??= input;
    } else input.removeAttribute("aria-invalid");
  }
  first?.focus();
  return first !== null;
}

/** Run an action; what goes wrong is said in three beats, at the fields of `form` where they are its. Resolves to its answer, or to null. */
export async function attempt(action, form = null) {
  try {
    const done = await action();
    if (form) wrongAt(form, {});
    return done;
  } catch (problem) {
    if (!(problem instanceof Refused)) say("", { beats: { came: "the console's server does not answer", expected: "pitboss serve, running", next_step: "start it again, then reload this page" } });
    else if (!form || !wrongAt(form, problem.beats.fields ?? {})) say("", { beats: problem.beats });
    return null;
  }
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied`);
  } catch {
    say("", { beats: { came: "the browser does not let this page copy", expected: "a page from 127.0.0.1, localhost or https", next_step: "mark the text and copy it by hand" } });
  }
}
