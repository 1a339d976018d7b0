// Money on the application form: exact in hundredths of a yuan, the unit always named, the sum of the sources beside the total.
import { byId, el, fill } from "./dom.js";
import { setup, t } from "./edit-text.js";

/** How many hundredths of a yuan each unit has. */
const CENTS = Object.fromEntries(Object.entries(setup.cents).map(([unit, cents]) => [unit, BigInt(cents)]));

/** Read an amount: {value} in hundredths of a yuan, {} when empty, {fault} with a sentence. */
export function cents(text, unit) {
  const raw = text.trim().replaceAll(",", "");
  if (!raw) return {};
  const found = /^(\d{1,12})(?:\.(\d{1,12}))?$/.exec(raw);
  if (!found) return { fault: t("not_an_amount", { value: raw.slice(0, 20) }) };
  const [, whole, part = ""] = found;
  const scale = 10n ** BigInt(part.length);
  const value = (BigInt(whole) * scale + BigInt(part || 0)) * CENTS[unit];
  if (value % scale) return { fault: t("too_fine") };
  return { value: value / scale };
}

/** Write hundredths of a yuan in a unit, without trailing zeros. */
export function written(value, unit) {
  const per = CENTS[unit];
  const whole = value / per;
  const rest = value % per;
  const digits = per.toString().length - 1;
  const part = rest ? `.${rest.toString().padStart(digits, "0").replace(/0+$/, "")}` : "";
  return `${whole.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",")}${part} ${setup.unit_words[unit]}`;
}

const unitBox = (chosen, label) => el("select", { class: "unit", "aria-label": label }, setup.units.map((unit) => el("option", { value: unit, selected: unit === chosen }, setup.unit_words[unit])));

/** The table of sources and the total; `changed()` after every entry. */
export function money(changed) {
  const total = byId("budget-amount");
  const unit = byId("budget-unit");
  const rows = byId("sources").tBodies[0];

  function add({ code = "", amount = "", unit: chosen = setup.usual } = {}) {
    const source = el("select", { class: "source", "aria-label": t("fund_source") }, el("option", { value: "" }, t("choose")), setup.sources.map((item) => el("option", { value: item.code, selected: item.code === code }, item.title)));
    const box = el("input", { type: "text", class: "number amount", inputMode: "decimal", autocomplete: "off", value: amount, "aria-label": t("amount") });
    const row = el("tr", {}, el("td", {}, source), el("td", {}, box), el("td", {}, unitBox(chosen, t("unit"))), el("td", { class: "back small quiet" }), el("td", {}, el("button", { type: "button", class: "plain", "aria-label": t("remove_source"), onclick: () => { row.remove(); changed(); } }, "×")));
    rows.append(row);
  }
  const entries = () => [...rows.rows].map((row) => ({ code: row.querySelector(".source").value, amount: row.querySelector(".amount").value, unit: row.querySelector(".unit").value, row }));
  const plain = () => entries().map(({ code, amount, unit: chosen }) => ({ code, amount, unit: chosen })).filter((item) => item.code || item.amount.trim());

  /** Show amounts back in other units and the sum; give the faults by field. */
  function judge() {
    const faults = {};
    const read = cents(total.value, unit.value);
    if (read.fault) faults.budget_total = read.fault;
    byId("budget-back").textContent = read.value === undefined ? "" : setup.units.map((each) => written(read.value, each)).join(" = ");
    let sum = 0n;
    let unknown = 0;
    for (const item of entries()) {
      const found = cents(item.amount, item.unit);
      item.row.querySelector(".back").textContent = found.value === undefined ? "" : written(found.value, setup.usual);
      if (found.fault) faults.funding_sources = found.fault;
      else if (!item.code && found.value !== undefined) faults.funding_sources = t("source_unnamed");
      if (found.value === undefined) unknown += item.code ? 1 : 0;
      else sum += found.value;
    }
    byId("sources-sum").textContent = `${written(sum, setup.usual)}${unknown ? ` + ${t("sources_unknown", { count: unknown })}` : ""}`;
    const known = read.value !== undefined && plain().length && !unknown;
    const apart = known ? (sum > read.value ? sum - read.value : read.value - sum) : 0n;
    const differs = known && apart >= BigInt(setup.cent_tolerance);
    byId("sources-state").textContent = !known ? "" : differs ? t(sum > read.value ? "sum_above" : "sum_below", { by: written(apart, setup.usual) }) : t("sum_agrees");
    byId("sources-state").className = differs ? "bad" : known ? "good" : "";
    if (differs && !faults.funding_sources) faults.funding_sources = t("sum_differs");
    return faults;
  }
  byId("add-source").addEventListener("click", () => { add(); rows.rows[rows.rows.length - 1].querySelector("select").focus(); changed(); });
  return {
    judge,
    get budget() { return { amount: total.value, unit: unit.value }; },
    get sources() { return plain(); },
    put({ budget, sources }) {
      total.value = budget?.amount ?? "";
      unit.value = budget?.unit ?? setup.usual;
      fill(rows);
      for (const item of sources || []) add(item);
      if (!rows.rows.length) add();
    },
  };
}
