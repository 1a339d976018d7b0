// The workbench: what is chosen above, what the map shows, what the panel says, and the address that brings it all back.
import { bridge } from "./bridge.js";
import { byId, el, fill, number, say, settle } from "./dom.js";
import { drawer } from "./drawer.js";
import { Fault, download, get, notice, post } from "./http.js";
import { follow } from "./jobs.js";
import { layerList, showLegend, useShapes } from "./legend.js";
import { showFigures, showRow, showUnits } from "./panel.js";
import { queryPanel } from "./query.js";
import { searchBox } from "./search.js";
import { readState, writeState } from "./state.js";
import { tileLayers } from "./tiles.js";

const setup = JSON.parse(byId("setup").textContent);
const state = { indicator: "", level: "", profile: setup.profile, area: setup.home || "", ...readState() };
const shown = new Set((state.layers || "").split(",").filter(Boolean));
const hidden = new Set((state.hide || "").split(",").filter(Boolean));
const theMap = bridge(byId("map"));
let view = null;
let chosen = state.area;
let turn = 0;
useShapes(setup.shapes);

const codes = Object.keys(setup.indicators);
if (!codes.includes(state.indicator)) state.indicator = codes.includes(setup.first) ? setup.first : codes[0] || "";
if (!setup.levels.some((level) => level.name === state.level)) state.level = setup.levels.at(-1)?.name || "";
if (!setup.profiles.some((profile) => profile.name === state.profile)) state.profile = setup.profile;

function keep(options) {
  state.layers = [...shown].join(",");
  state.hide = [...hidden].join(",");
  writeState(state, options);
}
function query(values) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value) found.set(name, value);
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  found.set("lang", language);
  return found;
}
const choice = () => query({ area: state.area, indicator: state.indicator, level: state.level, profile: state.profile, run: state.run });

/* ---- bars ---- */
const themeOf = (code) => setup.themes.find((theme) => theme.indicators.includes(code));

function showBars() {
  const theme = themeOf(state.indicator);
  fill(byId("themes"), setup.themes.map((item) => el("button", { type: "button", "aria-pressed": item === theme ? "true" : "false", "data-theme": item.name, onclick: () => { state.indicator = item.indicators[0]; redraw(); } }, say(`theme_${item.name}`))));
  fill(byId("indicator"), (theme ? theme.indicators : []).map((code) => el("option", { value: code, selected: code === state.indicator }, `${code} ${setup.indicators[code].title}`)));
}
function option(name, text, selected) {
  return el("option", { value: name, selected }, text);
}
const levelTitle = (name) => { const text = say(`level_${name}`); return text === `level_${name}` ? name : text; };

async function showCrumbs() {
  const { chain, below } = await get(`/map/areas?area=${encodeURIComponent(state.area)}`);
  const from = Math.max(0, chain.findIndex((item) => item.code === setup.home) - 2);
  const items = chain.slice(from).map((item, i, all) => el("li", {}, i === all.length - 1 ? el("button", { type: "button", class: "plain", id: "area-menu", "aria-current": "location", "aria-haspopup": "true", "aria-expanded": "false", onclick: openMenu }, `${item.name} ▾`) : el("button", { type: "button", class: "plain", onclick: () => go(item.code) }, item.name)));
  if (!items.length) items.push(el("li", {}, el("button", { type: "button", class: "plain", id: "area-menu", "aria-haspopup": "true", "aria-expanded": "false", onclick: openMenu }, `${say("all_areas")} ▾`)));
  fill(byId("crumbs"), items);
  function openMenu(event) {
    const button = event.currentTarget;
    const old = byId("crumb-menu").querySelector(".menu");
    const close = () => { fill(byId("crumb-menu")); button.setAttribute("aria-expanded", "false"); };
    if (old) return close();
    const links = below.map((item) => el("li", {}, el("button", { type: "button", "data-area": item.code, onclick: () => { close(); go(item.code); } }, el("span", {}, item.name), el("span", { class: "small quiet" }, item.code))));
    if (state.area && state.area !== setup.home && chain.length > 1) links.unshift(el("li", {}, el("button", { type: "button", onclick: () => { close(); go(chain.at(-2).code); } }, `↑ ${chain.at(-2).name}`)));
    fill(byId("crumb-menu"), el("ul", { class: "menu" }, links.length ? links : el("li", { class: "empty" }, say("nothing_found"))));
    button.setAttribute("aria-expanded", "true");
    byId("crumb-menu").querySelector("button")?.focus();
    return undefined;
  }
}

