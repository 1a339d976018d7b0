// The review page: figures of one level, choices only of edits that are taken, and a question before the decision.
import { byId } from "./dom.js";

const level = byId("effect-level");
if (level) {
  level.addEventListener("change", () => {
    for (const row of byId("figures-table").tBodies[0].rows) row.hidden = Boolean(level.value) && row.dataset.level !== level.value;
  });
}

/** An edit that is left out needs no choice; one that is taken needs every choice. */
function demand() {
  for (const box of document.querySelectorAll('.review-row input[name="edit"][type="checkbox"]')) {
    const row = box.closest(".review-row");
    row.classList.toggle("left", !box.checked);
    for (const radio of row.querySelectorAll('input[type="radio"]')) radio.required = box.checked;
  }
}
const form = byId("decide");
if (form) {
  form.addEventListener("change", demand);
  demand();
}
