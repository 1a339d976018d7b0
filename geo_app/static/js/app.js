// What every page does: search, count of tasks, sortable tables, forms that start long work, questions before changes.
import { byId, el, say } from "./dom.js";
import { Fault, notice, post } from "./http.js";
import { countJobs, follow, watchList } from "./jobs.js";
import { searchBox } from "./search.js";
import { sortable } from "./tables.js";

/** A form with `data-job` starts a job and goes where its result is. */
async function startJob(form, event) {
  event.preventDefault();
  const button = event.submitter;
  if (button) button.disabled = true;
  try {
    const { job } = await post(form.action, Object.fromEntries(new FormData(form)));
    const ended = await follow(job, form.dataset.job);
    if (ended.state === "done" && ended.href) window.location.assign(ended.href);
    else if (ended.error) throw new Fault(ended.error, 0);
  } catch (error) {
    form.prepend(notice(error));
  } finally {
    if (button) button.disabled = false;
  }
}

/** A form with `data-confirm` names what it will change before it does. */
function confirmFirst(form, event) {
  if (form.dataset.sure) return;
  event.preventDefault();
  const dialog = el("dialog", { class: "card" }, el("p", {}, form.dataset.confirm),
    el("div", { class: "actions" },
      el("button", { type: "button", class: "primary", onclick: () => { form.dataset.sure = "yes"; dialog.close(); form.requestSubmit(event.submitter); } }, form.dataset.confirmVerb || say("go_on")),
      el("button", { type: "button", onclick: () => dialog.close() }, say("leave"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** A menu of pages closes when something else is pressed, or with Escape. */
function closeMenus(event) {
  for (const menu of document.querySelectorAll("nav.pages details[open]")) {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) menu.open = false;
  }
}

document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
for (const form of document.querySelectorAll("form[data-confirm]")) form.addEventListener("submit", (event) => confirmFirst(form, event));
for (const form of document.querySelectorAll("form[data-job]")) form.addEventListener("submit", (event) => startJob(form, event));
for (const select of document.querySelectorAll("select[data-submit]")) select.addEventListener("change", () => select.form.submit());
if (!document.body.classList.contains("map-page")) searchBox((hit) => window.location.assign(hit.href));
sortable();
countJobs();
const jobs = byId("jobs-table");
if (jobs) watchList(jobs);
