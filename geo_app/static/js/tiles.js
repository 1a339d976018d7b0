// Layers from vector tiles: fetches tiles for the framed map, counts what a zoom leaves out, draws anew when the layer changed.
import { number, say } from "./dom.js";
import { get } from "./http.js";

const DEEPEST = 16;
const ATTEMPTS = 6;
const later = (seconds) => new Promise((go) => { setTimeout(go, seconds * 1000); });

/** Zoom of the data that the map draws at a zoom of its own: tiles are drawn 512 pixels wide. */
export const dataZoom = (zoom) => Math.min(Math.max(Math.round(zoom) - 1, 0), DEEPEST);

/** Draw layers from tiles; `query(values)` writes an address, `noted(name, text)` is told what a zoom leaves out. */
export function tileLayers(theMap, { query, noted }) {
  const drawings = new Map();

  async function fetched({ layer, z, x, y }) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const answer = await fetch(`/tiles/${layer}/${z}/${x}/${y}.mvt`, { headers: { "X-Requested-With": "xiangtu" } });
      if (answer.status === 200) return answer.arrayBuffer();
      if (answer.status !== 503 && answer.status !== 429) return null;
      await later(Number(answer.headers.get("Retry-After")) || 1);
      if (!drawings.has(layer)) return null;
    }
    return null;
  }
  theMap.on("tile", async ({ layer, z, x, y, ticket }) => {
    if (!drawings.has(layer) || ![z, x, y, ticket].every(Number.isInteger)) return;
    let data = null;
    try {
      data = await fetched({ layer, z, x, y });
    } catch {
      noted(layer, say("no_answer"));
    }
    theMap.tell("tile", { ticket, data });
  });

  async function drawing(name, hidden) {
    const found = await get(`/tiles/${name}/drawing?${query({})}`);
    const held = drawings.get(name);
    if (!held || held.hidden !== hidden) return;
    held.version = found.version;
    theMap.tell("tiles", { ...found, hidden: hidden.split("|").filter(Boolean), deepest: DEEPEST });
  }
  async function counted(name, view) {
    const held = drawings.get(name);
    const [west, south, east, north] = view.bbox;
    const bbox = [Math.max(-180, west), Math.max(-90, south), Math.min(180, east), Math.min(90, north)].map((value) => value.toFixed(5)).join(",");
    const found = await get(`/tiles/${name}/counts?${query({ z: String(dataZoom(view.zoom)), bbox, hide: held.hidden })}`);
    if (drawings.get(name) !== held) return;
    noted(name, found.shown < found.total ? say("tiles_shown", { layer: found.title, shown: number(found.shown), total: number(found.total) }) : "");
    if (held.version && String(found.version) !== held.version.split("-")[0]) await drawing(name, held.hidden);
  }
  return {
    /** Show a layer in a view; called again for every move, it draws anew only what changed. */
    async show(name, hidden, view) {
      if (drawings.get(name)?.hidden !== hidden) {
        drawings.set(name, { hidden, version: "" });
        await drawing(name, hidden);
      }
      if (drawings.has(name)) await counted(name, view);
    },
    drop(name) {
      drawings.delete(name);
      theMap.tell("untile", { name });
    },
  };
}
