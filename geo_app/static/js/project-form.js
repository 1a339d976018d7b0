// The application form: eleven required fields judged while typing, money with its unit, the place, and a draft kept in the browser.
import { byId, el, fill, settle } from "./dom.js";
import { setup, t } from "./edit-text.js";
import { notice, post, upload } from "./http.js";
import { siteMap } from "./project-map.js";
import { money } from "./project-money.js";
import { siteReport } from "./project-site.js";
import { villageChooser } from "./project-villages.js";

const form = byId("application");
const plain = [...form.querySelectorAll("[data-field] [name]")];
const shelf = `xiangtu.application.1.${setup.person}.${setup.project_id || "new"}`;
let refused = {};
let dirty = false;
let leaving = false;

/* ---- what stands in the form ---- */
const pay = money(() => changed());
const places = villageChooser(() => changed());
const site = siteMap(() => changed());

function read(box) {
  const text = box.value.trim();
  if (text === "") return null;
  if (box.dataset.type === "flag") return text === "yes";
  if (box.dataset.type === "integer" || box.dataset.type === "number") return Number(text.replaceAll(",", ""));
  return text;
}
function values() {
  const found = Object.fromEntries(plain.map((box) => [box.name, read(box)]));
  found.village_codes = places.codes;
  return found;
}
const whole = () => ({ values: values(), budget: pay.budget, sources: pay.sources, geometry: site.geometry, width_m: byId("width").value, expected_ver: setup.ver });

function put(content) {
  for (const box of plain) {
    const value = content.values[box.name];
    box.value = value === null || value === undefined ? "" : box.dataset.type === "flag" ? (value ? "yes" : "no") : String(value);
  }
  places.put(content.values.village_codes || [], { quiet: true });
  pay.put(content);
  byId("width").value = content.width_m || "";
  site.set(content.geometry);
}

/* ---- live completeness: every fault beside its field ---- */
function ownFaults(now) {
  const faults = pay.judge();
  for (const box of plain) {
    const value = now[box.name];
    if (typeof value === "number" && !Number.isFinite(value)) faults[box.name] = t("not_a_number", { value: box.value.slice(0, 20) });
    else if (box.dataset.type === "integer" && value !== null && !Number.isInteger(value)) faults[box.name] = t("not_whole", { value: box.value.slice(0, 20) });
    else if (typeof value === "number" && value < 0) faults[box.name] = t("too_small", { least: 0 });
  }
  if (now.start_date && now.end_date && now.start_date > now.end_date) faults.end_date = t("dates_swapped");
  for (const name of ["benefit_former_poor", "benefit_monitored"]) if (now[name] !== null && now.benefit_persons !== null && now[name] > now.benefit_persons) faults[name] = t("above_persons");
  if (now.scope === setup.emergency && !now.emergency_cause) faults.emergency_cause = t("cause_missing");
  return faults;
}
const empty = (name, now) => (name === "budget_total" ? !pay.budget.amount.trim() : name === "funding_sources" ? !pay.sources.length : now[name] === null || now[name] === undefined || (Array.isArray(now[name]) && !now[name].length));

function judge() {
  const now = values();
  const faults = ownFaults(now);
  let complete = 0;
  for (const [code, names] of Object.entries(setup.required)) {
    const missing = names.filter((name) => empty(name, now));
    const wrong = names.some((name) => faults[name]);
    if (!missing.length && !wrong) complete += 1;
    const group = byId(`group-${code}`);
    group.dataset.state = missing.length ? "missing" : wrong ? "wrong" : "complete";
    group.querySelector(".group-state").textContent = t(`group_${group.dataset.state}`);
    for (const name of missing) if (!faults[name]) faults[name] = { soft: t("still_missing") };
  }
  for (const row of form.querySelectorAll("[data-field]")) say(row, refused[row.dataset.field] || faults[row.dataset.field]);
  byId("complete-count").textContent = t("complete_count", { complete });
  byId("complete-bar").value = complete;
  crosswalk(now);
}
function say(row, fault) {
  const says = row.querySelector(".says");
  const text = fault ? fault.soft || fault : "";
  const hard = Boolean(fault) && !fault.soft;
  row.classList.toggle("error", hard);
  row.classList.toggle("warning", Boolean(fault) && !hard);
  if (says.textContent !== text) says.textContent = text;
  if (hard) says.setAttribute("role", "alert"); else says.removeAttribute("role");
  row.querySelector("input, select, textarea")?.setAttribute("aria-invalid", String(hard));
}

