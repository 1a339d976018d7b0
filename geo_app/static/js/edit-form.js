// The form of one feature, made from the declaration of its layer. An empty field is unknown: neither zero nor no.
import { el } from "./dom.js";
import { t } from "./edit-text.js";

const NUMBERS = new Set(["integer", "number"]);
const objects = (field) => field.type === "list" && field.note.startsWith("[{");

/** Read what a person typed into a field: {value}, or {fault} with a sentence. Empty is null. */
export function read(field, text) {
  const raw = text.trim();
  if (raw === "") return { value: null };
  if (NUMBERS.has(field.type)) {
    const value = Number(raw.replaceAll(",", ""));
    if (!Number.isFinite(value)) return { fault: t("not_a_number", { value: raw.slice(0, 20) }) };
    if (field.type === "integer" && !Number.isInteger(value)) return { fault: t("not_whole", { value: raw.slice(0, 20) }) };
    return { value };
  }
  if (field.type === "flag") return { value: raw === "yes" };
  if (field.type === "list") return readList(field, raw);
  return { value: raw };
}
function readList(field, raw) {
  if (!objects(field)) return { value: raw.split(/[\n;；]/).map((item) => item.trim()).filter(Boolean) };
  try {
    const value = JSON.parse(raw);
    return Array.isArray(value) ? { value } : { fault: t("not_a_list") };
  } catch (error) {
    if (error instanceof SyntaxError) return { fault: t("not_a_list") };
    throw error;
  }
}

/** Write a value as a person reads and types it. */
export function written(field, value) {
  if (value === null || value === undefined) return "";
  if (field.type === "flag") return value ? "yes" : "no";
  if (field.type === "list") return objects(field) ? JSON.stringify(value, null, 1) : value.join("\n");
  return String(value);
}

/** Check a value against the field's own rules; a sentence, or an empty text. The server checks the same and more. */
export function check(field, value) {
  if (value === null || value === undefined || (Array.isArray(value) && !value.length)) return field.required ? t("is_required", { field: field.title }) : "";
  if (NUMBERS.has(field.type)) {
    if (field.minimum !== null && value < field.minimum) return t("too_small", { least: field.minimum });
    if (field.maximum !== null && value > field.maximum) return t("too_large", { most: field.maximum });
  }
  if (typeof value === "string") {
    if (field.length !== null && value.length > field.length) return t("too_long", { most: field.length });
    if (field.pattern && !new RegExp(`^(?:${field.pattern})$`, "u").test(value)) return t("no_match", { pattern: field.pattern });
  }
  return "";
}

/** Give value or code of a field in words. */
export function words(field, value) {
  if (value === null || value === undefined || value === "") return t("unknown");
  if (field.type === "flag") return value ? t("yes") : t("no");
  if (field.type === "code") return field.codes.find((code) => code.code === value)?.title ?? String(value);
  if (field.type === "list") return written(field, value).replaceAll("\n", "、");
  return field.unit ? `${value} ${field.unit}` : String(value);
}

function control(field, value, disabled) {
  const id = `field-${field.name}`;
  const common = { id, name: field.name, disabled, "aria-describedby": `says-${field.name}`, "aria-required": field.required ? "true" : null };
  if (field.type === "flag") return select(common, [["", t("unknown")], ["yes", t("yes")], ["no", t("no")]], written(field, value));
  if (field.type === "code") {
    const known = field.codes.some((code) => code.code === value);
    const strange = value !== null && value !== undefined && !known ? [[String(value), String(value)]] : [];
    return select(common, [["", t("unknown")], ...field.codes.map((code) => [code.code, code.title]), ...strange], value ?? "");
  }
  if (field.type === "list") return el("textarea", { ...common, rows: 3, placeholder: objects(field) ? field.note : t("one_a_line"), value: written(field, value) });
  const kind = field.type === "date" ? "date" : "text";
  return el("input", { ...common, type: kind, autocomplete: "off", inputMode: NUMBERS.has(field.type) ? "decimal" : null, placeholder: field.type === "date" ? null : t("unknown"), value: written(field, value) });
}
function select(common, options, chosen) {
  return el("select", common, options.map(([value, title]) => el("option", { value, selected: value === chosen }, title)));
}

/** Show what is wrong beside the fields that stand there, without touching what a person is typing. */
export function markFields(declared, faults) {
  for (const field of declared.fields) {
    const row = document.querySelector(`#feature-form [data-field="${field.name}"]`);
    const says = row?.querySelector(".says");
    if (!says) continue;
    const found = faults[field.name];
    row.className = `edit-field${found ? ` ${found.severity}` : ""}`;
    row.querySelector("input, select, textarea").setAttribute("aria-invalid", found?.severity === "error" ? "true" : "false");
    const text = found ? found.message : hint(field);
    if (says.textContent !== text) says.textContent = text;
    if (found?.severity === "error") says.setAttribute("role", "alert");
    else says.removeAttribute("role");
  }
}

/** Make the form: `values` of the feature, `faults` by field, `change(field, {value}|{fault}, text)` on every completed entry. */
export function form(declared, values, { faults = {}, typed = {}, locked = false, proposed = false, change }) {
  const row = (field) => {
    const box = control(field, values[field.name] ?? null, locked || !field.writable);
    if (typed[field.name] !== undefined) box.value = typed[field.name];
    box.addEventListener("change", () => change(field, read(field, box.value), box.value));
    const found = faults[field.name];
    box.setAttribute("aria-invalid", found?.severity === "error" ? "true" : "false");
    const mark = field.required ? el("span", { class: "must" }, t("required")) : field.recommended ? el("span", { class: "should" }, t("recommended")) : null;
    return el("div", { class: `edit-field${found ? ` ${found.severity}` : ""}`, "data-field": field.name },
      el("label", { for: box.id, title: `${field.title_other} · ${field.name}${field.note ? ` · ${field.note}` : ""}` }, field.title, field.unit ? el("span", { class: "quiet" }, ` / ${field.unit}`) : null, " ", mark),
      box, el("p", { class: "says", id: `says-${field.name}`, role: found?.severity === "error" ? "alert" : null }, found ? found.message : hint(field)));
  };
  const main = declared.fields.filter((field) => !field.record);
  const record = declared.fields.filter((field) => field.record);
  return el("form", { class: "edit-form", id: "feature-form", autocomplete: "off", onsubmit: (event) => event.preventDefault() }, main.map(row),
    el("details", { open: proposed || record.some((field) => faults[field.name]) }, el("summary", {}, t("record_fields")), proposed ? el("p", { class: "small quiet", id: "proposed" }, t("proposed")) : null, record.map(row)));
}
function hint(field) {
  if (!field.writable) return t("not_yours");
  const { minimum: low, maximum: high } = field;
  if (low !== null && high !== null) return `${low} – ${high}`;
  if (low !== null) return `≥ ${low}`;
  return high === null ? "" : `≤ ${high}`;
}
