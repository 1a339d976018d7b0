// The steps of an import: each form starts a job and the page shows what came of it.
import { byId, el, say } from "./dom.js";
import { Fault, notice, post, upload } from "./http.js";
import { follow } from "./jobs.js";

async function run(place, job, title) {
  const ended = await follow(job, title);
  if (ended.state === "done" && ended.href) window.location.assign(ended.href);
  else if (ended.error) throw new Fault(ended.error, 0);
}
function attempt(form, work) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    try {
      await work(new FormData(form));
    } catch (error) {
      if (error.name !== "AbortError") form.prepend(notice(error));
      form.scrollIntoView({ block: "start" });
    } finally {
      if (button) button.disabled = false;
    }
  });
}
const base = byId("import")?.dataset.base;

const sending = byId("upload-form");
if (sending) {
  const bar = byId("upload-progress");
  const stop = el("button", { type: "button", hidden: true }, say("cancel"));
  bar.after(stop);
  attempt(sending, async (data) => {
    if (!data.get("file")?.size) throw new Error(say("choose_file"));
    const control = new AbortController();
    stop.onclick = () => control.abort();
    bar.hidden = stop.hidden = false;
    try {
      const { job } = await upload(sending.action, data, { signal: control.signal, onprogress: (sent, total) => { bar.value = (100 * sent) / total; } });
      await run(sending, job, say("looking"));
    } finally {
      bar.hidden = stop.hidden = true;
    }
  });
  const drop = byId("drop");
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) byId("file").files = event.dataTransfer.files;
  });
}

const answers = byId("answers");
if (answers) {
  attempt(answers, async (data) => {
    const values = Object.fromEntries(data);
    if (byId("crs-other")?.value.trim() && !values.crs) values.crs = byId("crs-other").value.trim();
    const { job } = await post(`${base}/answers`, values);
    await run(answers, job, say("looking"));
  });
}

const columns = byId("columns");
if (columns) {
  const samples = JSON.parse(byId("samples").textContent);
  byId("target-layer").addEventListener("change", (event) => window.location.assign(`${base}?step=columns&layer=${event.target.value}`));
  for (const select of columns.querySelectorAll('select[name^="column:"]')) {
    select.addEventListener("change", () => { select.closest("tr").querySelector("[data-samples]").textContent = (samples[select.value] || []).join(" · "); });
  }
  attempt(columns, async (data) => {
    const asked = { layer: data.get("layer"), mode: data.get("mode"), columns: {}, constants: {} };
    for (const [name, value] of data) {
      if (name.startsWith("column:") && value) asked.columns[name.slice(7)] = value;
      if (name.startsWith("constant:") && value) asked.constants[name.slice(9)] = value;
    }
    const { job } = await post(`${base}/check`, asked);
    await run(columns, job, say("checking"));
  });
}

const repairs = byId("repairs");
if (repairs) attempt(repairs, async (data) => {
  const { job } = await post(`${base}/check`, { repairs_only: true, repairs: data.getAll("repair") });
  await run(repairs, job, say("checking"));
});

const accept = byId("accept");
if (accept) attempt(accept, async (data) => {
  const { job } = await post(`${base}/accept`, { skip_bad_rows: data.get("skip") === "1", reason: data.get("reason") });
  await run(accept, job, say("accepting"));
});
