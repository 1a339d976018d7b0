// The query panel: what is looked for, by its fields, within a drawn area, near a feature, against another layer; result on the map, as table, as file.
import { byId, cell, el, fill, number, say } from "./dom.js";
import { download, get, notice, post, remove, working } from "./http.js";

const OPERATORS = { "=": "=", "!=": "≠", ">": ">", ">=": "≥", "<": "<", "<=": "≤" };

/** One condition on a field of a layer, as a row of controls; `read()` gives it for the query. */
function condition(layer, gone, held = {}) {
  const field = el("select", { "aria-label": say("where") }, layer.fields.map((item) => el("option", { value: item.name, selected: item.name === held.field }, item.title)));
  const operator = el("select", { "aria-label": say("where") });
  const place = el("span", { class: "row" });
  let value = null;
  const of = () => layer.fields.find((item) => item.name === field.value);

  function operators() {
    const names = of().operators.flatMap((name) => (name === "is_null" ? ["is_null", "not_null"] : [name]));
    const wanted = held.op === "is_null" && held.value === false ? "not_null" : held.op;
    fill(operator, names.map((name) => el("option", { value: name, selected: name === wanted }, OPERATORS[name] || say(name))));
    values();
  }
  function values() {
    const item = of();
    const was = held.field === item.name && held.value !== undefined ? held.value : "";
    if (["is_null", "not_null"].includes(operator.value)) value = null;
    else if (item.codes.length) value = el("select", {}, item.codes.map((code) => el("option", { value: code.code, selected: code.code === was }, code.title)));
    else if (item.type === "flag") value = el("select", {}, [["true", "yes"], ["false", "no"]].map(([code, key]) => el("option", { value: code, selected: String(was) === code }, say(key))));
    else value = el("input", { type: ["integer", "number"].includes(item.type) ? "number" : item.type === "date" ? "date" : "text", value: was, step: "any", maxLength: 100, placeholder: item.unit });
    value?.setAttribute("aria-label", item.title);
    fill(place, value);
  }
  field.addEventListener("change", () => { held = {}; operators(); });
  operator.addEventListener("change", values);
  const node = el("div", { class: "row" }, field, operator, place, el("button", { type: "button", class: "plain", "aria-label": say("remove"), onclick: () => { node.remove(); gone(node); } }, "×"));
  operators();
  node.read = () => {
    const item = of();
    if (operator.value === "is_null") return { field: item.name, op: "is_null", value: true };
    if (operator.value === "not_null") return { field: item.name, op: "is_null", value: false };
    const text = value.value;
    if (text === "") return null;
    const typed = item.type === "flag" ? text === "true" : item.type === "integer" ? Math.trunc(Number(text)) : item.type === "number" ? Number(text) : text;
    return { field: item.name, op: operator.value, value: typed };
  };
  return node;
}

/** A list of conditions on one layer. */
function conditions(layerOf) {
  const list = el("div");
  const add = (held) => list.append(condition(layerOf(), () => {}, held));
  const node = el("div", {}, list, el("button", { type: "button", class: "plain small", onclick: () => add() }, `+ ${say("add_condition")}`));
  node.read = () => [...list.children].map((item) => item.read()).filter(Boolean);
  node.write = (held = []) => { fill(list); for (const item of held) add(item); };
  return node;
}

