// The filters' menus: several values are ticked at leisure, and the form is sent when the menu is left.
"use strict";

const changed = new WeakSet();

for (const menu of document.querySelectorAll("[data-filter-menu]")) {
  // app.js sends the form at every change: not while a menu is open
  menu.addEventListener("change", (event) => {
    event.stopPropagation();
    if (event.target.name) changed.add(menu);
  });
  menu.addEventListener("toggle", () => {
    if (menu.open) menu.querySelector("input")?.focus();
    else if (changed.has(menu)) menu.closest("form").requestSubmit();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menu.querySelector("summary").focus();
  });
  menu.querySelector("[data-narrow]")?.addEventListener("input", (event) => {
    const sought = event.target.value.toLowerCase();
    for (const option of menu.querySelectorAll(".filter-options label")) option.hidden = !option.textContent.toLowerCase().includes(sought);
  });
}

// a range is one parameter of the address: from..to
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form.filters")) return;
  const given = event.formData;
  for (const input of event.target.querySelectorAll("input[name$='_from']")) {
    const name = input.name.slice(0, -"_from".length);
    const ends = [given.get(`${name}_from`) ?? "", given.get(`${name}_to`) ?? ""];
    given.delete(`${name}_from`);
    given.delete(`${name}_to`);
    if (ends.some(Boolean)) given.append(name, ends.join(".."));
  }
});
