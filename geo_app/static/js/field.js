// Field work: both forms start a job; a package is downloaded, a returned file is shown on a page of its own.
import { byId, say } from "./dom.js";
import { Fault, notice, post, upload } from "./http.js";
import { follow } from "./jobs.js";

function attempt(form, work) {
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    form.querySelector(".notice")?.remove();
    if (button) button.disabled = true;
    try {
      const { job } = await work(new FormData(form));
      const ended = await follow(job, form.querySelector("h2").textContent);
      if (ended.error) throw new Fault(ended.error, 0);
      if (ended.href) window.location.assign(ended.href);
    } catch (error) {
      form.prepend(notice(error));
      form.scrollIntoView({ block: "start" });
    } finally {
      if (button) button.disabled = false;
    }
  });
}
attempt(byId("field-take"), (data) => post(byId("field-take").getAttribute("action"), {
  area: data.get("area"), layers: data.getAll("layer"), crs: data.get("degrees") ? "degrees" : "metric",
}));
attempt(byId("field-bring"), (data) => {
  if (!data.get("file")?.size) throw new Error(say("choose_file"));
  return upload(byId("field-bring").getAttribute("action"), data);
});
