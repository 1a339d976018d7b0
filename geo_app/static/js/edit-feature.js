// The panel: the chosen feature with its tools, measures, coordinates and form; or, with none chosen, what is in view.
import { byId, el, fill, number } from "./dom.js";
import { changedFields } from "./edit-draft.js";
import { form, markFields } from "./edit-form.js";
import { measure } from "./edit-geodesy.js";
import { boundsOf, coordinateText, readCoordinates, simple } from "./edit-shapes.js";
import { t } from "./edit-text.js";

const LISTED = 100;

/** Name of a feature for a person: its name, or its key, or that it is new. */
export function nameOf(desk, entry) {
  const { name_field: name, key } = desk.layer;
  return entry.properties[name] || entry.properties[key] || (entry.op === "insert" ? t("new_feature") : entry.id);
}

/** The key of a feature, where its name is something else. */
function numbered(desk, entry) {
  const key = entry.properties[desk.layer.key];
  return key && key !== nameOf(desk, entry) ? el("span", { class: "small quiet" }, key) : null;
}

/** Measures in words: length or area and how many corners. */
export function measures(geometry) {
  const found = measure(geometry);
  const parts = [];
  if (found.length_m !== undefined) parts.push([t("length"), found.length_m >= 10000 ? `${number(found.length_m / 1000, 3)} km` : `${number(found.length_m, 1)} m`]);
  if (found.area_m2 !== undefined) {
    parts.push([t("area"), found.area_m2 >= 1e6 ? `${number(found.area_m2 / 1e6, 4)} km²` : `${number(found.area_m2, 1)} m²`]);
    parts.push([t("mu"), number(found.area_m2 * 0.0015, 2)]);
    parts.push([t("perimeter"), `${number(found.perimeter_m, 1)} m`]);
  }
  if (geometry?.type === "Point") parts.push([t("place"), `${geometry.coordinates[0].toFixed(6)}, ${geometry.coordinates[1].toFixed(6)}`]);
  else if (geometry) parts.push([t("vertices"), number(found.vertices)]);
  return parts;
}

/** Show the measures of a geometry, for instance of one that is being drawn. */
export function showMeasures(geometry) {
  const place = byId("measures");
  if (place) fill(place, measures(geometry).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]).flat());
}

function coordinates(desk, entry, locked) {
  if (!simple(entry.geometry)) return el("p", { class: "small quiet" }, t("several_parts"));
  const kind = el("select", { id: "coordinates-shape", "aria-label": t("tools") }, desk.layer.shapes.map((name) => el("option", { value: name }, t(`draw_${name}`))));
  const given = { Point: "point", LineString: "line", Polygon: "polygon" }[entry.geometry?.type];
  const box = el("textarea", { rows: 6, id: "coordinates", disabled: locked, "aria-label": t("coordinates"), value: coordinateText(entry.geometry) });
  const says = el("p", { class: "says", role: "status" });
  const take = () => {
    const found = readCoordinates(box.value, given || kind.value);
    says.textContent = found.line ? t("bad_line", { line: found.line }) : found.few ? t("too_few", { least: found.few }) : "";
    if (found.geometry) desk.reshape(entry.id, found.geometry, "typed");
  };
  return el("details", { class: "coordinates", open: !entry.geometry || desk.coordinatesOpen, ontoggle: (event) => { desk.coordinatesOpen = event.target.open; } }, el("summary", {}, t("coordinates")), el("p", { class: "small quiet" }, t("coordinates_help")), given || desk.layer.shapes.length < 2 ? null : kind, box, el("div", { class: "actions" }, el("button", { type: "button", disabled: locked, onclick: take }, t("take_coordinates"))), says);
}

function tools(desk, entry) {
  if (entry.op === "delete") return el("div", { class: "actions" }, el("button", { type: "button", onclick: () => desk.revert(entry.id) }, t("keep_it")));
  const kind = entry.geometry?.type || "";
  const press = (name, label, key, more = {}) => el("button", { type: "button", "data-tool": name, "aria-pressed": desk.tool === name || (desk.tool === "select" && desk.how === name) ? "true" : "false", onclick: key, ...more }, label);
  const line = kind.includes("LineString");
  return el("div", { class: "actions feature-tools", role: "group", "aria-label": t("tools") },
    kind && press("vertices", kind === "Point" ? t("move_point") : t("vertices_tool"), () => desk.handle("vertices")),
    kind && kind !== "Point" && press("drag", t("drag_tool"), () => desk.handle("drag")),
    line && press("splitAt", t("split_tool"), () => desk.use("splitAt")),
    (line || kind.includes("Polygon")) && press("splitLine", t("split_line_tool"), () => desk.use("splitLine")),
    kind.includes("Polygon") && press("cut", t("cut_tool"), () => desk.use("cut")),
    !kind && el("span", { class: "quiet" }, t("no_geometry")),
    el("button", { type: "button", class: "danger", id: "delete-feature", onclick: () => desk.remove(entry.id) }, t("delete")));
}

