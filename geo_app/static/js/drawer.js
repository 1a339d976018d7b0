// The table below the map: rows of a layer in the chosen area, sorted, filtered, with chosen columns; a row moves the map and back.
import { byId, cell, el, fill, number, say, settle } from "./dom.js";
import { download, get, working } from "./http.js";

const PAGE = 100;

/** Make the drawer; `state` is the workbench's, `changed()` keeps the address, `open(layer, id)` shows a row. */
export function drawer(setup, state, { changed, open }) {
  const body = byId("drawer-body");
  const table = body.querySelector("table");
  const chooser = byId("drawer-layer");
  const hidden = new Set();
  let offset = 0;
  let total = 0;
  let columns = [];
  let current = null;

  chooser.append(...setup.layers.filter((layer) => layer.count).map((layer) => el("option", { value: layer.name }, layer.title)));
  if (state.table && [...chooser.options].some((option) => option.value === state.table)) chooser.value = state.table;
  byId("drawer-filter").value = state.text || "";

  function heads() {
    return el("tr", {}, columns.map((column, i) => {
      if (hidden.has(column.name)) return null;
      const down = state.sort === `-${column.name}`;
      const up = state.sort === column.name;
      return el("th", { scope: "col", "data-column": i, "aria-sort": up ? "ascending" : down ? "descending" : null },
        el("button", { type: "button", onclick: () => { state.sort = up ? `-${column.name}` : column.name; offset = 0; show(); } }, column.unit ? `${column.title} / ${column.unit}` : column.title));
    }));
  }
  function line(row) {
    const pick = () => open(chooser.value, row.id);
    return el("tr", { tabIndex: 0, "data-id": row.id, "data-code": row.code, "aria-selected": current === row.id ? "true" : "false", onclick: pick, onkeydown: (event) => event.key === "Enter" && pick() },
      row.cells.map((value, i) => (hidden.has(columns[i].name) ? null : el("td", { class: typeof value === "number" ? "number" : null }, cell(value)))));
  }
  async function show() {
    if (body.hidden || !chooser.value) return;
    state.table = chooser.value;
    changed();
    const query = new URLSearchParams({ offset, limit: PAGE, sort: state.sort || "", text: state.text || "" });
    if (state.area) query.set("area", state.area);
    const name = chooser.value;
    const found = await working(body, get(`/layers/${name}/rows?${query}`));
    if (name !== chooser.value) return;
    ({ total, columns } = found);
    fill(table.tHead, heads());
    fill(table.tBodies[0], found.rows.map(line));
    const last = Math.min(offset + PAGE, total);
    byId("drawer-count").textContent = total ? `${number(offset + 1)}–${number(last)} / ${number(total)}` : say("nothing_found");
    byId("drawer-previous").disabled = offset === 0;
    byId("drawer-next").disabled = last >= total;
  }
  function toggle(open_) {
    body.hidden = !open_;
    byId("drawer").classList.toggle("open-narrow", open_);
    byId("drawer-toggle").setAttribute("aria-expanded", String(open_));
    if (open_) show();
    else { state.table = ""; changed(); }
  }
  const reset = () => { offset = 0; show(); };

  byId("drawer-toggle").addEventListener("click", () => toggle(body.hidden));
  byId("drawer-close").addEventListener("click", () => toggle(false));
  chooser.addEventListener("change", () => { state.sort = ""; hidden.clear(); if (body.hidden) toggle(true); else reset(); });
  byId("drawer-filter").addEventListener("input", settle(() => { state.text = byId("drawer-filter").value; if (body.hidden) toggle(true); else reset(); }, 250));
  byId("drawer-previous").addEventListener("click", () => { offset = Math.max(0, offset - PAGE); show(); });
  byId("drawer-next").addEventListener("click", () => { offset += PAGE; show(); });
  for (const button of document.querySelectorAll(".drawer [data-format]")) {
    button.addEventListener("click", () => download(`/downloads/layers/${chooser.value}`, { format: button.dataset.format, area: state.area || "" }));
  }
  byId("drawer-columns").addEventListener("click", () => {
    const button = byId("drawer-columns");
    const old = button.parentElement.querySelector(".menu");
    if (old) { old.remove(); button.setAttribute("aria-expanded", "false"); return; }
    const boxes = columns.map((column) => {
      const box = el("input", { type: "checkbox", checked: !hidden.has(column.name) });
      box.addEventListener("change", () => { if (box.checked) hidden.delete(column.name); else hidden.add(column.name); show(); });
      return el("li", {}, el("label", { class: "line" }, box, column.title));
    });
    button.setAttribute("aria-expanded", "true");
    button.after(el("ul", { class: "menu up" }, boxes));
  });
  return {
    refresh: reset,
    open: () => toggle(true),
    start: () => state.table && toggle(true),
    mark(id) {
      current = id;
      for (const row of table.tBodies[0].rows) {
        const same = row.dataset.id === id;
        row.setAttribute("aria-selected", String(same));
        if (same) row.scrollIntoView({ block: "nearest" });
      }
    },
  };
}
