// The console: tabs, the live feed, and the parts that act.

import { address } from "./address.js";
import { attempt, copy, find, make, post, say } from "./dom.js";
import * as filter from "./filter.js";
import { List } from "./list.js";
import * as inspector from "./inspect.js";
import * as acting from "./acting.js";
import * as agreement from "./agreement.js";
import * as autoplay from "./autoplay.js";
import * as check from "./check.js";
import * as lights from "./lights.js";

const TABS = ["start", "agreement", "play", "raise", "autoplay", "faults", "check", "feed"].filter((name) => name === "feed" || find(`panel-${name}`));
const wide = matchMedia("(min-width: 64rem)");
const LATE = 1000; // from so many milliseconds on the feed says that it is behind

function show() {
  const asked = location.hash.slice(1) || (wanted === null ? "" : "feed");
  let tab = TABS.includes(asked) ? asked : "start";
  if (tab === "feed" && wide.matches) tab = "start";
  document.body.dataset.view = tab;
  for (const name of TABS) {
    const panel = find(`panel-${name}`);
    if (panel) panel.hidden = name !== tab;
    const link = document.querySelector(`nav [data-tab="${name}"]`);
    if (name === tab) link?.setAttribute("aria-current", "page");
    else link?.removeAttribute("aria-current");
  }
}

const list = new List({
  chosen: (number) => inspector.inspect(number),
  counted: (shown, all) => {
    const word = all === 1 ? "exchange" : "exchanges";
    find("feed-count").textContent = all === 0 ? "nothing yet" : !list.filtered ? `${all} ${word}` : `${shown} of ${all} ${word}`;
  },
});

const PAGE = crypto.getRandomValues(new Uint32Array(2)).join("-"); // names this page's stream, of which there is one
let wanted = /^\d{1,9}$/.test(address.get("exchange")) ? Number(address.get("exchange")) : null; // what the address names
let source = null;
let seen = "";
let offset = Infinity; // of this clock to the server's, in milliseconds: the least that a frame said
let worst = 0;

function line(text, state) {
  find("line").textContent = text;
  find("line").className = `line ${state}`;
}

function listen() {
  source?.close();
  const asked = { since: seen, filter: filter.inForce(), oldest: list.oldest, page: PAGE, ...(wanted === null ? {} : { exchange: wanted }) };
  source = new EventSource(`events?${new URLSearchParams(asked)}`);
  source.addEventListener("hello", (event) => {
    const { resumed, now, fit } = JSON.parse(event.data);
    offset = Math.min(offset, Date.now() - now);
    if (!resumed) list.clear();
    list.filter(filter.inForce() !== "", fit);
    seen = event.lastEventId;
    line("live", "good");
  });
  source.addEventListener("exchanges", (event) => {
    seen = event.lastEventId;
    const { rows, now } = JSON.parse(event.data);
    offset = Math.min(offset, Date.now() - now);
    took(rows);
  });
  source.addEventListener("acting", (event) => acting.acting(JSON.parse(event.data)));
  source.addEventListener("deliveries", (event) => deliveries(JSON.parse(event.data)));
  source.addEventListener("autoplay", (event) => autoplay.update(JSON.parse(event.data)));
  source.addEventListener("check", (event) => check.update(JSON.parse(event.data)));
  source.addEventListener("bye", () => {
    source.close();
    line("paused: too many windows watch; reload to go on", "bad");
  });
  source.addEventListener("error", () => line(source.readyState === EventSource.CLOSED ? "cut off; reload the page" : "reconnecting", "bad"));
}

let opened = false;

function took(rows) {
  const oldest = list.take(rows);
  inspector.refresh(rows);
  lights.take(rows);
  if (wanted !== null && list.indexOf(wanted) >= 0) {
    list.select(wanted);
    wanted = null;
  }
  // How far the feed is behind is shown of what happened while it was open, not of what was there before.
  if (opened && oldest !== Infinity) {
    requestAnimationFrame(() => {
      const behind = Math.max(0, Date.now() - offset - oldest);
      worst = Math.max(worst, behind);
      find("feed-lag").textContent = behind > LATE ? `${(behind / 1000).toFixed(1)} s behind` : "";
      Object.assign(find("feed").dataset, { received: list.received, worst: Math.round(worst), offset: Math.round(offset) });
    });
  }
  opened = true;
}

function deliveries(all) {
  const box = find("deliveries");
  box.hidden = all.length === 0;
  const count = (standing) => all.filter((each) => each.standing === standing).length;
  find("deliveries-summary").textContent = ["waiting", "given up", "no notification URL"]
    .filter((standing) => count(standing)).map((standing) => `${count(standing)} ${standing}`).join(", ").replace(/^/, "Deliveries: ");
  find("deliveries-list").replaceChildren(...all.map((each) => {
    const said = `${each.provider}: ${each.what}, ${each.attempts} ${each.attempts === 1 ? "attempt" : "attempts"}`;
    const button = make("button", { type: "button", "aria-label": `Send now: ${each.what}` }, "Send now");
    button.addEventListener("click", () => attempt(() => post("do/deliver", { provider: each.provider, id: each.id })));
    const standing = make("span", { className: each.standing === "waiting" ? "state warned" : "state failed" }, each.standing);
    return make("li", {}, make("span", { className: "mono" }, said), standing, button);
  }));
}

addEventListener("hashchange", () => { show(); find("panels").scrollTop = 0; });
wide.addEventListener("change", show);
document.addEventListener("visibilitychange", () => {
  // Six streams are all that a browser opens to one server: a page that nobody sees gives its own back.
  if (document.hidden) { source?.close(); line("paused", ""); }
  else listen();
});
find("feed-mark").addEventListener("click", () => list.mark());
find("feed-clear").addEventListener("click", () => list.unmark());
find("feed-follow").addEventListener("change", (event) => list.setFollow(event.target.checked));
for (const button of document.querySelectorAll("[data-copy]"))
  button.addEventListener("click", () => copy(find(button.dataset.copy).textContent, "Text"));
addEventListener("pagehide", () => source?.close());
inspector.begin(list);
acting.begin();
agreement.begin();
autoplay.begin();
check.begin();
show();
say("");
find("said").replaceChildren();
if (wanted !== null) {
  list.setFollow(false);
  inspector.inspect(wanted);
}
filter.begin({ changed: listen, newest: () => list.newest });
