// Many rows at once: ticking, the preview of a batch, and the small controls of the header.
"use strict";

const queue = document.getElementById("queue");
const batch = document.getElementById("batch");
const dialog = document.getElementById("batch-dialog");
let lastTicked = null;

const boxes = () => [...queue.querySelectorAll("tbody input[name=account_id]")];

function showSelected() {
  const ticked = boxes().filter((box) => box.checked);
  for (const box of boxes()) box.closest("tr").classList.toggle("selected", box.checked);
  document.getElementById("selected").textContent = ticked.length ? `${ticked.length} selected` : "none selected";
}

function tick(box, range) {
  const all = boxes();
  if (range && lastTicked) {
    const [from, to] = [all.indexOf(lastTicked), all.indexOf(box)].sort((one, other) => one - other);
    for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  }
  lastTicked = box;
  showSelected();
}

async function preview(body) {
  const csrf = JSON.parse(document.body.getAttribute("hx-headers"));
  let answer;
  try {
    answer = await fetch("/batch/preview", { method: "POST", body, headers: { ...csrf, "HX-Request": "true" } });
  } catch {
    return warn("The server can't be reached. Nothing was changed; try again when it answers.");
  }
  const text = await answer.text();
  const made = new DOMParser().parseFromString(text, "text/html");
  if (!answer.ok) return warn(made.querySelector("p")?.textContent.trim() ?? `The server answered ${answer.status}.`);
  dialog.replaceChildren(...made.body.childNodes);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("select, input:not([type=hidden])")?.focus();
  const note = dialog.querySelector("[name=note]");
  const reason = dialog.querySelector("[name=reason]");
  const asks = () => { if (note) note.required = reason.selectedOptions[0].dataset.note === "yes"; };
  reason?.addEventListener("change", asks);
  if (reason && !reason.value) reason.value = JSON.parse(sessionStorage.getItem("reason") ?? '""');
  if (reason) asks();
}

if (batch) {
  queue.addEventListener("click", (event) => {
    if (event.target.matches("tbody input[name=account_id]")) tick(event.target, event.shiftKey);
  });
  document.querySelector("[data-select-page]").addEventListener("change", (event) => {
    for (const box of boxes()) box.checked = event.target.checked;
    showSelected();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea") || document.querySelector("dialog[open]")) return;
    const box = queue.querySelector("tr[aria-current] input[name=account_id]");
    if (!box) return;
    box.checked = !box.checked;
    tick(box, false);
    say(`${box.closest("tr").dataset.name} ${box.checked ? "selected" : "not selected"}.`);
  });
  batch.addEventListener("submit", (event) => {
    event.preventDefault();
    preview(new FormData(batch));
  });
  dialog.addEventListener("submit", async (event) => {
    event.preventDefault();
    const sent = event.target;
    const button = sent.querySelector(".primary");
    button.disabled = true;
    const csrf = JSON.parse(document.body.getAttribute("hx-headers"));
    try {
      const answer = await fetch(sent.action, { method: "POST", body: new FormData(sent), headers: { ...csrf, "HX-Request": "true" } });
      const place = answer.headers.get("HX-Redirect");
      if (answer.status === 204 && place) return location.assign(place);
      const text = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("p")?.textContent.trim();
      warn(text || `The server answered ${answer.status}.`);
      dialog.close();
    } catch {
      warn("The server can't be reached: it isn't known whether the batch was applied. Load the page again before you repeat it.");
      dialog.close();
    }
    button.disabled = false;
  });
  showSelected();
}

function showKeys() {
  document.getElementById("keys").showModal();
}

document.querySelector("[data-keys]")?.addEventListener("click", showKeys);
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input:not([type=checkbox]), select, textarea") || document.querySelector("dialog[open]")) return;
  if (event.key === "?") {
    event.preventDefault();
    showKeys();
  } else if (event.key === "/") {
    event.preventDefault();
    document.querySelector(".queue-filters").open = true;
    document.querySelector(".queue-filters [name=search]").focus();
  }
});

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-close]")) {
    event.preventDefault();
    event.target.closest("dialog").close();
  }
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  try {
    await navigator.clipboard.writeText(location.href);
    copy.textContent = "Link copied";
  } catch {
    copy.textContent = "Copy it from the address bar";
  }
});

// a number pressed in the list of reasons chooses it
document.querySelector("#reason-list select")?.addEventListener("keydown", (event) => {
  const list = event.target;
  if (event.key >= "1" && event.key <= String(Math.min(list.options.length, 9))) {
    event.preventDefault();
    list.selectedIndex = Number(event.key) - 1;
  } else if (event.key === "Enter") {
    event.preventDefault();
    list.closest("dialog").close("go");
  }
});