/** What must hold together: conditions on fields, a distance, another layer. `ids` names the controls of the first block. */
function clauses(layerOf, located, state, ids = false) {
  const options = () => located.map((item) => el("option", { value: item.name }, item.title));
  const named = (name) => located.find((item) => item.name === name) || located[0];
  const id = (name) => (ids ? { id: name } : {});
  const where = conditions(layerOf);
  const nearLayer = el("select", { ...id("near-layer"), "aria-label": say("near") }, el("option", { value: "" }, say("none_chosen")), el("option", { value: "*" }, say("selected_feature")), options());
  const nearWhere = conditions(() => named(nearLayer.value));
  const nearDistance = el("input", { type: "number", ...id("near-distance"), min: 0, step: "any", value: 1000, "aria-label": say("metres") });
  const relation = el("select", { ...id("relation-predicate"), "aria-label": say("relation") }, el("option", { value: "" }, say("none_chosen")), ["intersects", "crosses", "within", "contains", "disjoint", "outside_all"].map((name) => el("option", { value: name }, say(name === "within" ? "within_layer" : name === "contains" ? "contains_layer" : name))));
  const relationLayer = el("select", { ...id("relation-layer"), "aria-label": say("relation") }, options());
  const relationWhere = conditions(() => named(relationLayer.value));
  nearLayer.addEventListener("change", () => { nearWhere.write(); nearWhere.hidden = !nearLayer.value || nearLayer.value === "*"; });
  relationLayer.addEventListener("change", () => relationWhere.write());
  relation.addEventListener("change", () => { relationLayer.hidden = relationWhere.hidden = !relation.value; });
  nearWhere.hidden = relationLayer.hidden = relationWhere.hidden = true;
  const nearRow = el("div", { class: "row" }, nearDistance, el("span", { class: "small quiet" }, say("metres")), nearLayer);
  const relationRow = el("div", { class: "row" }, relation, relationLayer);
  let nearId = "";
  nearLayer.addEventListener("change", () => { nearId = ""; });
  return {
    where, near: [nearRow, nearWhere], relation: [relationRow, relationWhere],
    /** The layer looked at has changed: its fields are others, and a table without geometry is near nothing. */
    layerChanged(hasPlace) {
      where.write();
      if (hasPlace) return;
      for (const select of [nearLayer, relation]) { select.value = ""; select.dispatchEvent(new Event("change")); }
    },
    read() {
      const found = { where: where.read() };
      if (nearLayer.value === "*") {
        const at = (state.pick || "").indexOf(":");
        if (!nearId && (at < 0 || state.pick.startsWith("area:"))) throw new Error(say("pick_first"));
        const [layer, feature] = nearId || [state.pick.slice(0, at), state.pick.slice(at + 1)];
        found.near = { layer, id: feature, distance_m: Number(nearDistance.value) };
      } else if (nearLayer.value) found.near = { layer: nearLayer.value, where: nearWhere.read(), distance_m: Number(nearDistance.value) };
      if (relation.value) found.relation = { layer: relationLayer.value, where: relationWhere.read(), predicate: relation.value };
      return found;
    },
    write(held) {
      where.write(held.where);
      nearLayer.value = held.near ? (held.near.id ? "*" : held.near.layer) : "";
      nearLayer.dispatchEvent(new Event("change"));
      if (held.near) { nearDistance.value = held.near.distance_m; if (held.near.id) nearId = [held.near.layer, held.near.id]; else nearWhere.write(held.near.where); }
      relation.value = held.relation?.predicate || "";
      relation.dispatchEvent(new Event("change"));
      if (held.relation) { relationLayer.value = held.relation.layer; relationWhere.write(held.relation.where); }
    },
  };
}

/** Say whether clauses ask for anything; an empty block means nothing, not everything. */
const asks = (held) => held.where.length > 0 || Boolean(held.near || held.relation);

/** Further blocks of clauses, each with a button that takes it away: alternatives, or exceptions. */
function blocks(kind, title, layerOf, located, state) {
  const list = el("div");
  const node = el("div", { "data-blocks": kind }, list, el("button", { type: "button", class: "plain small", "data-add": kind, onclick: () => add() }, `+ ${say(`add_${kind}`)}`));
  function add(held) {
    const made = clauses(layerOf, located, state);
    const box = el("fieldset", { "data-block": kind }, el("legend", {}, say(title)), made.where,
      el("div", { class: "place-clauses", hidden: !layerOf().located }, el("span", { class: "small quiet" }, say("near")), made.near, el("span", { class: "small quiet" }, say("relation")), made.relation),
      el("button", { type: "button", class: "plain small", onclick: () => box.remove() }, `× ${say("remove")}`));
    box.clauses = made;
    list.append(box);
    if (held) made.write(held);
  }
  node.read = () => [...list.children].map((box) => box.clauses.read()).filter(asks);
  node.write = (held = []) => { fill(list); for (const item of held) add(item); };
  node.layerChanged = () => fill(list);
  return node;
}

