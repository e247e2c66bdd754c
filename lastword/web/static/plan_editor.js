// The plan editor: the form is the plan. Changes are tried at once, steps are made by the server, and each can be undone.
"use strict";

const PAUSE_MS = 180; // typing rests so long before the plan is tried
const MOST_UNDONE = 100;

const planForm = document.getElementById("plan-form");
const undoButton = document.querySelector("[data-undo]");
const planState = document.getElementById("plan-state");
const undone = [];
let tries = 0;
let pause = null;
let dirty = false;
let leaving = false;
let focusNext = null;

planForm.elements.page.value = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());

/** What the form holds of the plan. */
function held() {
  const fields = Object.fromEntries(new FormData(planForm));
  for (const name of ["try", "revision", "opened", "page", "taken", "csrfmiddlewaretoken", "search"]) delete fields[name];
  return fields;
}

let last = held();
let savedAs = JSON.stringify(last);

/** Remember the form as it was before a change, for undo. */
function commit() {
  const now = held();
  if (JSON.stringify({ ...now, chosen: "" }) === JSON.stringify({ ...last, chosen: "" })) return;
  undone.push(last);
  if (undone.length > MOST_UNDONE) undone.shift();
  last = now;
  showState();
}

function showState() {
  dirty = JSON.stringify({ ...held(), chosen: "" }) !== JSON.stringify({ ...JSON.parse(savedAs), chosen: "" });
  if (undoButton) undoButton.disabled = undone.length === 0;
  if (planState) planState.textContent = dirty ? "Changes aren't saved yet" : "Nothing is changed";
}

function tryNow() {
  clearTimeout(pause);
  planForm.elements.try.value = String((tries += 1));
  htmx.trigger(planForm, "try");
}

function trySoon() {
  clearTimeout(pause);
  pause = setTimeout(tryNow, PAUSE_MS);
}

/** Let the server draw the form again: after a step, or as it was before one. */
async function redraw(fields) {
  const bookkeeping = { scenario: planForm.elements.scenario.value, revision: planForm.elements.revision.value };
  const scrolled = [...document.querySelectorAll(".plan-left, .plan-middle")].map((part) => part.scrollTop);
  await htmx.ajax("POST", planForm.dataset.change, { target: "#plan-editor", swap: "innerHTML", values: { ...fields, ...bookkeeping } });
  document.querySelectorAll(".plan-left, .plan-middle").forEach((part, place) => (part.scrollTop = scrolled[place] ?? 0));
}

async function step(what) {
  commit();
  const before = held();
  await redraw({ ...before, do: what });
  if (what.startsWith("choose:")) last = held();
  else {
    undone.push(before);
    last = held();
  }
  drawn(!what.startsWith("choose:"));
}

async function undo() {
  commit();
  const before = undone.pop();
  if (!before) return;
  await redraw(before);
  last = held();
  drawn(true);
  say("The last change is undone");
}

/** After the form was drawn anew. */
function drawn(changed) {
  showEnds();
  showState();
  if (changed) tryNow();
  else showMistakes();
  const wanted = focusNext && document.getElementById(focusNext);
  focusNext = null;
  wanted?.focus();
}

/** Where each segment ends, and each attribute's part of the weights. */
function showEnds() {
  const starts = [...document.querySelectorAll("[data-from]")];
  document.querySelectorAll("[data-to]").forEach((cell, place) => (cell.textContent = place ? starts[place - 1].value : "100"));
}

function showShares() {
  const rows = [...document.querySelectorAll("[data-weight]")];
  const weights = rows.map((row) => typed(row.querySelector("input.plan-short").value));
  const total = weights.reduce((sum, weight) => sum + Math.max(0, weight ?? 0), 0);
  rows.forEach((row, place) => {
    const known = weights[place] !== null && weights[place] >= 0 && total > 0;
    row.querySelector("[data-share]").textContent = known ? `${((100 * weights[place]) / total).toFixed(1)} %` : "–";
  });
}

