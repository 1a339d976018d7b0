// The map in edit mode: one layer, its features of the view, one draft. This page keeps what is edited; the frame only draws it.
import { bridge } from "./bridge.js";
import { byId, el, fill, number, settle } from "./dom.js";
import { showConflict } from "./edit-conflict.js";
import { Draft, Shelf } from "./edit-draft.js";
import { nameOf, showFeature, showList, showMeasures, showState } from "./edit-feature.js";
import { check } from "./edit-form.js";
import { askReason, bar, busy, inspect, send } from "./edit-save.js";
import { boundsOf, splitAreaBy, splitAt, splitBy } from "./edit-shapes.js";
import { showPending, showReferences, snapControls } from "./edit-side.js";
import { setup, t } from "./edit-text.js";
import { seeView } from "./edit-view.js";
import { get } from "./http.js";

const address = new URLSearchParams(window.location.search);
const desk = {
  map: bridge(byId("map")), limit: setup.limit, layer: null, declared: null, draft: null, shelf: null, reason: "",
  seen: new Map(), references: new Map(), symbols: {}, chosen: null, how: "vertices", tool: "select", shape: "", zoomIn: 0,
  misread: new Map(), conflicts: new Map(), found: { errors: [], warnings: [], ids: [] },
};
const view = seeView(desk, { note, drawn: show, listed: panel });

function note(text) {
  byId("map-note").textContent = text || "";
  byId("map-note").hidden = !text;
}
function keepAddress() {
  for (const [name, value] of Object.entries({ layer: desk.layer.name, view: desk.at || "" })) {
    if (value) address.set(name, value);
    else address.delete(name);
  }
  window.history.replaceState(null, "", `${window.location.pathname}?${address.toString().replaceAll("%2F", "/")}`);
}

/* ---- what is there ---- */
const entryOf = (id) => desk.draft.entries.get(id) || (desk.seen.has(id) ? desk.draft.now(desk.seen.get(id)) : null);
desk.titleOf = (name) => (name === "geometry" ? t("geometry") : desk.declared.fields.find((field) => field.name === name)?.title || name);

/** Faults of an entry: what was mistyped, what breaks the field's own rules, and what the server's check found. */
desk.faultsOf = (entry) => {
  if (entry.op === "delete") return [];
  const found = [];
  for (const field of desk.declared.fields) {
    const typed = desk.misread.get(`${entry.id}/${field.name}`);
    if (typed) { found.push({ field: field.name, severity: "error", message: typed.sentence }); continue; }
    if (entry.op === "same" || (entry.op === "update" && JSON.stringify(entry.properties[field.name]) === JSON.stringify(entry.base.properties[field.name]))) continue;
    const message = check(field, entry.properties[field.name]);
    if (message) found.push({ field: field.name, severity: "error", message });
  }
  if (entry.op === "insert" && !entry.geometry && desk.declared.geometry_required) found.push({ field: "geometry", severity: "error", message: t("geometry_missing") });
  const said = new Set(found.map((fault) => fault.field));
  for (const [severity, list] of [["error", desk.found.errors], ["warning", desk.found.warnings]]) {
    for (const fault of list) if (desk.found.ids[fault.edit] === entry.id && !said.has(fault.field)) found.push({ field: fault.field, severity, message: fault.message });
  }
  return found;
};

