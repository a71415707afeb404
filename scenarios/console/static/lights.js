// The start page's two lights: whether the CLIENT has called, and whether it answers, by what the feed saw last. Of what
// to do next, starting the CLIENT is left out while it answers.

import { find } from "./dom.js";

function set(light, text, state) {
  find(`light-${light}`).textContent = text;
  find(`light-${light}`).className = `state ${state}`;
  if (light === "answers") find("step-client").hidden = state === "passed";
}

/** Take over ``rows`` of the feed, oldest first; one that is still under way says nothing yet. */
export function take(rows) {
  for (const row of rows) {
    if (!row.to) set("called", `${row.m} ${row.u}`, "passed");
    else if (row.s !== null) set("answers", `HTTP ${row.s}`, row.s < 500 ? "passed" : "failed");
    else if (row.o !== "waiting") set("answers", row.w || "no answer", "failed");
  }
}
