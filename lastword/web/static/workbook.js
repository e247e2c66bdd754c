// The upload: a file that is too large isn't sent, and reading one says so.
"use strict";

const upload = document.querySelector("form[data-upload]");

upload?.addEventListener("submit", (event) => {
  const file = upload.querySelector("input[type='file']").files[0];
  if (file && file.size > Number(upload.dataset.largest)) {
    event.preventDefault();
    warn(`${file.name}: ${upload.dataset.said}`);
    return;
  }
  upload.querySelector("button").disabled = true;
  upload.querySelector("[data-progress]").hidden = false;
});