function show() {
  const features = [...desk.seen.values()].filter((feature) => !desk.draft.entries.has(feature.id)).map((feature) => ({ id: feature.id, geometry: feature.geometry, k: feature.k, state: "same", name: feature.properties[desk.layer.name_field] || "" }));
  for (const entry of desk.draft.entries.values()) {
    const kind = { Point: "point", MultiPoint: "point", LineString: "line", MultiLineString: "line" }[entry.geometry?.type] || "area";
    features.push({ id: entry.id, geometry: entry.geometry, k: entry.base?.k ?? kind, state: entry.op === "delete" ? "deleted" : desk.conflicts.has(entry.id) ? "conflict" : "changed", name: nameOf(desk, entry) });
  }
  desk.map.tell("editShow", { features, symbols: desk.symbols });
}
function panel() {
  if (!desk.declared) return;
  const entry = desk.chosen && entryOf(desk.chosen);
  const conflict = entry && desk.conflicts.get(entry.id);
  if (conflict) showConflict(desk, entry, conflict, { name: nameOf(desk, entry), left: desk.conflicts.size - 1 });
  else {
    desk.map.tell("editGhosts", { shapes: [] });
    if (entry) showFeature(desk, entry);
    else showList(desk);
  }
  const step = desk.tool !== "select";
  byId("tool-bar").hidden = !step;
  byId("tool-hint").textContent = step ? t(`hint_${desk.tool === "draw" ? desk.shape : desk.tool}`) : "";
  byId("finish").hidden = desk.tool === "splitAt" || (desk.tool === "draw" && desk.shape === "point");
  byId("back-one").hidden = byId("finish").hidden;
}
function changed({ keep = true, typing = false } = {}) {
  show();
  if (typing) refreshFaults();
  else panel();
  showPending(desk);
  if (keep && !desk.shelf.keep(desk.draft, desk.reason)) bar("danger", t("no_room"), [], "no-room");
  ask();
}

/* ---- the checks of an import, while editing ---- */
let asking = null;
async function look() {
  asking?.abort();
  asking = new AbortController();
  const entries = [...desk.draft.entries.values()].filter((entry) => !desk.conflicts.has(entry.id));
  const sayable = entries.filter((entry) => !entry.properties || entry.op === "delete" || !desk.declared.fields.some((field) => desk.misread.has(`${entry.id}/${field.name}`)));
  const ids = sayable.map((entry) => entry.id);
  if (!ids.length) { desk.found = { errors: [], warnings: [], ids }; return true; }
  const wanted = new Set(ids);
  const answer = await inspect(desk.draft.payload(wanted), asking.signal);
  if (!answer) return false;
  if (answer.signedOut) { signedOut(); return false; }
  takeFaults(answer, ids);
  return true;
}
function signedOut() {
  const there = () => { desk.leaving = true; window.location.assign(`/sign-in?next=${encodeURIComponent(window.location.pathname + window.location.search)}`); };
  bar("danger", t("signed_out"), [[t("sign_in"), there]], "signed-out");
}
function takeFaults(answer, ids) {
  const worded = (fault) => ({ ...fault, message: fault.message || t(fault.value ? "fault_value" : "fault", fault) });
  desk.found = { errors: (answer.errors || []).map(worded), warnings: (answer.warnings || []).map(worded), ids };
}
const ask = settle(async () => { if (desk.draft.size && !desk.saving && await look()) { refreshFaults(); showPending(desk); } }, 600);
function refreshFaults() {
  const entry = desk.chosen && entryOf(desk.chosen);
  if (entry && byId("feature-form")?.dataset.entry === entry.id) showState(desk, entry);
}

/* ---- choosing and tools ---- */
desk.select = (id, { fit = false } = {}) => {
  desk.chosen = id && entryOf(id) ? id : null;
  desk.how = "vertices";
  if (desk.tool !== "select") desk.map.tell("editTool", { name: "select", quiet: true });
  desk.tool = "select";
  panel();
  desk.map.tell("editSelect", { id: desk.conflicts.has(desk.chosen) ? null : desk.chosen, how: desk.how });
  const geometry = desk.chosen && entryOf(desk.chosen).geometry;
  if (fit && geometry) desk.map.tell("editFit", { bounds: boundsOf(geometry) });
  sheet(Boolean(desk.chosen));
};
desk.handle = (how) => { desk.how = how; desk.use("select"); desk.map.tell("editSelect", { id: desk.chosen, how }); panel(); };
desk.use = (name) => { desk.tool = name; desk.map.tell("editTool", { name, quiet: true }); panel(); };
desk.draw = (shape) => { desk.select(null); desk.tool = "draw"; desk.shape = shape; desk.map.tell("editTool", { name: "draw", shape, quiet: true }); panel(); sheet(false); };
desk.openKey = async (key) => {
  if (!key) return;
  try {
    const found = await get(`/editing/${desk.layer.name}/features?key=${encodeURIComponent(key)}`);
    if (!found.features.length) { bar("warning", t("no_such_key", { key })); return; }
    view.take(found);
    show();
    desk.select(found.features[0].id, { fit: true });
  } catch (error) { bar("danger", error.message); }
};