/** Values are asked for while the frame still loads; the first redraw takes them up if nothing else was chosen meanwhile. */
const early = { url: "", answer: null };
function askEarly(url) {
  early.url = url;
  early.answer = get(url);
  early.answer.catch(() => {});
}
function wanted(url) {
  const { answer } = early;
  early.answer = null;
  return answer && early.url === url ? answer : get(url);
}

/** Go to another area: the map, the panel and the table follow. */
function go(code) {
  state.area = code;
  chosen = code;
  state.pick = "";
  const rank = setup.levels.find((level) => level.name === state.level)?.rank || 0;
  redraw({ push: true, crumbs: true, fit: true, wanted: rank });
}

/* ---- map ---- */
async function redraw({ push = false, crumbs = false, fit = false } = {}) {
  const mine = (turn += 1);
  keep({ push });
  showBars();
  byId("level").value = state.level;
  byId("profile").value = state.profile;
  const veil = setTimeout(() => { byId("veil").hidden = false; }, 300);
  try {
    if (crumbs) showCrumbs();
    figures();
    const values = await wanted(`/map/values?${choice()}`);
    if (mine !== turn) return;
    theMap.map("show", values);
    if (fit) theMap.map("whole");
    showLegend(values.choropleth);
    for (const name of shown) loadLayer(name);
    if (fit && !byId("drawer-body").hidden) table.refresh();
  } catch (error) {
    say_note(error.message);
  } finally {
    clearTimeout(veil);
    byId("veil").hidden = true;
  }
}
function say_note(text) {
  const note = byId("map-note");
  note.textContent = text || "";
  note.hidden = !text;
}

const thinned = new Map();
const fromTiles = tileLayers(theMap, {
  query,
  noted(name, text) {
    if (text) thinned.set(name, text);
    else thinned.delete(name);
    say_note([...thinned.values()].join(" · "));
  },
});
const isTiled = (name) => setup.layers.some((item) => item.name === name && item.tiled);
async function loadLayer(name) {
  if (!shown.has(name) || !view) return;
  if (name === "gaps") return showGapLayer();
  const hide = [...hidden].filter((item) => item.startsWith(`${name}/`)).map((item) => item.slice(name.length + 1)).join("|");
  if (isTiled(name)) return fromTiles.show(name, hide, view).catch((error) => say_note(error.message));
  const [west, south, east, north] = view.bbox;
  const bbox = [Math.max(-180, west), Math.max(-90, south), Math.min(180, east), Math.min(90, north)].map((value) => value.toFixed(5)).join(",");
  try {
    const layer = await get(`/layers/${name}/features?${query({ bbox, hide })}`);
    if (!shown.has(name)) return;
    theMap.map("setLayer", layer);
    if (layer.total > layer.shown) thinned.set(name, say("thinned", { layer: layer.title, shown: number(layer.shown), total: number(layer.total) }));
    else thinned.delete(name);
    say_note([...thinned.values()].join(" · "));
  } catch (error) {
    say_note(error.message);
  }
}
async function showGapLayer() {
  const layer = await get(`/map/gaps?${choice()}`);
  if (shown.has("gaps")) theMap.map("setLayer", layer);
}
function dropLayer(name) {
  thinned.delete(name);
  say_note([...thinned.values()].join(" · "));
  if (isTiled(name)) fromTiles.drop(name);
  else theMap.map("removeLayer", name);
}
const follow_view = settle(() => {
  for (const name of shown) if (name !== "gaps") loadLayer(name);
  if (view) { state.view = `${view.zoom}/${view.lng}/${view.lat}`; keep(); }
}, 250);

