// The queue by keyboard: one row in focus, the keys that decide, and undo. The panel is in queue_panel.js, selecting many rows and
// the dialogs of the header are in queue_selection.js.
"use strict";

const form = document.getElementById("decide");
const GRADES = { 1: "A", 2: "B", 3: "C", 4: "D", 5: "F" };
const SAME_KEY = 300; // milliseconds: the same key again within them was meant once

const current = () => table.querySelector("tr[aria-current]");
const sitting = (name) => JSON.parse(sessionStorage.getItem(name) ?? "null");
const remembered = (name, value) => sessionStorage.setItem(name, JSON.stringify(value));

let pending = null; // what waits for a reason or a note
let lastKey = { key: "", at: 0 };

function problem(text, retry) {
  const place = document.getElementById("problem");
  place.textContent = text;
  place.hidden = !text;
  if (!text || !retry) return;
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => { problem(""); retry(); });
  place.append(" ", again);
}

// --- one row in focus ---

function focusRow(row, keepKeyboard = true) {
  if (!row) return;
  current()?.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  row.scrollIntoView({ block: "nearest" });
  if (keepKeyboard) row.querySelector("a[data-open]").focus({ preventScroll: true });
  pending = null;
  if (decides) fillForm(row);
}

function fillForm(row) {
  const { account, entry, run, plan, model } = row.dataset;
  if (form.account_id.value !== account) problem("");
  form.account_id.value = account;
  form.expected_entry_id.value = entry;
  form.expected_run_id.value = run;
  for (const [name, letter] of [["plan", plan], ["model", model]]) {
    const chip = form.querySelector(`[data-${name}] .grade`);
    chip.className = `grade grade-${letter ? letter.toLowerCase() : "none"}`;
    chip.textContent = letter || "–";
    chip.closest("button").disabled = !letter;
  }
  for (const button of form.querySelectorAll(".chosen")) button.classList.remove("chosen");
}

function move(step) {
  const all = rows();
  const next = all[all.indexOf(current()) + step];
  if (!next) return say(step > 0 ? "The end of this page." : "The top of this page.");
  focusRow(next);
  if (!panelClosed) open(next, OPEN_AFTER);
}

// --- deciding ---

/** What a key or a button asks for: {address, fields, said}; choices ask for a reason first. */
function decide(wish) {
  const row = current();
  if (!decides || !row || row.getAttribute("aria-busy") === "true") return;
  if (wish.choice && !hasReason(wish)) return;
  pending = null;
  send(row, wish);
}

function hasReason(wish) {
  const chosen = form.reason.selectedOptions[0];
  if (!form.reason.value) return askReason(wish);
  if (chosen.dataset.note === "yes" && !form.note.value.trim()) {
    pending = wish;
    form.note.focus();
    problem(`“${form.reason.value}” asks for a note: say why, then Enter.`);
    return false;
  }
  return true;
}

function askReason(wish) {
  const dialog = document.getElementById("reason-list");
  pending = wish;
  dialog.querySelector("[data-pending]").textContent = wish.said;
  const list = dialog.querySelector("select");
  if (list.selectedIndex < 0) list.selectedIndex = 0;
  dialog.returnValue = "";
  dialog.showModal();
  list.focus();
  return false;
}

async function send(row, wish) {
  const { account, entry, run } = row.dataset;
  const fields = { account_id: account, part: "row", columns: table.dataset.columns, href: row.querySelector("a[data-open]").getAttribute("href"), ...wish.fields };
  if (wish.choice) Object.assign(fields, { expected_entry_id: entry, expected_run_id: run, reason: form.reason.value, note: form.note.value });
  row.setAttribute("aria-busy", "true");
  problem("");
  let answer, text;
  try {
    answer = await post(wish.address, fields);
    text = await answer.text();
  } catch {
    row.removeAttribute("aria-busy");
    focusRow(row);
    return problem("The server can't be reached: this account is not decided.", () => send(row, wish));
  }
  row.removeAttribute("aria-busy");
  const fresh = place(row, text);
  if (answer.ok && fresh) return settled(fresh, wish);
  if (answer.status === 409 && fresh) return conflicting(fresh, wish);
  if (answer.status === 204 && answer.headers.get("HX-Redirect")) return location.assign(answer.headers.get("HX-Redirect"));
  problem(sentence(text) || `The server answered ${answer.status}: this account is not decided.`, answer.status >= 500 ? () => send(row, wish) : null);
}