/* ---- steps ---- */
const updated = (entry, more) => ({ ...entry, op: entry.op === "same" ? "update" : entry.op, ...more });
function step(label, after, { choose, typing = false } = {}) {
  if (!desk.draft.step(label, after)) return;
  if (choose) { desk.chosen = choose; desk.tool = "select"; }
  changed({ typing });
  if (choose) desk.map.tell("editSelect", { id: choose, how: "vertices" });
}
desk.reshape = (id, geometry, what) => { const entry = entryOf(id); if (entry) step(t(`did_${what}`), { [id]: updated(entry, { geometry }) }); };
desk.fillIn = (id, field, read, text) => {
  const name = `${id}/${field.name}`;
  if (read.fault) { desk.misread.set(name, { text, sentence: read.fault }); refreshFaults(); showPending(desk); return; }
  desk.misread.delete(name);
  const entry = entryOf(id);
  step(t("did_field", { field: field.title }), { [id]: updated(entry, { properties: { ...entry.properties, [field.name]: read.value } }) }, { typing: true });
  refreshFaults();
};
desk.remove = (id) => {
  const entry = entryOf(id);
  step(t("did_delete"), { [id]: entry.op === "insert" ? null : { ...entry, op: "delete", properties: entry.base.properties, geometry: entry.base.geometry } });
  if (!entryOf(id)) desk.select(null);
};
desk.revert = (id) => { forget(id); step(t("did_revert"), { [id]: null }); if (!entryOf(id)) desk.select(null); else desk.select(desk.chosen); };
function forget(id) {
  desk.conflicts.delete(id);
  for (const name of desk.misread.keys()) if (name.startsWith(`${id}/`)) desk.misread.delete(name);
}
const blank = () => Object.fromEntries(desk.declared.fields.map((field) => [field.name, null]));
/* What is drawn by hand is proposed as surveyed today; both stand open in the form, to be changed. */
function drawn() {
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  const proposed = { source_date: today, data_quality: "surveyed" };
  return Object.fromEntries(desk.declared.fields.map((field) => [field.name, field.writable ? proposed[field.name] ?? null : null]));
}
function added(geometry, properties = blank()) {
  const id = desk.draft.newId();
  return { id, op: "insert", ver: null, base: null, properties, geometry };
}
desk.addBlank = () => { const item = added(null); step(t("did_draw"), { [item.id]: item }, { choose: item.id }); sheet(true); byId("coordinates")?.focus(); };
const isArea = (entry) => Boolean(entry.geometry?.type.includes("Polygon"));
/* The first part keeps key and history; every further part is a new feature whose key is still to be given. */
function divide(id, geometries) {
  const entry = entryOf(id);
  if (!entry || !geometries || geometries.length < 2) { bar("warning", t(entry && isArea(entry) ? "nothing_split_area" : "nothing_split")); desk.use("select"); return; }
  const [first, ...rest] = geometries;
  const copied = Object.fromEntries(desk.declared.fields.map((field) => [field.name, field.name === desk.declared.key ? null : entry.properties[field.name] ?? null]));
  const others = rest.map((geometry) => added(geometry, copied));
  step(t("did_split"), { [id]: updated(entry, { geometry: first }), ...Object.fromEntries(others.map((item) => [item.id, item])) }, { choose: others[0].id });
  bar("good", t("split_done", { count: others.length }), [], "split-done");
}
function back(which) {
  const did = desk.draft[which]();
  if (!did) return;
  if (desk.chosen && !entryOf(desk.chosen)) desk.chosen = null;
  changed();
  desk.map.tell("editSelect", { id: desk.chosen, how: desk.how });
}

