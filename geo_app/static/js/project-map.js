// The place of a project on the map: one geometry, drawn, moved or taken back; roads, villages and projects below it to snap to.
import { bridge } from "./bridge.js";
import { byId, el, fill, number, settle } from "./dom.js";
import { measure } from "./edit-geodesy.js";
import { boundsOf } from "./edit-shapes.js";
import { setup, t } from "./edit-text.js";
import { get } from "./http.js";

const SITE = "site";
const KINDS = { Point: "point", MultiPoint: "point", LineString: "line", MultiLineString: "line" };

/** Measures in words. */
function said(geometry) {
  const found = measure(geometry);
  if (found.area_m2 !== undefined) return `${number(found.area_m2 * 0.0015, 2)} ${setup.mu} · ${number(found.area_m2 / 10000, 3)} ${t("hectares")} · ${t("perimeter")} ${number(found.perimeter_m, 1)} ${t("metres")}`;
  if (found.length_m !== undefined) return `${t("length")} ${number(found.length_m, 1)} ${t("metres")}`;
  return geometry?.type === "Point" ? `${geometry.coordinates[0].toFixed(6)}, ${geometry.coordinates[1].toFixed(6)}` : "";
}

/** Follow the map: `changed()` after the person drew, moved or removed the place. */
export function siteMap(changed) {
  const map = bridge(byId("map"));
  const state = { geometry: null, tool: "select", ready: false, box: null, symbols: {} };

  function show({ fit = false } = {}) {
    const geometry = state.geometry;
    map.tell("editShow", { features: geometry ? [{ id: SITE, geometry, k: KINDS[geometry.type] || "area", state: "changed", name: "" }] : [], symbols: state.symbols });
    map.tell("editSelect", { id: geometry ? SITE : null, how: "vertices" });
    if (fit && geometry) map.tell("editFit", { bounds: boundsOf(geometry) });
    byId("measures").textContent = geometry ? said(geometry) : t("no_place");
    byId("remove-place").disabled = !geometry;
    tools();
  }
  function tools() {
    for (const button of document.querySelectorAll("[data-draw]")) button.setAttribute("aria-pressed", String(state.tool === button.dataset.draw));
    const drawing = state.tool !== "select";
    byId("tool-bar").hidden = !drawing;
    byId("tool-hint").textContent = drawing ? t(`hint_${state.tool}`) : "";
    byId("finish").hidden = state.tool === "point";
  }
  function put(geometry, options) {
    state.geometry = geometry;
    state.tool = "select";
    show(options);
    changed();
  }

  const like = (value) => value && typeof value.type === "string" && Array.isArray(value.coordinates);
  map.on("edit:created", ({ geometry }) => { if (like(geometry)) put(geometry); });
  map.on("edit:changed", ({ geometry }) => { if (like(geometry)) put(geometry); });
  map.on("edit:live", ({ geometry }) => { if (like(geometry)) byId("measures").textContent = said(geometry); });
  map.on("edit:tool", ({ tool }) => { if (tool === "select" && state.tool !== "select") { state.tool = "select"; show(); } });
  map.on("edit:picked", () => show());
  map.on("edit:key", ({ key }) => { if (key === "Delete" && state.geometry) put(null); });
  map.on("edit:ready", () => { if (!state.ready) { state.ready = true; show({ fit: true }); } });

  const below = settle(async () => {
    const [west, south, east, north] = state.box;
    const box = [Math.max(-180, west), Math.max(-90, south), Math.min(180, east), Math.min(90, north)].map((value) => value.toFixed(6)).join(",");
    const notes = [];
    for (const layer of setup.below) {
      try {
        const found = await get(`/editing/${layer.name}/features?bbox=${box}&limit=${setup.limit}`);
        if (found.zoom_in) { notes.push(t("reference_zoom_in", { layer: layer.title, total: number(found.total) })); map.tell("editReferenceOff", { name: layer.name }); continue; }
        const features = found.features.filter((feature) => feature.geometry && feature.properties.project_id !== setup.project_id);
        map.tell("editReference", { name: layer.name, features, symbols: found.symbols, snapped: true });
      } catch (error) {
        notes.push(error.status === 0 ? t("no_view") : error.message);
        break;
      }
    }
    byId("map-note").textContent = notes.join(" · ");
    byId("map-note").hidden = !notes.length;
  }, 400);
  map.on("box", ({ bbox }) => {
    if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(Number.isFinite)) return;
    state.box = bbox;
    below();
  });

  for (const button of document.querySelectorAll("[data-draw]")) button.addEventListener("click", () => {
    state.tool = button.dataset.draw;
    map.tell("editSelect", { id: null });
    map.tell("editTool", { name: "draw", shape: state.tool, quiet: true });
    tools();
  });
  byId("remove-place").addEventListener("click", () => put(null));
  byId("finish").addEventListener("click", () => map.tell("editFinish", {}));
  byId("leave-tool").addEventListener("click", () => { state.tool = "select"; map.tell("editTool", { name: "select", quiet: true }); show(); });
  map.load(setup.urls.frame);
  fill(byId("below"), setup.below.map((layer) => el("span", { class: "tag" }, layer.title)));

  return { get geometry() { return state.geometry; }, put, set(geometry) { state.geometry = geometry; if (state.ready) show({ fit: true }); } };
}
