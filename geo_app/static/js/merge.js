// The page that merges two edits: writing another value chooses it, and what is still open is counted.
import { byId } from "./dom.js";

const form = byId("merge");

function chooseOther(event) {
  const cell = event.target.closest("td");
  const radio = cell?.querySelector('input[type="radio"][value="other"]');
  if (radio && event.target !== radio) radio.checked = true;
}

/** Mark the rows whose value is still to be chosen; the browser refuses to send the form before. */
function mark() {
  for (const row of form.querySelectorAll("#fields tbody tr[data-field]")) {
    const radios = row.querySelectorAll('input[type="radio"]');
    row.classList.toggle("open", radios.length > 0 && ![...radios].some((radio) => radio.checked) && row.classList.contains("conflict"));
  }
}

if (form) {
  form.addEventListener("input", (event) => { if (event.target.name?.startsWith("other:")) chooseOther(event); mark(); });
  form.addEventListener("change", mark);
  mark();
}
