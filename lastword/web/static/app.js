// What every page does: light or dark, row height, closing alerts, saying things to screen readers.
"use strict";

const page = document.documentElement;

function remember(name, value) {
  page.dataset[name] = value;
  const body = new FormData();
  body.append(name, value);
  fetch("/look", { method: "POST", body, headers: JSON.parse(document.body.getAttribute("hx-headers")) });
}

function isDark() {
  if (page.dataset.theme !== "auto") return page.dataset.theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Say something to those who listen to the page, and show nothing. */
function say(text) {
  document.getElementById("said").textContent = text;
}

/** Show an alert above the page. */
function warn(text) {
  const alert = document.createElement("div");
  alert.className = "alert alert-error";
  const said = document.createElement("p");
  said.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "quiet";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Close");
  close.textContent = "×";
  alert.append(said, close);
  document.getElementById("alerts").replaceChildren(alert);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) remember("theme", isDark() ? "light" : "dark");
  if (event.target.closest("[data-density-switch]")) remember("density", page.dataset.density === "dense" ? "comfortable" : "dense");
  event.target.closest("[data-dismiss]")?.closest(".alert").remove();
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
});

// a form that filters is sent when one of its fields changes
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filter]");
  if (form) form.requestSubmit();
});

// empty fields stay out of the address, so that a link says only what was chosen
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-filter]")) return;
  for (const [name, value] of [...event.formData.entries()]) if (value === "" && name !== "owner") event.formData.delete(name);
});

document.addEventListener("htmx:sendError", () => warn("The server can't be reached. Nothing was changed; try again when it answers."));
document.addEventListener("say", (event) => say(event.detail.value));