/** Show the chosen feature. */
export function showFeature(desk, entry) {
  const locked = entry.op === "delete";
  const typed = Object.fromEntries([...desk.misread].filter(([key]) => key.startsWith(`${entry.id}/`)).map(([key, item]) => [key.slice(entry.id.length + 1), item.text]));
  fill(byId("panel-body"),
    el("div", { class: "place" }, el("h1", { id: "feature-name" }, nameOf(desk, entry)), el("button", { type: "button", class: "plain", "aria-label": t("close"), onclick: () => desk.select(null) }, "×")),
    el("p", { class: "line small" }, el("span", { id: "feature-state" }), entry.ver ? el("span", { class: "quiet" }, ` ${t("version", { ver: entry.ver })}`) : null),
    tools(desk, entry),
    el("dl", { class: "grid-facts", id: "measures", "aria-live": "off" }),
    coordinates(desk, entry, locked),
    el("div", { id: "general-faults" }),
    form(desk.declared, entry.properties, { typed, locked, proposed: entry.op === "insert" && Boolean(entry.properties.source_date || entry.properties.data_quality), change: (field, read, text) => desk.fillIn(entry.id, field, read, text) }));
  byId("feature-form").dataset.entry = entry.id;
  showMeasures(entry.geometry);
  showState(desk, entry);
}

/** Show name, state and faults of the chosen feature in place; what is being typed stays as it is. */
export function showState(desk, entry) {
  const changed = changedFields(entry);
  const found = desk.faultsOf(entry);
  const state = entry.op === "insert" ? t("state_new") : entry.op === "delete" ? t("state_deleted") : changed.length ? t("state_changed", { count: changed.length }) : t("state_same");
  byId("feature-name").textContent = nameOf(desk, entry);
  byId("feature-state").className = `tag edit-${entry.op}`;
  byId("feature-state").textContent = state;
  const general = found.filter((fault) => !desk.declared.fields.some((field) => field.name === fault.field));
  byId("general-faults").replaceChildren(...general.map((fault) => el("div", { class: `notice ${fault.severity === "error" ? "danger" : "warning"}`, role: "alert" }, fault.message)));
  const byField = {};
  for (const fault of found) if (!byField[fault.field] || fault.severity === "error") byField[fault.field] = fault;
  markFields(desk.declared, byField);
}

function inView(desk, { geometry }) {
  if (!geometry || !desk.bbox) return true;
  const [west, south, east, north] = boundsOf(geometry);
  return west <= desk.bbox[2] && east >= desk.bbox[0] && south <= desk.bbox[3] && north >= desk.bbox[1];
}

/** Show what may be done while no feature is chosen: draw, open by number, choose from the view. */
export function showList(desk) {
  const draw = desk.layer.shapes.map((shape) => el("button", { type: "button", "data-draw": shape, "aria-pressed": desk.tool === "draw" && desk.shape === shape ? "true" : "false", onclick: () => desk.draw(shape) }, t(`draw_${shape}`)));
  const entries = [...desk.seen.values()].filter((feature) => inView(desk, feature)).map((feature) => desk.draft.now(feature));
  for (const entry of desk.draft.entries.values()) if (!desk.seen.has(entry.id)) entries.push(entry);
  const shown = entries.slice(0, LISTED);
  const before = byId("open-key"); // the list comes again with every view; what is being typed stays
  const typing = before && document.activeElement === before;
  const open = el("input", { type: "search", id: "open-key", placeholder: t("open_key"), "aria-label": t("open_key"), onkeydown: (event) => { if (event.key === "Enter") desk.openKey(event.target.value.trim()); } });
  fill(byId("panel-body"),
    el("h1", {}, desk.layer.title),
    el("p", { class: "line quiet small" }, desk.layer.apply ? t("you_apply") : t("you_submit")),
    el("div", { class: "actions" }, draw, el("button", { type: "button", id: "add-typed", onclick: () => desk.addBlank() }, t("add_typed"))),
    el("dl", { class: "grid-facts", id: "measures" }),
    el("div", { class: "actions" }, open, el("button", { type: "button", onclick: () => desk.openKey(open.value.trim()) }, t("open"))),
    el("h2", {}, desk.zoomIn ? t("zoom_in", { total: number(desk.zoomIn), limit: number(desk.limit) }) : t("in_view", { count: number(entries.length) })),
    el("ul", { class: "feature-list", id: "in-view" }, shown.map((entry) => el("li", {}, el("button", { type: "button", class: "plain", "data-id": entry.id, onclick: () => desk.select(entry.id, { fit: true }) }, nameOf(desk, entry), numbered(desk, entry), entry.op === "same" ? null : el("span", { class: `tag edit-${entry.op}` }, t(`op_${entry.op}`)))))),
    entries.length > shown.length ? el("p", { class: "small quiet" }, t("more_in_view", { count: number(entries.length - shown.length) })) : null);
  if (!before) return;
  open.value = before.value;
  if (typing) open.focus();
}
