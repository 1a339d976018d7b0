// The record of a project: the analysis of its place, asked for after the page stands, and a new place from a file.
import { byId, el, fill } from "./dom.js";
import { setup, t } from "./edit-text.js";
import { get, upload } from "./http.js";
import { showBlocks } from "./project-site.js";

async function analyse() {
  const says = byId("site-state");
  says.textContent = t("site_working");
  try {
    const found = await get(setup.site);
    showBlocks(byId("site-report"), found.blocks);
    says.textContent = found.says;
  } catch (error) {
    says.textContent = error.status === 0 ? t("site_offline") : error.message;
  }
}

/** A file with one feature becomes the place that a change asks for. */
for (const input of document.querySelectorAll("[data-new-place]")) {
  const form = input.closest("form");
  const says = form.querySelector("[data-new-place-says]");
  const questions = el("div", {});
  says.after(questions);
  const send = async () => {
    if (!input.files.length) return;
    const data = new FormData();
    data.append("file", input.files[0]);
    for (const box of questions.querySelectorAll("select")) data.append(box.name, box.value);
    try {
      const found = await upload(setup.file, data);
      if (found.questions) {
        says.textContent = t("file_asks");
        fill(questions, found.questions.map((item) => el("label", { class: "stack" }, item.text, el("select", { "data-kind": item.kind, name: item.kind }, item.choices.map((choice) => el("option", { value: choice.value }, choice.label))))), el("button", { type: "button", onclick: send }, t("read_again")));
        return;
      }
      fill(questions);
      form.elements["new:geometry"].value = JSON.stringify(found.geometry);
      says.textContent = t("file_read", { name: input.files[0].name });
    } catch (error) {
      says.textContent = error.message;
    }
  };
  input.addEventListener("change", () => { fill(questions); send(); });
}
if (byId("analysis")) analyse();