const CLAUSES = ["layer", "where", "near", "relation"];
/** Say whether the controls can show a query whole; one made by hand may nest deeper. */
function shows(held) {
  const plain = (item) => Object.keys(item).every((key) => CLAUSES.includes(key));
  const top = Object.keys(held).every((key) => [...CLAUSES, "intersects", "or", "not"].includes(key));
  const exceptions = held.not ? held.not.or || [held.not] : [];
  const doubled = held.or && ["where", "near", "relation"].some((key) => held[key] && held[key].length !== 0);
  return top && !doubled && (held.or || []).every(plain) && exceptions.every(plain);
}

/** Make the panel; gives `stop()`, `drawn(geometry)` and `layer()` of the last result. */
export function queryPanel(setup, theMap, { state, keep, sheet, open }) {
  const place = byId("query-body");
  const tool = byId("query-tool");
  if (!setup.queryable.length) {
    tool.disabled = true;
    return { stop() {}, drawn() {}, layer: () => null };
  }
  const named = (name) => setup.queryable.find((item) => item.name === name) || setup.queryable[0];
  const options = (items) => items.map((item) => el("option", { value: item.name }, item.title));
  const located = setup.queryable.filter((item) => item.located);
  let geometry = null;
  let spec = null;
  let resultLayer = null;

  const first = ["villages", "hamlets"].find((item) => setup.queryable.some((other) => other.name === item));
  const layer = el("select", { id: "query-layer", "aria-label": say("find") }, options([...located, ...setup.queryable.filter((item) => !item.located)]));
  if (first) layer.value = first;
  const main = clauses(() => named(layer.value), located, state, true);
  const alternatives = blocks("or", "or_else", () => named(layer.value), located, state);
  const exceptions = blocks("not", "except", () => named(layer.value), located, state);
  const drawState = el("span", { class: "small quiet" });
  const result = el("div", { id: "query-result" });
  const name = el("input", { type: "text", id: "query-name", maxLength: 80, "aria-label": say("save_as"), placeholder: say("save_as") });
  const savedList = el("ul", { class: "small", id: "saved-queries" });

  const placed = [];
  const layerChanged = () => {
    const hasPlace = named(layer.value).located;
    for (const node of placed) node.hidden = !hasPlace;
    main.layerChanged(hasPlace);
    alternatives.layerChanged();
    exceptions.layerChanged();
  };
  layer.addEventListener("change", layerChanged);

  const draw = (shape) => { drawState.textContent = say("draw_first"); theMap.tell("draw", { shape }); sheet(false); };
  function clearArea() {
    geometry = null;
    drawState.textContent = "";
    theMap.tell("draw", {});
    theMap.map("clear");
  }
  function read() {
    const first = main.read();
    const others = alternatives.read();
    const without = exceptions.read();
    const found = others.length ? { layer: layer.value, or: [first, ...others].filter(asks) } : { layer: layer.value, ...first };
    if (geometry && named(layer.value).located) found.intersects = geometry;
    if (without.length) found.not = without.length > 1 ? { or: without } : without[0];
    return found;
  }
  function write(held) {
    layer.value = held.layer;
    layerChanged();
    const [first, ...others] = held.or || [held];
    main.write(first);
    alternatives.write(others);
    exceptions.write(held.not ? held.not.or || [held.not] : []);
    geometry = held.intersects || held.within || null;
    drawState.textContent = geometry ? say("drawn") : "";
  }
  /** Answer what the controls say, or a kept query as it was written. */
  async function run(held = null) {
    try {
      spec = held || read();
      const found = await working(result, post("/queries/run", spec));
      resultLayer = spec.layer;
      if (found.map) theMap.map("setLayer", found.map);
      else theMap.map("removeLayer", "result");
      const titles = found.columns;
      const rows = found.rows.map((row) => el("tr", { tabIndex: 0, onclick: () => open(spec.layer, row.id), onkeydown: (event) => event.key === "Enter" && open(spec.layer, row.id) }, row.cells.map((value) => el("td", {}, cell(value)))));
      fill(result, el("h2", { id: "query-count" }, say("found", { total: number(found.total) }), found.total > rows.length ? ` · ${say("more_rows", { shown: number(rows.length), total: number(found.total) })}` : ""),
        found.simulated ? el("p", {}, el("span", { class: "simulated" }, say("simulated"))) : null,
        found.total ? el("div", { class: "actions" }, ["csv", "xlsx", "geojson", "gpkg"].filter((format) => found.map || !["geojson", "gpkg"].includes(format)).map((format) => el("button", { type: "button", "data-query-format": format, onclick: () => download("/queries/download", { format, spec: JSON.stringify(spec) }) }, format.toUpperCase()))) : el("p", { class: "quiet" }, say("no_result")),
        rows.length ? el("div", { class: "table-wrap" }, el("table", {}, el("thead", {}, el("tr", {}, titles.map((title) => el("th", { scope: "col" }, title)))), el("tbody", {}, rows))) : null);
      sheet(true);
    } catch (error) {
      if (!result.querySelector(".notice")) result.prepend(notice(error));
    }
  }
  async function listSaved() {
    const { queries } = await get("/queries");
    fill(savedList, queries.map((item) => el("li", {}, el("button", { type: "button", class: "plain", "aria-label": `${say("load")} ${item.name}`, onclick: () => load(item.spec) }, item.name), el("button", { type: "button", class: "plain danger", "aria-label": `${say("delete")} ${item.name}`, onclick: async () => { await remove(`/queries/${encodeURIComponent(item.name)}`); listSaved(); } }, "×"))));
    savedList.previousElementSibling.hidden = queries.length === 0;
  }
  async function load(held) {
    write(held);
    await run(held);
    if (!shows(held)) result.prepend(notice({ message: say("query_partly") }, "warning"));
  }
  async function save() {
    try {
      if (!name.value.trim()) throw new Error(say("name_needed"));
      await post("/queries", { name: name.value.trim(), spec: read() });
      result.prepend(notice({ message: say("saved") }, "good"));
      await listSaved();
    } catch (error) {
      result.prepend(notice(error));
    }
  }
  fill(place,
    el("div", { class: "place" }, el("h1", {}, say("query")), el("button", { type: "button", class: "plain", onclick: () => show(false) }, say("back"))),
    el("fieldset", {}, el("legend", {}, say("find")), el("div", { class: "row" }, layer), main.where),
    placed[0] = el("fieldset", {}, el("legend", {}, say("within")), el("div", { class: "row" }, [["Polygon", "draw_polygon"], ["Rectangle", "draw_rectangle"], ["Circle", "draw_circle"]].map(([shape, key]) => el("button", { type: "button", "data-draw": shape, onclick: () => draw(shape) }, say(key))), el("button", { type: "button", class: "plain", onclick: clearArea }, say("clear"))), drawState),
    placed[1] = el("fieldset", {}, el("legend", {}, say("near")), main.near),
    placed[2] = el("fieldset", {}, el("legend", {}, say("relation")), main.relation),
    alternatives, exceptions,
    el("div", { class: "actions" }, el("button", { type: "button", class: "primary", id: "run-query", onclick: () => run() }, say("run_query")), name, el("button", { type: "button", onclick: save }, say("save"))),
    result, el("h2", {}, say("saved_queries")), savedList);

  function show(on) {
    place.hidden = !on;
    byId("panel-body").hidden = on;
    tool.setAttribute("aria-pressed", String(on));
    state.query = on ? "1" : "";
    keep();
    if (on) { listSaved(); sheet(true); }
  }
  tool.addEventListener("click", () => show(place.hidden));
  if (state.query) show(true);
  return {
    stop: () => theMap.tell("draw", {}),
    drawn(found) {
      geometry = found && typeof found === "object" && found.type ? found : null;
      drawState.textContent = geometry ? say("drawn") : "";
      if (place.hidden && geometry) show(true);
    },
    layer: () => resultLayer,
  };
}