/** Put the row and the figures that an answer holds where they belong; gives the row, or null where there is none. */
function place(row, text) {
  const answer = new DOMParser().parseFromString(text, "text/html");
  const fresh = answer.querySelector("tr[data-account]");
  if (!fresh) return null;
  const ticked = row?.querySelector("input[type=checkbox]").checked;
  const wasCurrent = row?.hasAttribute("aria-current");
  if (row) {
    count(row.dataset.state, fresh.dataset.state);
    row.replaceWith(fresh);
    fresh.querySelector("input[type=checkbox]").checked = ticked;
    if (wasCurrent) fresh.setAttribute("aria-current", "true");
  }
  const tally = answer.getElementById("tally");
  if (tally) document.getElementById("tally").replaceWith(tally);
  return fresh;
}

function sentence(text) {
  return new DOMParser().parseFromString(text, "text/html").querySelector("p")?.textContent.trim() ?? "";
}

/** The number in the header: what is decided or set aside has left the queue. */
function count(before, after) {
  const place = document.getElementById("count");
  if (!("exact" in place.dataset)) return;
  const left = (state) => state === "decided" || state === "aside";
  const number = Number(place.dataset.count) + Number(left(before)) - Number(left(after));
  place.dataset.count = Math.max(number, 0);
  place.textContent = Math.max(number, 0).toLocaleString("en");
  document.getElementById("count-all").textContent = place.textContent;
}

function settled(row, wish) {
  const undo = row.querySelector("form[data-undo]");
  if (undo) keepUndo(row, undo);
  if (!wish.undoes && form.note) form.note.value = "";
  const advances = form.querySelector("[data-advance]").checked && !wish.undoes;
  const next = advances ? nextOpen(row) : null;
  say(row.dataset.said + (next ? ` Next: ${next.dataset.name.replace(/\.$/, "")}.` : advances ? " No account of this page is left below." : ""));
  focusRow(next ?? row);
  if (next || wish.undoes) { if (!panelClosed) open(next ?? row); } else if (advances) document.getElementById("next-page")?.focus();
}

function conflicting(row, wish) {
  focusRow(row);
  problem(`${row.dataset.said} You chose ${wish.said}: the row is as it is now. Decide again.`);
  form.querySelector(wish.button ?? "_")?.classList.add("chosen");
  fetched = null;
  if (!panelClosed) open(row);
}

function keepUndo(row, undo) {
  const fields = Object.fromEntries(new FormData(undo));
  delete fields.csrfmiddlewaretoken;
  const stack = (sitting("undo") ?? []).filter((each) => each.fields.account_id !== row.dataset.account || each.fields.entry_id !== fields.entry_id);
  remembered("undo", [...stack, { address: undo.getAttribute("action"), fields, name: row.dataset.name }].slice(-50));
  undoButton();
}

function undoButton() {
  if (form) form.querySelector("[data-undo-last]").disabled = !(sitting("undo") ?? []).length;
}

/** Take back a decision: the last of the sitting, or the one whose button was pressed. */
async function undo(which) {
  const stack = sitting("undo") ?? [];
  const last = which ?? stack.at(-1);
  if (!last) return say("Nothing to undo in this sitting.");
  const row = rows().find((each) => each.dataset.account === last.fields.account_id);
  if (row?.getAttribute("aria-busy") === "true") return;
  remembered("undo", stack.filter((each) => JSON.stringify(each.fields) !== JSON.stringify(last.fields)));
  undoButton();
  const wish = { address: last.address, fields: last.fields, undoes: true, said: "undo" };
  if (row) return focusRow(row), send(row, wish);
  try {
    const answer = await post(last.address, { ...last.fields, part: "row", columns: table.dataset.columns });
    const text = await answer.text();
    place(null, text);
    if (answer.ok) say(`${last.name}: taken back.`);
    else problem(sentence(text));
  } catch {
    remembered("undo", stack);
    undoButton();
    problem("The server can't be reached: nothing is undone.", () => undo(which));
  }
}

// --- keys, buttons, fields ---

