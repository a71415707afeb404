// The page's "Try it": sends a request to the server that the page is from, and shows what it answered.
// Everything that a server said is put in as text, never as markup.
"use strict";

const credentials = [...document.querySelectorAll(".credential")];

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// -- what is asked

function headersOf(form) {
  const headers = {};
  const wanted = [...form.querySelectorAll(".need a")].map((link) => link.hash.replace("#credential-", ""));
  for (const input of credentials) {
    if (wanted.includes(input.dataset.scheme) && input.value) {
      headers[input.dataset.header] = input.dataset.prefix + input.value;
    }
  }
  const body = form.querySelector(".body");
  if (body) headers["Content-Type"] = body.dataset.type;
  return headers;
}

function addressOf(form) {
  const query = new URLSearchParams();
  let path = form.dataset.path;
  for (const input of form.querySelectorAll("input[data-in]")) {
    if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    if (input.dataset.in === "query" && input.value) query.set(input.name, input.value);
  }
  const asked = query.toString();
  // Beside this page, which may stand below a path of a proxy.
  return new URL(`.${path}${asked ? `?${asked}` : ""}`, document.baseURI).href;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// A credential is left out of what is meant to be pasted elsewhere: its variable stands for it.
function curlOf(form, address, headers, body) {
  const secret = new Set(credentials.map((input) => input.dataset.header));
  const parts = ["curl", "-i", "-X", form.dataset.method, quoted(address)];
  for (const [name, value] of Object.entries(headers)) {
    const prefix = value.startsWith("Bearer ") ? "Bearer " : "";
    parts.push("-H", secret.has(name) ? `"${name}: ${prefix}$CREDENTIAL"` : quoted(`${name}: ${value}`));
  }
  if (body !== undefined) parts.push("--data-raw", quoted(body));
  return parts.join(" ");
}

async function send(form) {
  const address = addressOf(form);
  const headers = headersOf(form);
  const body = form.querySelector(".body")?.value;
  const button = form.querySelector("button");
  const answer = form.querySelector(".answer");
  const began = performance.now();
  button.disabled = true;
  try {
    const response = await fetch(address, {
      method: form.dataset.method, headers, body, credentials: "omit", redirect: "manual", cache: "no-store",
    });
    const text = await response.text();
    show(answer, response, text, Math.round(performance.now() - began));
  } catch {
    answer.replaceChildren(element("p", "status bad", "No answer: the server cannot be reached. Is pitboss serve still running?"));
  } finally {
    button.disabled = false;
  }
  answer.append(labelled("As a command:", curlOf(form, address, headers, body)));
}

// -- what is answered

function labelled(label, text) {
  const box = element("div");
  const pre = element("pre", "", text);
  pre.tabIndex = 0;
  box.append(element("small", "", label), pre);
  return box;
}

function pretty(text) {
  // Numbers are shown as they came: parsing would change those that a float cannot hold.
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
  let depth = 0;
  let written = "";
  const line = () => `\n${"  ".repeat(depth)}`;
  let opened = false;
  for (const [part] of text.matchAll(token)) {
    if (part === "{" || part === "[") {
      written += (opened ? line() : "") + part;
      depth += 1;
      opened = true;
    } else if (part === "}" || part === "]") {
      depth -= 1;
      written += (opened ? "" : line()) + part;
      opened = false;
    } else if (part === ",") {
      written += `,${line()}`;
      opened = false;
    } else if (part === ":") {
      written += ": ";
    } else {
      written += (opened ? line() : "") + part;
      opened = false;
    }
  }
  return written;
}

function show(answer, response, text, milliseconds) {
  const type = response.headers.get("Content-Type") ?? "";
  const status = element("p");
  status.append(
    element("span", `status ${response.ok ? "good" : "bad"}`, `${response.status} ${response.statusText}`),
    element("small", "", ` ${type} in ${milliseconds} ms`),
  );
  answer.replaceChildren(status, labelled("Body:", type.includes("json") ? pretty(text) : text));
  offerToken(answer, text);
}

// A token that was answered can be taken over as a credential, without being copied by hand.
function offerToken(answer, text) {
  let token;
  try {
    const found = JSON.parse(text);
    token = found.access_token ?? found.token;
  } catch {
    return;
  }
  if (typeof token !== "string") return;
  for (const input of credentials.filter((each) => each.dataset.prefix)) {
    const use = element("button", "", `Use as ${input.dataset.scheme}`);
    use.type = "button";
    use.addEventListener("click", () => {
      input.value = token;
      use.textContent = `Used as ${input.dataset.scheme}`;
    });
    answer.append(use);
  }
}

// -- the page

function prepare(form) {
  const choices = [...form.querySelectorAll(".choice")];
  const body = form.querySelector(".body");
  const choose = form.querySelector(".choose");
  const begin = (choice) => {
    body.value = choice.content.textContent;
    body.rows = Math.min(16, body.value.split("\n").length + 1);
  };
  if (choices.length) begin(choices[0]);
  if (choices.length > 1) {
    choices.forEach((choice, number) => choose.append(new Option(choice.dataset.name, String(number))));
    choose.addEventListener("change", () => begin(choices[Number(choose.value)]));
    form.querySelector(".choices").hidden = false;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
  form.hidden = false;
}

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}

document.querySelectorAll(".try").forEach(prepare);
addEventListener("hashchange", openTarget);
openTarget();
