// The annual plan: rows are ranked by number, by arrows, or by dragging; the sum and the bar follow at once.
import { byId, number } from "./dom.js";

const form = byId("plan-form");
const planned = byId("planned")?.tBodies[0];
const candidates = byId("candidates")?.tBodies[0];

const box = (row) => row.querySelector('input[type="checkbox"]');
const rank = (row) => row.querySelector("input.rank");

/** Number the rows of the plan as they stand, add up, and say what no longer fits. */
function count() {
  const limit = Number.parseFloat(byId("money-limit").value.replaceAll(",", ""));
  let total = 0;
  let unknown = 0;
  [...planned.rows].forEach((row, at) => {
    if (rank(row)) rank(row).value = String(at + 1);
    if (row.dataset.budget === "") unknown += 1;
    else total += Number(row.dataset.budget);
    row.querySelector(".sum").textContent = number(total, 2) + (unknown ? " +" : "");
    row.classList.toggle("over", Number.isFinite(limit) && total > limit + 0.001);
  });
  for (const row of candidates.rows) {
    row.querySelector(".sum").textContent = "";
    row.classList.remove("over");
  }
  byId("plan-total").textContent = number(total, 2);
  byId("plan-unknown").hidden = !unknown;
  byId("plan-unknown-count").textContent = String(unknown);
  byId("plan-count").textContent = String(planned.rows.length);
  byId("planned-empty").hidden = planned.rows.length > 0;
  const bar = byId("money-bar");
  bar.max = Number.isFinite(limit) && limit > 0 ? limit : Math.max(total, 1);
  bar.value = total;
  bar.classList.toggle("over", Number.isFinite(limit) && total > limit + 0.001);
}

function renumbered(row) {
  const wanted = Number.parseInt(rank(row).value, 10);
  if (!Number.isInteger(wanted) || row.parentNode !== planned) return;
  const others = [...planned.rows].filter((other) => other !== row);
  planned.insertBefore(row, others[Math.max(0, Math.min(others.length, wanted - 1))] ?? null);
}

function changed(event) {
  const row = event.target.closest("tr[data-project]");
  if (event.target.type === "checkbox" && row) {
    (event.target.checked ? planned : candidates).append(row);
    for (const old of row.querySelectorAll(".fits > *")) old.remove();
    if (!event.target.checked && rank(row)) rank(row).value = "";
    event.target.focus();
  } else if (event.target.classList.contains("rank") && row) {
    if (!box(row).checked && event.target.value && !box(row).disabled) {
      box(row).checked = true;
      planned.append(row);
    }
    renumbered(row);
    event.target.focus();
  } else if (event.target.id !== "money-limit") return;
  count();
}

function moved(event) {
  const button = event.target.closest("button.move");
  const row = button?.closest("tr[data-project]");
  if (!row || row.parentNode !== planned) return;
  const other = button.dataset.move === "-1" ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (button.dataset.move === "-1") other.before(row);
  else other.after(row);
  button.focus();
  count();
}

/** Rows can be dragged by their grip within the plan, or from the candidates into it. */
function dragging() {
  let held = null;
  for (const row of form.querySelectorAll("tr[data-project]")) {
    if (!rank(row)) continue;
    row.querySelector(".grip").addEventListener("pointerdown", () => { row.draggable = true; });
    row.addEventListener("dragstart", () => { held = row; row.classList.add("held"); });
    row.addEventListener("dragend", () => { row.draggable = false; row.classList.remove("held"); held = null; count(); });
  }
  for (const body of [planned, candidates]) {
    body.parentNode.addEventListener("dragover", (event) => {
      if (!held || (body === candidates && box(held).disabled)) return;
      event.preventDefault();
      const over = event.target.closest("tr[data-project]");
      if (over && over !== held && over.parentNode === body) {
        const half = over.getBoundingClientRect();
        if (event.clientY < half.top + half.height / 2) over.before(held);
        else over.after(held);
      } else if (!over && held.parentNode !== body) body.append(held);
      if (!box(held).disabled) box(held).checked = held.parentNode === planned;
    });
  }
}

if (form && planned && form.querySelector("input.rank, button.primary")) {
  form.addEventListener("change", changed);
  form.addEventListener("click", moved);
  byId("money-limit").addEventListener("input", count);
  dragging();
}