/* ---- the two classifications ---- */
const matches = new Map(setup.crosswalk.map((match) => [match.item, match]));
const titleOf = (code) => setup.categories.find((item) => item.code === code)?.title || code;
function crosswalk(now) {
  const match = matches.get(now.baiyin_item || (now.baiyin_category === "C7" ? "C7" : ""));
  const place = byId("crosswalk");
  if (!match) { place.textContent = now.category ? t("crosswalk_items", { items: setup.crosswalk.filter((item) => item.category === now.category).map((item) => item.item).join("、") || "—" }) : t("crosswalk_none"); return; }
  const others = match.alternatives.map(titleOf).join("、");
  const fits = !now.category || now.category === match.category || match.alternatives.includes(now.category);
  place.textContent = `${t(fits ? "crosswalk_proposes" : "crosswalk_differs", { category: titleOf(match.category) })}${others ? ` ${t("crosswalk_others", { others })}` : ""}${setup.language === "zh" && match.reason ? ` ${match.reason}` : ""}`;
  place.classList.toggle("bad", !fits);
}
form.elements.baiyin_item.addEventListener("change", (event) => {
  const match = matches.get(event.target.value);
  if (!match) return;
  form.elements.baiyin_category.value = match.item.split("-")[0];
  if (!form.elements.category.value) form.elements.category.value = match.category;
});

/* ---- the draft in the browser ---- */
function keep() {
  try {
    window.localStorage.setItem(shelf, JSON.stringify({ at: new Date().toISOString(), ver: setup.ver, ...whole() }));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    bar("warning", t("no_room"));
  }
}
const forget = () => window.localStorage.removeItem(shelf);
function held() {
  try {
    const found = JSON.parse(window.localStorage.getItem(shelf));
    return found && typeof found.values === "object" ? found : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DOMException) return null;
    throw error;
  }
}
function bar(kind, text, actions = []) {
  byId("form-notice")?.remove();
  byId("form-notices").prepend(el("div", { class: `notice ${kind}`, role: kind === "danger" ? "alert" : "status", id: "form-notice" }, el("span", {}, text), actions.map(([label, act]) => el("button", { type: "button", onclick: () => { byId("form-notice")?.remove(); act(); } }, label))));
}

/* ---- changes ---- */
const ask = siteReport(() => { const now = whole(); return { ...now, reach_m: byId("reach").value, project_id: setup.project_id }; });
const analyse = settle(ask, 700);
const shelve = settle(keep, 300);
function changed() {
  dirty = true;
  judge();
  shelve();
  analyse();
}
form.addEventListener("input", (event) => {
  const row = event.target.closest("[data-field]");
  if (row) delete refused[row.dataset.field];
  changed();
});
byId("reach").addEventListener("change", () => ask());
byId("width").addEventListener("change", () => ask());
byId("ask-site").addEventListener("click", () => ask({ again: true }));
window.addEventListener("beforeunload", (event) => { if (dirty && !leaving && !held()) event.preventDefault(); });

/* ---- a file with one feature ---- */
const sending = byId("site-file");
async function sendFile() {
  if (!sending.files.length) return;
  const data = new FormData();
  data.append("file", sending.files[0]);
  for (const box of byId("file-questions").querySelectorAll("select")) data.append(box.name, box.value);
  try {
    const found = await upload(setup.urls.file, data);
    if (found.questions) { questions(found.questions); return; }
    fill(byId("file-questions"));
    byId("file-says").textContent = [t("file_read", { name: sending.files[0].name }), ...(found.notes || [])].join(" ");
    site.put(found.geometry, { fit: true });
  } catch (error) {
    fill(byId("file-questions"));
    byId("file-says").textContent = error.status === 0 ? t("site_offline") : error.message;
  }
}
function questions(list) {
  byId("file-says").textContent = t("file_asks");
  fill(byId("file-questions"), list.map((item) => el("label", { class: "stack" }, item.text, el("select", { name: item.kind }, item.choices.map((choice) => el("option", { value: choice.value }, choice.label + (choice.evidence ? ` (${choice.evidence})` : "")))))),
    el("button", { type: "button", id: "file-again", onclick: sendFile }, t("read_again")));
}
sending.addEventListener("change", () => { fill(byId("file-questions")); sendFile(); });

/* ---- saving ---- */
async function save() {
  const button = byId("save-draft");
  button.disabled = true;
  try {
    const answer = await post(setup.urls.save, whole());
    leaving = true;
    forget();
    window.location.assign(answer.href);
  } catch (error) {
    button.disabled = false;
    keep();
    if (error.status === 0) { bar("danger", t("offline_kept"), [[t("try_again"), save]]); return; }
    refused = Object.fromEntries((error.more?.faults || []).map((fault) => [fault.field, fault.message]));
    judge();
    if (error.status === 412) { bar("danger", error.message, [[t("reload_theirs"), () => { leaving = true; forget(); window.location.reload(); }]]); return; }
    bar("danger", error.message);
    form.querySelector(".edit-field.error input, .edit-field.error select, .edit-field.error textarea")?.focus();
  }
}
form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
document.addEventListener("keydown", (event) => { if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") { event.preventDefault(); save(); } });

/* ---- start ---- */
put(setup.content);
const kept = held();
if (kept) {
  put(kept);
  const stale = kept.ver !== setup.ver;
  bar("warning", t(stale ? "restored_stale" : "restored", { at: new Date(kept.at).toLocaleString(document.documentElement.lang) }), [[t("discard"), () => { forget(); refused = {}; put(setup.content); judge(); ask(); }]]);
}
judge();
ask();
if (!window.BigInt) form.prepend(notice(new Error(t("old_browser"))));
