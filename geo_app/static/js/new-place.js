// A new place inside a form: drawn on a map that is loaded when its part is opened, or read from a file with one feature.
import { el, fill } from "./dom.js";
import { setup, t } from "./edit-text.js";
import { upload } from "./http.js";
import { siteMap } from "./project-map.js";

const block = document.querySelector("[data-draw-place]");

/** Whether two geometries are the same to a centimetre: a map that tells the place as it is asks for no other. */
function same(one, other) {
  const said = (geometry) => JSON.stringify([geometry?.type, geometry?.coordinates], (key, value) => (typeof value === "number" ? Math.round(value * 1e7) / 1e7 : value));
  return said(one) === said(other);
}

/** What the person drew, moved or sent goes with the form; the place as it is does not. */
function follow(part) {
  const field = part.querySelector(`input[name="${part.dataset.drawPlace}"]`);
  let site = null;
  const keep = (geometry) => { field.value = geometry && !same(geometry, setup.geometry) ? JSON.stringify(geometry) : ""; };
  const open = () => {
    if (site || !part.open) return;
    site = siteMap(() => keep(site.geometry));
    if (setup.geometry) site.set(setup.geometry);
  };
  part.addEventListener("toggle", open);
  open();

  const input = part.querySelector("[data-new-place]");
  const says = part.querySelector("[data-new-place-says]");
  const questions = el("div", {});
  says.after(questions);
  const send = async () => {
    if (!input.files.length) return;
    const data = new FormData();
    data.append("file", input.files[0]);
    for (const box of questions.querySelectorAll("select")) data.append(box.name, box.value);
    try {
      const found = await upload(setup.urls.file, data);
      if (found.questions) {
        says.textContent = t("file_asks");
        fill(questions, found.questions.map((item) => el("label", { class: "stack" }, item.text, el("select", { "data-kind": item.kind, name: item.kind }, item.choices.map((choice) => el("option", { value: choice.value }, choice.label))))), el("button", { type: "button", onclick: send }, t("read_again")));
        return;
      }
      fill(questions);
      keep(found.geometry);
      site?.put(found.geometry, { fit: true });
      says.textContent = t("file_read", { name: input.files[0].name });
    } catch (error) {
      says.textContent = error.message;
    }
  };
  input.addEventListener("change", () => { fill(questions); send(); });
}

if (block) follow(block);