theMap.on("box", (found) => {
  if (!Array.isArray(found.bbox) || found.bbox.length !== 4 || !found.bbox.every(Number.isFinite)) return;
  view = found;
  follow_view();
});
theMap.on("ready", start);
theMap.on("select", ({ code, layer }) => {
  if (typeof code !== "string" || typeof layer !== "string") return;
  if (layer === "choropleth") { chosen = code; state.pick = `area:${code}`; keep(); figures(); }
  else if (layer === "gaps") { row(gapLayerOf(), code, { move: false }); }
  else if (setup.layers.some((item) => item.name === layer)) { row(layer, code, { move: false }); table.mark(code); }
  else if (layer === "result" && queries.layer()) row(queries.layer(), code, { move: false });
  sheet(true);
});
theMap.on("clear", () => { if (state.pick) { state.pick = ""; chosen = state.area; keep(); figures(); } });
theMap.on("escape", () => queries.stop());
theMap.on("draw", ({ geometry }) => queries.drawn(geometry));
theMap.on("measured", ({ length_m: length }) => say_note(say("distance_drawn", { length: length >= 10000 ? `${number(length / 1000, 2)} km` : `${number(length)} m` })));

/* ---- panel ---- */
let gapLayer = "hamlets";
const gapLayerOf = () => gapLayer;
async function figures() {
  if (!chosen || !state.indicator) {
    const next = setup.empty ? el("p", {}, el("a", { class: "button primary", href: setup.imports }, say("import_file"))) : null;
    fill(byId("panel-body"), el("div", { class: "empty-state" }, el("p", {}, setup.empty ? say("empty_store") : say("no_figure")), next));
    return;
  }
  const area = chosen;
  const url = `/map/panel?${query({ area, indicator: state.indicator, profile: state.profile, run: state.run })}`;
  try {
    const found = await showFigures(url, {
      stillWanted: () => area === chosen,
      open: (gap) => row(gap.unit_layer, gap.unit_id, { move: true }),
      compute,
      rows: () => units(found_run, area),
    });
    if (area !== chosen) return;
    found_run = found;
    const gaps = document.querySelector('[data-layer="gaps"] .n');
    if (gaps) gaps.textContent = found.run ? number(found.gap_total) : "";
    if (found.gaps?.length) gapLayer = found.gaps[0].unit_layer;
    if (state.rows) units(found, area);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}
let found_run = null;
function units(found, area) {
  if (!found?.run) return;
  state.rows = "1";
  keep();
  showUnits(`/map/units?${query({ run: found.run.id, indicator: state.indicator, area })}`, {
    title: found.area.name,
    back: () => { state.rows = ""; keep(); figures(); },
    open: (unit) => row(unit.unit_layer, unit.unit_id, { move: true }),
  });
}
async function row(layer, code, { move }) {
  state.pick = `${layer}:${code}`;
  keep();
  const found = await showRow(layer, code, { back: () => { state.pick = ""; keep(); theMap.tell("focus", {}); if (state.rows && found_run) units(found_run, chosen); else figures(); }, zoom: (bounds) => theMap.tell("focus", { bounds }) });
  if (found.bounds) theMap.tell("focus", { bounds: found.bounds, move });
  sheet(true);
}
async function compute() {
  try {
    const { job } = await post("/runs", { profile: state.profile });
    const ended = await follow(job, say("computing"));
    if (ended.error) throw new Fault(ended.error, 0);
    state.run = "";
    await redraw();
  } catch (error) {
    byId("panel-body").prepend(notice(error));
  }
}

/* ---- phone ---- */
function sheet(open) {
  byId("panel").classList.toggle("low", !open);
  byId("sheet-handle").setAttribute("aria-expanded", String(open));
}
byId("sheet-handle").addEventListener("click", () => sheet(byId("panel").classList.contains("low")));
byId("show-layers").addEventListener("click", () => {
  const open = byId("layers-side").classList.toggle("open");
  byId("show-layers").setAttribute("aria-expanded", String(open));
});

/* ---- tools ---- */
const queries = queryPanel(setup, theMap, { state, keep, sheet, open: (layer, id) => row(layer, id, { move: true }) });
const table = drawer(setup, state, { changed: keep, open: (layer, id) => { table.mark(id); row(layer, id, { move: true }); } });

function exportMenu() {
  const button = byId("export-tool");
  const old = button.parentElement.querySelector(".menu");
  if (old) { old.remove(); button.setAttribute("aria-expanded", "false"); return; }
  const item = (text, act) => el("li", {}, el("button", { type: "button", onclick: () => { menu.remove(); button.setAttribute("aria-expanded", "false"); act(); } }, text));
  const runId = found_run?.run?.id;
  const menu = el("ul", { class: "menu right" },
    runId ? item(say("download_table"), () => download("/downloads/coverage", { run: runId, indicator: state.indicator, area: state.area, format: "csv" })) : null,
    runId ? item(say("download_table_xlsx"), () => download("/downloads/coverage", { run: runId, indicator: state.indicator, area: state.area, format: "xlsx" })) : null,
    runId ? item(say("download_gaps"), () => download("/downloads/gaps", { run: runId, indicator: state.indicator, area: chosen, format: "csv" })) : null,
    runId ? item(say("download_units"), () => download("/downloads/units", { run: runId, indicator: state.indicator, area: chosen, format: "csv" })) : null,
    chosen ? item(say("download_area_xlsx"), () => download(`/areas/${chosen}/download`, { format: "xlsx" })) : null,
    runId ? item(say("download_map"), printMap) : null);
  button.setAttribute("aria-expanded", "true");
  button.after(menu);
  menu.querySelector("button")?.focus();
}
async function printMap() {
  try {
    const { job } = await post("/downloads/maps", { indicator: state.indicator, area: state.area, level: state.level, run: found_run.run.id, format: "pdf" });
    const ended = await follow(job, say("making_map"));
    if (ended.error) throw new Fault(ended.error, 0);
    if (ended.href) window.location.assign(ended.href);
  } catch (error) {
    say_note(error.message);
  }
}
byId("export-tool").addEventListener("click", exportMenu);
byId("print-tool").addEventListener("click", () => window.print());
byId("compute-tool").addEventListener("click", compute);
byId("link-tool").addEventListener("click", async () => {
  await navigator.clipboard?.writeText(window.location.href).catch(() => {});
  say_note(say("copied"));
  setTimeout(() => say_note([...thinned.values()].join(" · ")), 2500);
});
byId("measure-tool").addEventListener("click", (event) => {
  const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
  event.currentTarget.setAttribute("aria-pressed", String(on));
  theMap.tell("measure", { on });
  if (!on) say_note("");
});
byId("indicator").addEventListener("change", (event) => { state.indicator = event.target.value; redraw(); });
byId("profile").addEventListener("change", (event) => { state.profile = event.target.value; state.run = ""; redraw(); });
byId("level").addEventListener("change", (event) => { state.level = event.target.value; redraw(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".menu:not(#search-results)")) menu.remove();
  queries.stop();
  byId("layers-side").classList.remove("open");
  sheet(false);
});
searchBox((hit) => {
  if (["counties", "townships", "villages"].includes(hit.layer)) {
    if (hit.layer === "villages") { chosen = hit.code; state.pick = `area:${hit.code}`; keep({ push: true }); theMap.map("select", hit.code); figures(); }
    else go(hit.code);
  } else row(hit.layer, hit.code, { move: true });
});
window.addEventListener("popstate", () => window.location.reload());

