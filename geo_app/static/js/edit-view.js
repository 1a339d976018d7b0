// Fetches the features of the view, never a layer whole; more than a person can work among is counted, not drawn.
import { number, settle } from "./dom.js";
import { setup, t } from "./edit-text.js";
import { get } from "./http.js";

const inside = (inner, outer) => outer && inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3];

/** Follow the map: `drawn()` after features came, `listed()` when the list of the panel changes, `note(text)` over the map. */
export function seeView(desk, { note, drawn, listed }) {
  let complete = null;
  let asking = null; // the box of the request under way
  const wholes = new Map();
  const notes = new Map();
  let turn = 0;
  const say = () => note([...notes.values()].join(" · "));
  const box = () => {
    const [west, south, east, north] = desk.bbox;
    return [Math.max(-180, west), Math.max(-90, south), Math.min(180, east), Math.min(90, north)];
  };
  const url = (name) => `/editing/${name}/features?bbox=${box().map((value) => value.toFixed(6)).join(",")}&limit=${setup.limit}`;

  function take({ features, symbols }) {
    for (const feature of features) desk.seen.set(feature.id, feature);
    if (symbols) desk.symbols = { ...desk.symbols, ...symbols };
  }

  async function features() {
    if (!desk.bbox || !desk.declared) return;
    if (inside(desk.bbox, complete)) { if (!desk.chosen) listed(); return; }
    if (inside(desk.bbox, asking)) return;
    const mine = (turn += 1);
    const asked = (asking = [...desk.bbox]);
    try {
      const found = await get(url(desk.layer.name));
      if (mine !== turn) return;
      notes.delete("view");
      desk.zoomIn = found.zoom_in ? found.total : 0;
      complete = found.zoom_in ? null : asked;
      const chosen = desk.seen.get(desk.chosen);
      desk.seen.clear();
      if (chosen) desk.seen.set(chosen.id, chosen);
      take(found);
      if (found.zoom_in) notes.set("view", t("zoom_in", { total: number(found.total), limit: number(found.limit) }));
      drawn();
      if (!desk.chosen) listed();
    } catch (error) {
      if (mine === turn) notes.set("view", error.status === 0 ? t("no_view") : error.message);
    } finally {
      if (mine === turn) asking = null;
    }
    say();
  }

  async function reference(name) {
    const state = desk.references.get(name);
    if (!desk.bbox || !state?.shown || name === desk.layer?.name) return;
    if (!inside(desk.bbox, wholes.get(name)?.box)) {
      const asked = [...desk.bbox];
      try {
        const found = await get(url(name));
        const title = setup.references.find((item) => item.name === name).title;
        wholes.set(name, { box: found.zoom_in ? null : asked, found });
        if (found.zoom_in) notes.set(name, t("reference_zoom_in", { layer: title, total: number(found.total) }));
        else notes.delete(name);
      } catch (error) {
        notes.set("view", error.status === 0 ? t("no_view") : error.message);
      }
      say();
    }
    const held = wholes.get(name);
    if (!held || !state.shown) return;
    desk.map.tell("editReference", { name, features: held.found.features.filter((feature) => feature.geometry), symbols: held.found.symbols, snapped: state.snapped });
  }

  function everything() {
    features();
    for (const [name, state] of desk.references) {
      if (!state.shown) { notes.delete(name); continue; }
      if (!inside(desk.bbox, wholes.get(name)?.box) || !wholes.get(name)?.told) { reference(name); if (wholes.has(name)) wholes.get(name).told = true; }
    }
    say();
  }
  const follow = settle(everything, 250);

  /** Ask which of these features have another version now than the draft was made from. */
  async function versions(ids) {
    const stale = [];
    for (let at = 0; at < ids.length; at += 50) {
      try {
        const found = await get(`/editing/${desk.layer.name}/features?ids=${ids.slice(at, at + 50).join(",")}`);
        const now = new Map(found.features.map((feature) => [feature.id, feature.ver]));
        for (const id of ids.slice(at, at + 50)) if (desk.draft.entries.has(id) && now.get(id) !== desk.draft.entries.get(id).ver) stale.push(id);
      } catch (error) {
        if (error.status !== 0) throw error;
      }
    }
    return stale;
  }

  return { follow, take, reference, versions, refresh: () => { complete = null; asking = null; wholes.clear(); notes.clear(); if (desk.bbox) everything(); } };
}
