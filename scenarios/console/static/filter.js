// The feed's filter: one line of words, which the server reads; the lists beside it write words into it.

import { address } from "./address.js";
import { Refused, attempt, find, get, wrongAt } from "./dom.js";

const TYPING = 250; // milliseconds without a key before what was typed is asked for
const NOTHING = 999999999; // a number that no exchange has: the server says whether it can read the filter
const lists = document.querySelectorAll("[data-word]");

let current = "";
let typing = 0;

/** The filter that is in force: the last that could be read. */
export const inForce = () => current;

const words = (name) => find("feed-search").value.split(/\s+/).filter((word) => word && !word.startsWith(`${name}:`));

/** Put `name:value` into the filter in place of what it said of that, and nothing where there is no value. */
function write(name, value) {
  find("feed-search").value = [...words(name), ...(value === "" ? [] : [`${name}:${value}`])].join(" ");
}

function readLists() {
  const said = find("feed-search").value.split(/\s+/);
  for (const list of lists) {
    const value = said.find((word) => word.startsWith(`${list.dataset.word}:`))?.split(":")[1] ?? "";
    list.value = [...list.options].some((option) => option.value === value) ? value : "";
  }
}

async function apply(changed) {
  clearTimeout(typing);
  const text = find("feed-search").value.trim();
  readLists();
  const read = await attempt(() => get(`exchanges?${new URLSearchParams({ filter: text, since: NOTHING })}`), find("feed-tools"));
  if (read === null || text !== find("feed-search").value.trim()) return;
  current = text;
  address.set("filter", text);
  changed();
}

/** Read the filter of the address; `changed` is called with each one from now on, first of all with that. */
export async function begin({ changed, newest }) {
  const field = find("feed-search");
  const now = () => apply(changed);
  field.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(now, TYPING);
  });
  field.addEventListener("change", now);
  for (const list of lists) list.addEventListener("change", () => { write(list.dataset.word, list.value); now(); });
  find("feed-clear").addEventListener("click", () => { write("from", newest() + 1); now(); });
  field.value = address.get("filter");
  if (field.value) await now();
  if (!current) changed();
}
