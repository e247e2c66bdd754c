// The form to decide: says what will happen, asks for a note where the reason does, and keeps what was filled in until it counts.
"use strict";

const form = document.getElementById("decision");
const output = form.querySelector("output");
const key = `decision of ${form.dataset.account}`;
const kept = ["choice", "grade", "reason", "note", "expires_on"];

function chosenGrade() {
  const choice = form.querySelector("[name=choice]:checked");
  if (!choice) return "";
  return choice.value === "grade" ? form.elements.grade.value : choice.dataset.grade;
}

function show() {
  const asks = form.elements.reason.selectedOptions[0]?.hasAttribute("data-asks-note") ?? false;
  form.elements.note.required = asks;
  form.querySelector(".note-needed").hidden = !asks;
  form.elements.grade.required = form.querySelector("[name=choice]:checked")?.value === "grade";
  const grade = chosenGrade();
  const words = grade && form.querySelector(`[data-happens="${grade}"]`).content.textContent;
  const until = form.elements.expires_on.value;
  output.value = words ? words.replace("{until}", until || "the day that you choose") : "Choose a grade to see what will happen.";
}

form.addEventListener("input", (event) => {
  const { name, value } = event.target;
  if (name === "grade" && value) form.querySelector("[name=choice][value=grade]").checked = true;
  if (name === "choice" && value !== "grade") form.elements.grade.value = "";
  show();
});

// what was filled in stays for this sitting until a decision of one's own has been taken on the account
form.addEventListener("submit", () => {
  const values = Object.fromEntries(kept.map((name) => [name, form.elements[name].value]));
  sessionStorage.setItem(key, JSON.stringify({ values, decisions: Number(form.dataset.decisions) }));
});

function restore() {
  const draft = JSON.parse(sessionStorage.getItem(key) ?? "null");
  if (draft && draft.decisions >= Number(form.dataset.decisions)) {
    for (const name of kept) form.elements[name].value = draft.values[name];
  } else if (draft) {
    sessionStorage.removeItem(key);
  }
  show();
}

window.addEventListener("pageshow", restore);
