// The left side: what is snapped to, which layers lie below, and the list of edits that are not saved yet.
import { byId, el, fill } from "./dom.js";
import { changedFields } from "./edit-draft.js";
import { nameOf } from "./edit-feature.js";
import { t } from "./edit-text.js";

/** Show the layers below with a box for showing and one for snapping. */
export function showReferences(desk, references) {
  fill(byId("references"), references.filter((item) => item.name !== desk.layer.name).map((item) => {
    const state = desk.references.get(item.name) || { shown: false, snapped: false };
    const box = (name, label) => el("label", { class: "line small" }, el("input", { type: "checkbox", checked: state[name], "data-reference": item.name, "data-what": name, onchange: (event) => desk.refer(item.name, name, event.target.checked) }), label);
    return el("li", { class: "reference-row" }, el("span", { class: "name" }, item.title), box("shown", t("show")), box("snapped", t("snap")));
  }));
}

/** Show the tolerance of snapping in pixels. */
export function snapControls(desk) {
  const value = byId("snap-distance");
  const on = byId("snap-on");
  const tell = () => desk.snap({ on: on.checked, distance: Math.max(1, Math.min(60, Number(value.value) || 15)) });
  value.addEventListener("change", tell);
  on.addEventListener("change", tell);
  return tell;
}

/** Show the edits that are not saved, each to be opened or taken back. */
export function showPending(desk) {
  const entries = [...desk.draft.entries.values()];
  byId("pending-count").textContent = String(entries.length);
  fill(byId("pending"), entries.map((entry) => {
    const what = entry.op === "update" ? t("fields_changed", { names: changedFields(entry).map((name) => desk.titleOf(name)).join("、") }) : "";
    const bad = desk.faultsOf(entry).some((fault) => fault.severity === "error");
    return el("li", { class: "pending-row", "data-pending": entry.id },
      el("button", { type: "button", class: "plain", onclick: () => desk.select(entry.id, { fit: true }) }, el("span", { class: `tag edit-${entry.op}` }, t(`op_${entry.op}`)), " ", nameOf(desk, entry), bad ? el("span", { class: "bad", title: t("has_faults") }, " !") : null),
      el("button", { type: "button", class: "plain", "data-revert": entry.id, title: t("revert"), "aria-label": `${t("revert")} ${nameOf(desk, entry)}`, onclick: () => desk.revert(entry.id) }, "↺"),
      what ? el("span", { class: "small quiet what" }, what) : null);
  }));
  byId("undo").disabled = !desk.draft.done.length;
  byId("redo").disabled = !desk.draft.undone.length;
  byId("undo").title = desk.draft.done.length ? `${t("undo")}: ${desk.draft.done.at(-1).label} (Ctrl+Z)` : t("undo");
  byId("redo").title = desk.draft.undone.length ? `${t("redo")}: ${desk.draft.undone.at(-1).label} (Ctrl+Y)` : t("redo");
  byId("save").disabled = !entries.length;
}
