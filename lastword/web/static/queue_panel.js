// The panel of the queue: what is known of the account in focus, fetched before it is asked for, and who has what open.
"use strict";

const table = document.getElementById("queue");
const panel = document.getElementById("panel");
const decides = table?.dataset.decides === "yes";
const OPEN_AFTER = 150;
const FRESH = 30_000;
const CLAIMS_EVERY = 20_000;

const rows = () => [...table.tBodies[0].rows];
const headers = () => ({ ...JSON.parse(document.body.getAttribute("hx-headers")), "HX-Request": "true" });

let panelClosed = false;
let opening;
let wanted = ""; // the account that the panel is to show
let fetched = null; // the panel of the row that comes next
let opened = ""; // the account that this person's claim is on

/** Send a form to an address; fails where no answer comes. */
function post(address, fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return fetch(address, { method: "POST", body, headers: headers(), redirect: "manual" });
}

/** Show a row in the panel, after `wait` ms without another move. */
function open(row, wait = 0) {
  clearTimeout(opening);
  panelClosed = false;
  opening = setTimeout(() => show(row), wait);
}

async function show(row) {
  const account = row.dataset.account;
  wanted = account;
  panel.setAttribute("aria-busy", "true");
  const address = new URL(location);
  address.searchParams.set("open", account);
  history.replaceState(null, "", address);
  const found = await evidence(account);
  if (wanted !== account) return;
  panel.innerHTML = found.html;
  panel.setAttribute("aria-busy", "false");
  panel.scrollTop = 0;
  if (decides && found.known) claim(account);
  const next = nextOpen(row);
  if (next) fetched = { account: next.dataset.account, at: Date.now(), found: evidence(next.dataset.account) };
}

/** The panel of an account: {html, known}; fetched beforehand for the row that comes next. */
async function evidence(account) {
  if (fetched?.account === account && Date.now() - fetched.at < FRESH) return fetched.found;
  try {
    const answer = await fetch(`/queue/row?id=${encodeURIComponent(account)}`, { headers: headers() });
    return { html: await answer.text(), known: answer.ok };
  } catch {
    return { html: "<p>The server can't be reached. Enter tries again.</p>", known: false };
  }
}

const nextOpen = (row) => {
  const all = rows();
  return all.slice(all.indexOf(row) + 1).find((each) => each.dataset.state === "open");
};

function close() {
  if (panelClosed) return;
  panelClosed = true;
  wanted = "";
  clearTimeout(opening);
  release();
  const said = document.createElement("p");
  said.className = "muted placeholder";
  said.textContent = "Closed. Enter opens the account in focus.";
  panel.replaceChildren(said);
  const address = new URL(location);
  address.searchParams.delete("open");
  history.replaceState(null, "", address);
}

// --- who has what open ---

async function claim(account) {
  if (opened && opened !== account) release();
  opened = account;
  try {
    const answer = await post("/claim", { account_id: account });
    if (answer.ok && opened === account) holds(account, await answer.json());
  } catch { /* a claim is a courtesy: the next round says it again */ }
}

function holds(account, { by, mine }) {
  const place = document.getElementById("holder");
  if (!place || panel.querySelector("[data-account]")?.dataset.account !== account) return;
  place.hidden = mine;
  place.textContent = mine ? "" : `${by} has this open`;
}

function release() {
  if (!opened) return;
  const body = new FormData();
  body.append("account_id", opened);
  fetch("/release", { method: "POST", body, headers: headers(), keepalive: true }).catch(() => {});
  opened = "";
}

async function refreshClaims() {
  if (document.hidden) return;
  const asked = new URLSearchParams(rows().map((row) => ["id", row.dataset.account]));
  try {
    const answer = await fetch(`/queue/claims?${asked}`, { headers: headers() });
    if (!answer.ok) return;
    const others = await answer.json();
    for (const row of rows()) markHolder(row, others[row.dataset.account]);
  } catch { return; }
  if (opened) claim(opened);
}

function markHolder(row, by) {
  const tag = row.querySelector(".holder");
  tag.hidden = !by;
  tag.textContent = by ? `${by} has this open` : "";
}
