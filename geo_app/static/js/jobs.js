// Long work: a strip that shows how far it is, with cancel, and the count in the top bar.
import { byId, el, fill, number, say } from "./dom.js";
import { get, post } from "./http.js";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Show the number of waiting and running jobs in the top bar. */
export async function countJobs() {
  const badge = byId("job-count");
  if (!badge) return;
  try {
    const { active } = await get("/jobs/count");
    badge.textContent = number(active);
    badge.hidden = active === 0;
  } catch {
    badge.hidden = true;
  }
}

/** Follow a job to its end; shows a strip and resolves with the job as the server describes it. */
export async function follow(id, title) {
  const bar = el("progress", { max: 100 });
  const text = el("p", { class: "small quiet" }, say("queued"));
  const cancel = el("button", { type: "button", onclick: () => { cancel.disabled = true; post(`/jobs/${id}/cancel`); } }, say("cancel"));
  const strip = el("div", { class: "job-strip", role: "status" }, el("p", {}, title), bar, text, cancel);
  byId("jobs-here").append(strip);
  countJobs();
  let job;
  for (let pause = 150; ; pause = Math.min(pause * 1.3, 1000)) {
    job = await get(`/jobs/${id}`);
    if (job.total > 0) bar.value = (100 * job.done) / job.total;
    text.textContent = job.text || say(job.state);
    if (!["queued", "running"].includes(job.state)) break;
    await wait(pause);
  }
  countJobs();
  strip.remove();
  return job;
}

/** Fill the tasks page as work goes on. */
export function watchList(table) {
  const body = table.tBodies[0];
  async function refresh() {
    const { jobs } = await get("/jobs/list");
    fill(body, jobs.map((job) => el("tr", {},
      el("td", {}, job.id), el("td", {}, job.href ? el("a", { href: job.href }, job.title) : job.title),
      el("td", {}, say(job.state)), el("td", {}, job.total ? `${number((100 * job.done) / job.total)} %` : ""), el("td", {}, job.error ? job.error.message : job.text),
      el("td", { class: "number" }, job.seconds === null ? "" : `${job.seconds} s`),
      el("td", {}, ["queued", "running"].includes(job.state) ? el("button", { type: "button", onclick: () => post(`/jobs/${job.id}/cancel`).then(refresh) }, say("cancel")) : ""))));
    table.hidden = jobs.length === 0;
    byId("no-jobs").hidden = jobs.length > 0;
    if (jobs.some((job) => ["queued", "running"].includes(job.state))) setTimeout(refresh, 1000);
  }
  refresh();
}