/* ---- start ---- */
let started = false;
async function start() {
  if (started) return;
  started = true;
  if (state.view) {
    const [zoom, lng, lat] = state.view.split("/").map(Number);
    if ([zoom, lng, lat].every(Number.isFinite)) theMap.tell("view", { zoom, lng, lat });
  }
  const pick = state.pick || "";
  await redraw({ fit: !state.view });
  if (pick.startsWith("area:")) { chosen = pick.slice(5); state.pick = pick; keep(); figures(); }
  else if (pick.includes(":")) { const at = pick.indexOf(":"); await row(pick.slice(0, at), pick.slice(at + 1), { move: !state.view }); }
  table.start();
}
fill(byId("profile"), setup.profiles.map((item) => option(item.name, item.title, item.name === state.profile)));
fill(byId("level"), setup.levels.map((item) => option(item.name, levelTitle(item.name), item.name === state.level)));
layerList([{ name: "gaps", title: say("gaps_layer"), count: null, classes: [setup.gaps] }, ...setup.layers], shown, hidden, {
  change(name, on) {
    if (on) { shown.add(name); loadLayer(name); } else { shown.delete(name); dropLayer(name); }
    keep();
  },
  classes(name) { keep(); loadLayer(name); },
});
showBars();
showCrumbs();
byId("veil").hidden = false;
// the frame comes without colours; they follow as values, and later choices come the same way
askEarly(`/map/values?${choice()}`);
theMap.load(`/map/frame?${query({ area: state.area })}`);