/** Put each mistake at its field; those of attributes that aren't open mark the attribute. */
function showMistakes() {
  for (const place of planForm.querySelectorAll("[data-error]")) place.textContent = "";
  for (const mark of planForm.querySelectorAll("[data-wrong]")) mark.hidden = true;
  for (const input of planForm.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.setAttribute("aria-describedby", input.dataset.described ?? "");
  }
  for (const item of document.querySelectorAll("#plan-mistakes [data-field]")) showMistake(item.dataset.field, item.textContent);
}

function showMistake(name, text) {
  const place = [...planForm.querySelectorAll("[data-error]")].find((each) => each.dataset.error.split(" ").includes(name));
  if (place) {
    place.id = `error-${name}`;
    place.textContent = text;
  }
  const input = document.getElementById(name);
  if (input) {
    input.setAttribute("aria-invalid", "true");
    input.dataset.described ??= input.getAttribute("aria-describedby") ?? "";
    if (place) input.setAttribute("aria-describedby", `${place.id} ${input.dataset.described}`.trim());
  }
  for (const mark of planForm.querySelectorAll("[data-wrong]")) if (name.startsWith(mark.dataset.wrong)) mark.hidden = false;
}

/** To a field that has a mistake, opening its attribute first. */
function goTo(name) {
  const input = document.getElementById(name);
  if (input) return input.focus();
  focusNext = name;
  const attribute = name.match(/^attributes\.(\d+)\./);
  if (attribute) step(`choose:${attribute[1]}`);
}

function toggle(select) {
  const row = select.parentElement;
  if (select.dataset.between !== undefined) {
    row.querySelector("textarea").hidden = select.value === "yes";
    row.querySelector(".plan-between").hidden = select.value !== "yes";
  }
  if (select.dataset.effect !== undefined) select.nextElementSibling.hidden = select.value !== "segment";
  if (select.dataset.missing !== undefined) select.nextElementSibling.hidden = select.value !== "points";
}

planForm.addEventListener("input", (event) => {
  if (event.target.type === "search") return;
  const slides = event.target.dataset.slides;
  if (slides) document.getElementById(slides).value = event.target.value;
  const slider = planForm.querySelector(`[data-slides="${CSS.escape(event.target.name || "none")}"]`);
  if (slider && typed(event.target.value) !== null) slider.value = String(typed(event.target.value));
  if (event.target.tagName === "SELECT") toggle(event.target);
  showShares();
  showEnds();
  trySoon();
});

planForm.addEventListener("change", (event) => {
  if (event.target.type !== "search") commit();
});

planForm.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  commit();
  tryNow();
});

planForm.addEventListener("submit", () => {
  leaving = true;
  setTimeout(() => (leaving = false), 1000);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) {
    focusNext = button.id || null;
    step(button.dataset.do);
  }
  if (event.target.closest("[data-undo]")) undo();
  const mistake = event.target.closest("button[data-field]");
  if (mistake) goTo(mistake.dataset.field);
  if (dirty && event.target.closest("[data-needs-save]")) {
    event.preventDefault();
    warn("Save first: what is adopted is the scenario as it was saved last.");
  }
});

const opened = new Set();
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id !== "plan-whatif") return;
  for (const part of event.target.querySelectorAll("details[data-keep]")) part.open ? opened.add(part.dataset.keep) : opened.delete(part.dataset.keep);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "plan-whatif") {
    for (const part of event.target.querySelectorAll("details[data-keep]")) part.open = opened.has(part.dataset.keep);
    showMistakes();
    if (!document.getElementById("plan-mistakes")) document.querySelector("#plan-answer .alert-error")?.remove();
  }
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Redirect")) leaving = true;
});

document.addEventListener("saved", () => {
  commit();
  savedAs = JSON.stringify(held());
  showState();
  if (planState) planState.textContent = "Saved";
});

window.addEventListener("beforeunload", (event) => {
  if (dirty && !leaving) event.preventDefault();
});

showEnds();
if (document.readyState === "complete") tryNow();
else window.addEventListener("load", tryNow);
