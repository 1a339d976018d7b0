// Saving: first named and checked, then sent with the versions that were seen; whatever comes back, nothing of the draft is lost.
import { byId, el, fill } from "./dom.js";
import { changedFields } from "./edit-draft.js";
import { nameOf } from "./edit-feature.js";
import { t } from "./edit-text.js";
import { post } from "./http.js";

const PATIENCE_MS = 90000;

/** Put a notice above the map; `acts` are [label, call] pairs. */
export function bar(kind, text, acts = [], id = "edit-notice") {
  const box = el("div", { class: `notice ${kind}`, role: kind === "danger" ? "alert" : "status", id }, el("span", {}, text));
  for (const [label, act] of acts) box.append(" ", typeof act === "string" ? el("a", { href: act }, label) : el("button", { type: "button", onclick: () => { box.remove(); act(); } }, label));
  box.append(" ", el("button", { type: "button", class: "plain", "aria-label": t("close"), onclick: () => box.remove() }, "×"));
  byId(id)?.remove();
  byId("notices").append(box);
  return box;
}

/** Ask for a reason, naming what will be changed. */
export function askReason(desk, { faults, save }) {
  const entries = [...desk.draft.entries.values()];
  const count = (op) => entries.filter((entry) => entry.op === op).length;
  const reason = el("input", { type: "text", id: "reason", class: "wide", maxLength: 300, required: true, value: desk.reason, placeholder: t("reason_hint") });
  const warnings = faults.filter((fault) => fault.severity !== "error");
  const send = el("button", { type: "button", class: "primary", id: "confirm-save", onclick: () => { if (!reason.value.trim()) { reason.focus(); reason.setAttribute("aria-invalid", "true"); return; } desk.reason = reason.value.trim(); dialog.close(); save(); } }, desk.layer.apply ? t("save_now") : t("submit_now"));
  const dialog = el("dialog", { class: "card", id: "save-dialog", "aria-label": t("save") },
    el("h2", {}, t("will_change", { layer: desk.layer.title, added: count("insert"), changed: count("update"), deleted: count("delete") })),
    el("ul", { class: "small tall" }, entries.slice(0, 30).map((entry) => el("li", {}, `${t(`op_${entry.op}`)} ${nameOf(desk, entry)}${entry.op === "update" ? `：${changedFields(entry).map((name) => desk.titleOf(name)).join("、")}` : ""}`))),
    warnings.length ? el("details", { open: true }, el("summary", {}, t("warnings", { count: warnings.length })), el("ul", { class: "small" }, warnings.slice(0, 20).map((fault) => el("li", {}, `${desk.titleOf(fault.field)}：${fault.message}`)))) : null,
    el("label", { for: "reason" }, t("reason")), reason,
    el("div", { class: "actions spaced" }, send, el("button", { type: "button", onclick: () => dialog.close() }, t("not_yet"))));
  reason.addEventListener("keydown", (event) => { if (event.key === "Enter") send.click(); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  reason.focus();
}

/** Send the edits; the outcome by name, with the answer. */
export async function send(edits, reason, settles) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), PATIENCE_MS);
  try {
    const answer = await post("/editing/save", { reason, edits, settles }, late.signal);
    return { outcome: answer.request_id && !answer.change_id ? "submitted" : "saved", answer };
  } catch (error) {
    if (error.name === "AbortError" || error.status === 0) return { outcome: "offline", answer: {} };
    const by = { 401: "signed_out", 412: "conflict", 422: "faults" }[error.status];
    return { outcome: by || "refused", answer: error.more || {}, message: error.message };
  } finally {
    clearTimeout(timer);
  }
}

/** Check the edits as an import would; null when the server cannot be asked. */
export async function inspect(edits, signal) {
  try {
    return await post("/editing/check", { edits }, signal);
  } catch (error) {
    if (error.name === "AbortError" || error.status === 0) return null;
    if (error.status === 401) return { signedOut: true };
    return { errors: [{ field: error.more?.field || "", message: error.message, edit: error.more?.edit ?? error.more?.index ?? null }], warnings: [] };
  }
}

/** Show that work goes on, on the save button. */
export function busy(on) {
  const button = byId("save");
  button.disabled = on;
  button.setAttribute("aria-busy", String(on));
  fill(button, on ? t("saving") : t("save"));
}
