// The borders of bands over the spread of their numbers: dragging, arrow keys and typing are ways to one value, that of the field.
"use strict";

const GROUPING = /[,\s\u00a0\u202f']/g;

function typed(text) {
  const plain = text.trim().replace("\u2212", "-").replace(GROUPING, "");
  return plain === "" || !Number.isFinite(Number(plain)) ? null : Number(plain);
}

function picture() {
  return document.querySelector(".plan-drawing svg");
}

function field(index) {
  return document.querySelector(`[data-edge="${index}"]`);
}

function scaleOf(svg) {
  const log = svg.dataset.scale === "log";
  const drawn = (value) => (log ? Math.log10(Math.max(value, Number(svg.dataset.low))) : value);
  const low = drawn(Number(svg.dataset.low));
  const high = drawn(Number(svg.dataset.high));
  return {
    place: (value) => Math.min(1, Math.max(0, (drawn(value) - low) / (high - low))),
    value: (place) => (log ? 10 ** (low + place * (high - low)) : low + place * (high - low)),
  };
}

/** A number near the place with no more digits than a pixel tells apart. */
function rounded(svg, place) {
  const scale = scaleOf(svg);
  const value = scale.value(place);
  const unit = 10 ** Math.floor(Math.log10(Math.abs(scale.value(place + 1 / Number(svg.dataset.width)) - value)));
  return Number((Math.round(value / unit) * unit).toPrecision(12));
}

/** Draw a border where its field has it, and the bands on both sides. */
function drawBorder(index) {
  const svg = picture();
  const input = field(index);
  const value = input && typed(input.value);
  const handle = svg?.querySelector(`[data-border="${index}"]`);
  if (!handle || value === null) return;
  handle.setAttribute("transform", `translate(${(scaleOf(svg).place(value) * Number(svg.dataset.width)).toFixed(1)} 0)`);
  handle.setAttribute("aria-valuenow", String(value));
  handle.setAttribute("aria-valuetext", input.value.trim());
  drawBands(svg);
}

function drawBands(svg) {
  const width = Number(svg.dataset.width);
  const scale = scaleOf(svg);
  const areas = [...svg.querySelectorAll(".band")];
  const starts = areas.map((area) => {
    const value = field(area.dataset.band) ? typed(field(area.dataset.band).value) : null;
    return value === null ? 0 : width * scale.place(value);
  });
  areas.forEach((area, place) => {
    const end = place + 1 < starts.length ? starts[place + 1] : width;
    area.setAttribute("x", starts[place].toFixed(1));
    area.setAttribute("width", Math.max(0, end - starts[place]).toFixed(1));
    const label = svg.querySelector(`[data-label="${area.dataset.band}"]`);
    label?.setAttribute("x", ((starts[place] + end) / 2).toFixed(1));
  });
}

/** Move a border to a place, between its neighbours. */
function moveBorder(index, place) {
  const svg = picture();
  const value = rounded(svg, Math.min(1, Math.max(0, place)));
  const [below, above] = [index - 1, index + 1].map((each) => (field(each) ? typed(field(each).value) : null));
  if ((below !== null && value <= below) || (above !== null && value >= above)) return;
  const input = field(index);
  if (typed(input.value) === value) return;
  input.value = value.toLocaleString("en-US", { maximumFractionDigits: 12 });
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function placeOf(svg, event) {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  return point.x / Number(svg.dataset.width);
}

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest?.(".handle[role]");
  if (!handle) return;
  event.preventDefault();
  handle.focus();
  handle.setPointerCapture(event.pointerId);
  handle.dataset.moving = "";
});

document.addEventListener("pointermove", (event) => {
  const handle = event.target.closest?.(".handle[data-moving]");
  if (handle) moveBorder(Number(handle.dataset.border), placeOf(picture(), event));
});

function release(event) {
  const handle = event.target.closest?.(".handle[data-moving]");
  if (!handle) return;
  delete handle.dataset.moving;
  field(handle.dataset.border).dispatchEvent(new Event("change", { bubbles: true }));
}
document.addEventListener("pointerup", release);
document.addEventListener("pointercancel", release);

document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.(".handle[role]");
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
  if (!handle || !steps) return;
  event.preventDefault();
  const index = Number(handle.dataset.border);
  const now = typed(field(index).value);
  const place = now === null ? 0.5 : scaleOf(picture()).place(now);
  moveBorder(index, place + steps / 200);
  field(index).dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("input", (event) => {
  const { edge, points } = event.target.dataset;
  if (edge !== undefined) drawBorder(Number(edge));
  if (points !== undefined) {
    const label = picture()?.querySelector(`[data-label="${points}"]`);
    if (label) label.textContent = event.target.value.trim();
  }
});