/* ---- what the frame tells ---- */
const geometryLike = (value) => value && typeof value.type === "string" && Array.isArray(value.coordinates);
const heard = {
  "edit:picked": ({ id }) => { if (desk.tool === "select" && (id === null || entryOf(id))) desk.select(id); },
  "edit:changed": ({ id, geometry, what }) => { if (geometryLike(geometry)) desk.reshape(id, geometry, what === "drag" ? "drag" : "vertices"); },
  "edit:created": ({ geometry }) => { if (!geometryLike(geometry)) return; const item = added(geometry, drawn()); desk.tool = "select"; step(t("did_draw"), { [item.id]: item }, { choose: item.id }); sheet(true); },
  "edit:cut": ({ id, geometries }) => {
    desk.tool = "select";
    if (!geometries.length) { bar("warning", t("cut_everything")); show(); return; }
    const polygons = geometries.flatMap((item) => (item.type === "MultiPolygon" ? item.coordinates : [item.coordinates]));
    desk.reshape(id, polygons.length === 1 ? { type: "Polygon", coordinates: polygons[0] } : { type: "MultiPolygon", coordinates: polygons }, "cut");
    panel();
  },
  "edit:splitAt": ({ id, lng, lat }) => { const entry = entryOf(id); if (entry) divide(id, splitAt(entry.geometry, [lng, lat])); },
  "edit:splitLine": ({ id, geometry }) => { const entry = entryOf(id); if (entry && geometryLike(geometry)) divide(id, (isArea(entry) ? splitAreaBy : splitBy)(entry.geometry, geometry.coordinates)); },
  "edit:live": ({ geometry }) => { if (geometryLike(geometry)) showMeasures(geometry); },
  "edit:tool": ({ tool }) => { if (desk.tool !== tool) { desk.tool = tool; panel(); } },
  "edit:key": keys,
};
for (const [name, listener] of Object.entries(heard)) desk.map.on(name, (detail) => { if (desk.declared) listener(detail); });
function keys({ key, command, shift }) {
  const letter = key.toLowerCase();
  if (command && letter === "z") back(shift ? "redo" : "undo");
  else if (command && letter === "y") back("redo");
  else if (command && letter === "s") save();
  else if (key === "Delete" && desk.chosen && entryOf(desk.chosen)?.op !== "delete") desk.remove(desk.chosen);
  else if (key === "Escape") { if (desk.tool !== "select") desk.use("select"); else desk.select(null); }
}
document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  const typing = /INPUT|TEXTAREA|SELECT/.test(event.target.tagName);
  if (document.querySelector("dialog[open]") || !desk.declared) return;
  if (command && event.key.toLowerCase() === "s") { event.preventDefault(); document.activeElement?.blur(); save(); return; }
  if (typing && event.key !== "Escape") return;
  if (command && !["z", "y"].includes(event.key.toLowerCase())) return;
  if (command || event.key === "Delete" || event.key === "Escape") { event.preventDefault(); keys({ key: event.key, command, shift: event.shiftKey }); }
});