function wishOf(button) {
  const chip = button.querySelector(".grade")?.textContent;
  if (button.name === "choice") return { choice: true, address: "/decide", fields: { choice: button.value }, said: `${chip} (${button.value.replace("_", " the ")})`, button: `[value=${button.value}]` };
  if (button.name === "grade") return { choice: true, address: "/decide", fields: { choice: "grade", grade: button.value }, said: button.value, button: `[value=${button.value}]` };
  if (button.dataset.act === "dismiss") return { address: "/dismiss", fields: {}, said: "dismiss" };
  const until = form.days.value ? { days: form.days.value } : { until: form.until.value };
  return { address: "/snooze", fields: until, said: "snooze" };
}

function press(selector) {
  const button = form.querySelector(selector);
  if (button.disabled) return problem("That opinion gives no grade to accept: give one of your own, 1 to 5.");
  if (button.dataset.act === "snooze" && !form.days.value && !form.until.value) return form.until.focus();
  decide(wishOf(button));
}

const KEYS = {
  a: () => press("[value=accept_model]"),
  p: () => press("[value=accept_plan]"),
  s: () => press("[data-act=snooze]"),
  d: () => press("[data-act=dismiss]"),
  u: () => undo(),
};

function onKey(event) {
  if (event.key === "Escape") return document.querySelector("dialog[open]") || event.target.closest("input, select, textarea") ? event.target.blur?.() : close();
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "j" || event.key === "k") return event.preventDefault(), move(event.key === "j" ? 1 : -1);
  if (event.key === "Enter" && (event.target === document.body || event.target.closest("a[data-open]"))) return event.preventDefault(), open(current());
  const action = KEYS[event.key] ?? (GRADES[event.key] && (() => press(`[name=grade][value=${GRADES[event.key]}]`)));
  if (!action) return;
  event.preventDefault();
  const again = event.repeat || (event.key === lastKey.key && event.timeStamp - lastKey.at < SAME_KEY);
  lastKey = { key: event.key, at: event.timeStamp };
  if (again) return;
  if (decides) action();
  else say(`Your role decides nothing: the key ${event.key} does nothing here.`);
}

function onSubmit(event) {
  if (event.target.matches("form[data-undo]")) {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    delete fields.csrfmiddlewaretoken;
    undo({ address: event.target.getAttribute("action"), fields, name: "" });
  } else if (event.target === form) {
    event.preventDefault();
    if (event.submitter) press(event.submitter.dataset.act ? `[data-act=${event.submitter.dataset.act}]` : `[value=${event.submitter.value}]`);
  }
}

function onClick(event) {
  const row = event.target.closest("#queue tbody tr");
  if (!row || event.target.closest("input, button, .pick") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  focusRow(row);
  open(row);
}

function startDeciding() {
  form.noValidate = true;
  form.reason.value = sitting("reason") ?? "";
  form.addEventListener("change", () => {
    remembered("reason", form.reason.value);
    form.until.hidden = form.days.value !== "";
    const asks = form.reason.selectedOptions[0].dataset.note === "yes";
    form.note.placeholder = asks ? "Note, asked for" : "Note, optional";
    form.note.setAttribute("aria-required", asks);
  });
  form.dispatchEvent(new Event("change"));
  const advance = form.querySelector("[data-advance]");
  advance.checked = localStorage.getItem("advance") !== "no";
  advance.addEventListener("change", () => localStorage.setItem("advance", advance.checked ? "yes" : "no"));
  form.note.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    if (pending) decide(pending);
    else focusRow(current());
  });
  form.querySelector("[data-undo-last]").addEventListener("click", () => undo());
  const dialog = document.getElementById("reason-list");
  dialog.addEventListener("close", () => {
    const wish = pending;
    if (dialog.returnValue !== "go" || !wish) return focusRow(current());
    form.reason.value = dialog.querySelector("select").value;
    form.dispatchEvent(new Event("change"));
    focusRow(current(), form.reason.selectedOptions[0].dataset.note !== "yes");
    decide(wish);
  });
  undoButton();
  addEventListener("pagehide", release);
}

if (table) {
  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", onSubmit);
  table.addEventListener("click", onClick);
  if (decides) startDeciding();
  const asked = panel.querySelector("[data-account]")?.dataset.account;
  const first = rows().find((row) => row.dataset.account === asked) ?? rows().find((row) => row.dataset.state === "open") ?? rows()[0];
  if (first && (!asked || first.dataset.account === asked)) focusRow(first);
  if (asked && decides) claim(asked);
  else if (first) open(first);
  setInterval(refreshClaims, CLAIMS_EVERY);
}
