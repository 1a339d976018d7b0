// Somebody else saved the same feature first: both versions, field by field and on the map; nothing of either is lost.
import { byId, el, fill } from "./dom.js";
import { words } from "./edit-form.js";
import { measures } from "./edit-feature.js";
import { t } from "./edit-text.js";

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const values = (side) => side?.properties || {};

function rows(desk, entry, conflict) {
  const [base, mine, theirs] = [values(conflict.base) || {}, entry.properties, values(conflict.theirs)];
  const seen = conflict.base ? base : entry.base.properties;
  return desk.declared.fields.filter(({ name }) => !same(mine[name], seen[name]) || !same(theirs[name], seen[name])).map((field) => {
    const [a, b] = [!same(mine[field.name], seen[field.name]), !same(theirs[field.name], seen[field.name])];
    const clash = a && b && !same(mine[field.name], theirs[field.name]);
    return el("tr", { class: clash ? "clash" : null, "data-field": field.name },
      el("th", { scope: "row" }, field.title, clash ? el("span", { class: "must" }, ` ${t("clash")}`) : null),
      el("td", { class: "quiet" }, words(field, seen[field.name])), el("td", { class: a ? "mine" : null }, words(field, mine[field.name])), el("td", { class: b ? "theirs" : null }, conflict.theirs ? words(field, theirs[field.name]) : t("deleted_there")));
  });
}
function shapeRow(entry, conflict) {
  const base = entry.base.geometry;
  const theirs = conflict.theirs?.geometry;
  const [a, b] = [!same(entry.geometry, base), conflict.theirs && !same(theirs, base)];
  if (!a && !b) return null;
  const said = (geometry) => (geometry ? measures(geometry).slice(0, 1).map(([, value]) => value).join(" ") : "—");
  const clash = a && b && !same(entry.geometry, theirs);
  return el("tr", { class: clash ? "clash" : null, "data-field": "geometry" }, el("th", { scope: "row" }, t("geometry"), clash ? el("span", { class: "must" }, ` ${t("clash")}`) : null), el("td", { class: "quiet" }, said(base)), el("td", { class: a ? "mine" : null }, said(entry.geometry)), el("td", { class: b ? "theirs" : null }, conflict.theirs ? said(theirs) : t("deleted_there")));
}

/** Show one conflict in the panel and both shapes on the map. */
export function showConflict(desk, entry, conflict, { name, left }) {
  const when = String(conflict.at || "").replace("T", " ").slice(0, 16);
  desk.map.tell("editGhosts", { shapes: [
    { role: "base", geometry: entry.base.geometry, label: t("seen") },
    { role: "theirs", geometry: conflict.theirs?.geometry, label: `${t("theirs")} · ${conflict.who || ""}` },
    { role: "mine", geometry: entry.op === "delete" ? null : entry.geometry, label: t("mine") },
  ] });
  fill(byId("panel-body"),
    el("section", { id: "conflict" },
      el("h1", {}, t("conflict_title", { name })),
      el("div", { class: "notice warning", role: "alert" }, el("p", {}, t(conflict.theirs ? "conflict_who" : "conflict_deleted", { who: conflict.who || t("somebody"), bureau: conflict.bureau || "—", at: when, ver: conflict.ver ?? "—", seen: entry.ver })), el("p", {}, t("conflict_kept"))),
      el("div", { class: "table-wrap" }, el("table", { id: "conflict-table" },
        el("thead", {}, el("tr", {}, [t("field"), t("seen"), t("mine"), t("theirs")].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, shapeRow(entry, conflict), rows(desk, entry, conflict)))),
      el("ul", { class: "ghost-legend small" }, el("li", { class: "mine" }, t("mine")), el("li", { class: "theirs" }, t("theirs")), el("li", { class: "base" }, t("seen"))),
      el("div", { class: "actions" },
        conflict.kept_id ? el("a", { class: "button primary", id: "merge", href: conflict.href || `/kept/${conflict.kept_id}`, onclick: () => desk.giveUp(entry.id, conflict, { leaving: true }) }, t("merge")) : null,
        el("button", { type: "button", id: "take-theirs", onclick: () => desk.giveUp(entry.id, conflict, {}) }, t("take_theirs")),
        el("button", { type: "button", onclick: () => desk.select(null) }, t("decide_later"))),
      conflict.kept_id ? el("p", { class: "small quiet" }, t("kept_as", { id: conflict.kept_id })) : null,
      left ? el("p", { class: "small" }, t("conflicts_left", { count: left })) : null));
}