/* ---- saving ---- */
async function save() {
  if (!desk.draft.size || byId("save").getAttribute("aria-busy") === "true") return;
  if (desk.conflicts.size) { bar("warning", t("conflicts_first", { count: desk.conflicts.size })); desk.select([...desk.conflicts.keys()][0]); return; }
  for (const id of ["blocked", "edit-notice", "split-done", "not-checked"]) byId(id)?.remove();
  busy(true);
  desk.saving = true; // a check of its own must not take this one's place
  const reached = await look();
  desk.saving = false;
  busy(false);
  const entries = [...desk.draft.entries.values()];
  const mistyped = new Set([...desk.misread.keys()].map((name) => name.slice(0, name.lastIndexOf("/"))));
  const untouched = [...mistyped].filter((id) => !desk.draft.entries.has(id)).map(entryOf).filter(Boolean);
  const bad = [...entries, ...untouched].map((entry) => [entry, desk.faultsOf(entry).filter((fault) => fault.severity === "error")]).filter(([, faults]) => faults.length);
  showPending(desk);
  if (bad.length) { blocked(bad); return; }
  const loose = desk.found.errors.filter((fault) => !desk.found.ids[fault.edit]);
  if (loose.length) { bar("danger", loose.map((fault) => `${desk.titleOf(fault.field)} ${fault.message}`).join("；")); return; }
  if (!reached && !byId("signed-out")) bar("warning", t("not_checked"), [], "not-checked");
  askReason(desk, { faults: entries.flatMap((entry) => desk.faultsOf(entry)), save: () => { desk.shelf.keep(desk.draft, desk.reason); deliver(); } });
}
function blocked(bad) {
  const [entry, faults] = bad[0];
  desk.select(entry.id, { fit: true });
  bar("danger", t("blocked", { count: bad.length, name: nameOf(desk, entry), field: faults.map((fault) => desk.titleOf(fault.field)).join("、") }), [], "blocked");
  const box = byId(`field-${faults[0].field}`);
  box?.closest("details")?.setAttribute("open", "");
  box?.focus();
}
async function deliver() {
  const edits = desk.draft.payload();
  const ids = [...desk.draft.entries.keys()];
  busy(true);
  const { outcome, answer, message } = await send(edits, desk.reason, ids.flatMap((id) => desk.draft.kept[id] || []));
  busy(false);
  if (answer.kept) answer.kept.forEach((keptId, at) => { desk.draft.kept[ids[at]] = [...(desk.draft.kept[ids[at]] || []), keptId]; });
  const outcomes = {
    saved: () => { taken(ids); bar("good", t("saved", { id: answer.change_id }), [[t("open_change"), answer.href || `/changes/${answer.change_id}`]]); },
    submitted: () => { taken(ids); bar("good", t("submitted", { id: answer.request_id }), [[t("open_request"), answer.href || `/requests/${answer.request_id}`]]); },
    offline: () => bar("danger", t("offline", { count: ids.length }), [[t("try_again"), deliver]], "offline"),
    signed_out: signedOut,
    conflict: () => conflicts(answer.conflicts || []),
    faults: () => { takeFaults(answer, ids); changed(); const bad = [...desk.draft.entries.values()].map((entry) => [entry, desk.faultsOf(entry).filter((fault) => fault.severity === "error")]).filter(([, faults]) => faults.length); if (bad.length) blocked(bad); else bar("danger", message); },
    refused: () => bar("danger", `${message} ${t("draft_kept")}`, answer.code === "csrf" ? [[t("reload"), () => window.location.reload()]] : []),
  };
  outcomes[outcome]();
  if (desk.draft.size) desk.shelf.keep(desk.draft, desk.reason);
}
function taken(ids) {
  byId("offline")?.remove();
  byId("restored")?.remove();
  for (const id of ids) { desk.seen.delete(id); forget(id); }
  desk.draft.settle(ids);
  desk.reason = "";
  if (ids.includes(desk.chosen)) {
    desk.chosen = null;
    desk.map.tell("editSelect", { id: null }); // or the frame would give it its corners to drag again when it comes back
  }
  changed();
  view.refresh();
}
function conflicts(list) {
  for (const item of list) desk.conflicts.set(item.id, item);
  bar("warning", t("conflict_bar", { count: list.length }), [], "conflict-bar");
  changed();
  if (list.length) desk.select(list[0].id);
}
/** Give an edit up for what stands there now; the server keeps it under its number. */
desk.giveUp = (id, conflict, { leaving = false }) => {
  desk.conflicts.delete(id);
  desk.draft.settle([id]);
  if (conflict.theirs) view.take({ features: [{ ...conflict.theirs, id, ver: conflict.ver, k: desk.seen.get(id)?.k }] });
  else desk.seen.delete(id);
  desk.leaving = leaving;
  changed();
  if (leaving) return;
  if (!desk.conflicts.size) byId("conflict-bar")?.remove();
  const next = [...desk.conflicts.keys()][0];
  desk.select(next || (conflict.theirs ? id : null));
};
window.addEventListener("beforeunload", (event) => { if (desk.draft?.size && !desk.leaving) event.preventDefault(); });

