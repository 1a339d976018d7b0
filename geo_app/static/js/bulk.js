// Bulk update: send the file, answer, choose columns and thresholds, compare, decide open rows, accept.
import { byId, el, say } from "./dom.js";
import { Fault, notice, post, upload } from "./http.js";
import { follow } from "./jobs.js";

async function run(job, title) {
  const ended = await follow(job, title);
  if (ended.state === "done" && ended.href) window.location.assign(ended.href);
  else if (ended.error) throw new Fault(ended.error, 0);
}

function attempt(form, work) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    for (const old of form.querySelectorAll(".notice.refused")) old.remove();
    try {
      await work(new FormData(form));
    } catch (error) {
      if (error.name === "AbortError") return;
      const box = notice(error);
      box.classList.add("refused");
      conflicts(box, error.more?.conflicts);
      form.prepend(box);
      box.scrollIntoView({ block: "start" });
    } finally {
      if (button) button.disabled = false;
    }
  });
}

/** Show the rows that somebody else changed meanwhile, each with its history. */
function conflicts(box, rows = []) {
  if (!rows.length) return;
  box.append(el("ul", { class: "small" }, rows.slice(0, 20).map((row) => el("li", {},
    el("a", { href: `/layers/${encodeURIComponent(row.layer)}/rows/${encodeURIComponent(row.id)}/history` }, row.key || row.id.slice(0, 8)),
    ` ${row.who}${row.bureau ? ` · ${row.bureau}` : ""} ${row.at.replace("T", " ")}`))));
}

const base = byId("bulk")?.dataset.base;

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
      await run(job, say("looking"));
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
    await run(job, say("looking"));
  });
}

const columns = byId("columns");
if (columns) {
  const samples = JSON.parse(byId("samples").textContent);
  byId("target-layer").addEventListener("change", (event) => window.location.assign(`${base}?step=columns&layer=${encodeURIComponent(event.target.value)}`));
  for (const select of columns.querySelectorAll('select[name^="column:"]')) {
    select.addEventListener("change", () => { select.closest("tr").querySelector("[data-samples]").textContent = (samples[select.value] || []).join(" · "); });
  }
  attempt(columns, async (data) => {
    const asked = { columns: {}, constants: {} };
    for (const [name, value] of data) {
      if (name.startsWith("column:")) { if (value) asked.columns[name.slice(7)] = value; }
      else if (name.startsWith("constant:")) { if (value) asked.constants[name.slice(9)] = value; }
      else asked[name] = value;
    }
    const { job } = await post(`${base}/compare`, asked);
    await run(job, say("checking"));
  });
}

const accept = byId("accept");
if (accept) {
  byId("skip-open")?.addEventListener("click", () => {
    for (const select of accept.querySelectorAll('select[name^="decide:"]')) if (!select.value) select.value = "skip";
  });
  attempt(accept, async (data) => {
    const decisions = {};
    for (const [name, value] of data) {
      const [what, number] = name.split(":");
      if ((what === "decide" || what === "skip") && value) decisions[number] = value;
    }
    const { job } = await post(`${base}/accept`, { decisions, reason: data.get("reason") });
    await run(job, say("accepting"));
  });
}