/* ---- layer, snapping, sheet ---- */
async function open(name) {
  if (desk.draft?.size && !desk.shelf.mine && !window.confirm(t("other_tab"))) { byId("layer").value = desk.layer.name; return; }
  desk.layer = setup.layers.find((layer) => layer.name === name);
  desk.shelf?.release();
  Object.assign(desk, { declared: null, draft: new Draft(name), shelf: new Shelf(setup.person, name), chosen: null, tool: "select", reason: "", symbols: {}, zoomIn: 0 });
  for (const kept of [desk.seen, desk.misread, desk.conflicts]) kept.clear();
  fill(byId("notices"));
  keepAddress();
  desk.map.tell("editTool", { name: "select", quiet: true });
  for (const item of setup.references) { desk.map.tell("editReferenceOff", { name: item.name }); desk.references.set(item.name, { shown: desk.layer.below.includes(item.name), snapped: desk.layer.below.includes(item.name) }); }
  showReferences(desk, setup.references);
  const language = setup.language;
  try {
    const declared = await get(`/editing/${name}/form?lang=${language}`);
    if (desk.layer.name !== name) return;
    desk.declared = declared;
  } catch (error) { bar("danger", error.message, [[t("try_again"), () => open(name)]]); return; }
  if (!(await desk.shelf.claim())) bar("warning", t("other_tab"), [], "other-tab");
  else restore();
  changed({ keep: false });
  desk.map.tell("editSelect", { id: null });
  view.refresh();
}
async function restore() {
  const held = desk.shelf.held();
  if (!held) return;
  desk.draft.restore(held);
  desk.reason = held.reason || "";
  const discard = () => { desk.draft.settle([...desk.draft.entries.keys()]); desk.conflicts.clear(); desk.chosen = null; changed(); view.refresh(); };
  bar("warning", t("restored", { count: desk.draft.size, at: new Date(held.at).toLocaleString(document.documentElement.lang) }), [[t("discard"), discard]], "restored");
  const ids = [...desk.draft.entries.values()].filter((entry) => entry.op !== "insert").map((entry) => entry.id);
  const stale = await view.versions(ids);
  if (stale.length) bar("warning", t("restored_stale", { count: stale.length, names: stale.map((id) => nameOf(desk, desk.draft.entries.get(id))).join("、") }), [], "restored-stale");
}
desk.refer = (name, what, on) => {
  const state = desk.references.get(name);
  state[what] = on;
  if (what === "snapped" && on) state.shown = true;
  if (what === "shown" && !on) state.snapped = false;
  showReferences(desk, setup.references);
  if (state.shown) view.reference(name);
  else desk.map.tell("editReferenceOff", { name });
};
desk.snap = (value) => desk.map.tell("editSnap", value);
function sheet(isOpen) {
  byId("panel").classList.toggle("low", !isOpen);
  byId("sheet-handle").setAttribute("aria-expanded", String(isOpen));
}
byId("sheet-handle").addEventListener("click", () => sheet(byId("panel").classList.contains("low")));
byId("show-layers").addEventListener("click", () => byId("show-layers").setAttribute("aria-expanded", String(byId("layers-side").classList.toggle("open"))));
byId("undo").addEventListener("click", () => back("undo"));
byId("redo").addEventListener("click", () => back("redo"));
byId("save").addEventListener("click", save);
byId("finish").addEventListener("click", () => desk.map.tell("editFinish", {}));
byId("back-one").addEventListener("click", () => desk.map.tell("editBackOne", {}));
byId("leave-tool").addEventListener("click", () => desk.use("select"));
byId("layer").addEventListener("change", (event) => open(event.target.value));
const tellSnap = snapControls(desk);

/* The frame opens on the whole area; with a view in the address, only that view is asked for. */
const wanted = (address.get("view") || "").split("/").map(Number);
let awaited = wanted.length === 3 && wanted.every(Number.isFinite) ? wanted : null;
let boxes = 0;
desk.map.on("box", ({ bbox, zoom, lng, lat }) => {
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(Number.isFinite)) return;
  if (awaited && !(Math.abs(zoom - awaited[0]) < 0.5 && Math.abs(lng - awaited[1]) < 0.02 && Math.abs(lat - awaited[2]) < 0.02) && (boxes += 1) < 3) return;
  awaited = null;
  desk.bbox = bbox;
  desk.at = `${zoom}/${lng}/${lat}`;
  if (desk.layer) keepAddress();
  view.follow();
});
let started = false;
desk.map.on("edit:ready", () => {
  if (started) return;
  started = true;
  if (awaited) desk.map.tell("view", { zoom: awaited[0], lng: awaited[1], lat: awaited[2] });
  tellSnap();
  const pick = address.get("key");
  open(byId("layer").value).then(() => { if (pick) desk.openKey(pick); });
});
fill(byId("layer"), setup.layers.map((layer) => el("option", { value: layer.name, selected: layer.name === address.get("layer") }, layer.title)));
byId("pending-count").textContent = number(0);
if (setup.layers.length) desk.map.load(`/edit/frame?lang=${setup.language}`);
