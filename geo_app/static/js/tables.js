// Sorting of tables that the server wrote whole: a header with a button sorts its column.

const value = (row, column) => {
  const cell = row.cells[column];
  return cell?.dataset.value ?? cell?.textContent.trim() ?? "";
};

function compare(a, b) {
  const blankA = a === "" || a === "—";
  const blankB = b === "" || b === "—";
  if (blankA || blankB) return blankA - blankB;
  const numberA = Number(a.replaceAll(",", "").replace(/\s*(%|m|km)$/, ""));
  const numberB = Number(b.replaceAll(",", "").replace(/\s*(%|m|km)$/, ""));
  if (!Number.isNaN(numberA) && !Number.isNaN(numberB)) return numberA - numberB;
  return a.localeCompare(b, "zh");
}

/** Sort a table's body by a column, blanks always last. */
function sort(table, header) {
  const column = header.cellIndex;
  const descending = header.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  rows.sort((a, b) => {
    const [x, y] = [value(a, column), value(b, column)];
    const blank = (x === "" || x === "—") || (y === "" || y === "—");
    return compare(x, y) * (descending && !blank ? -1 : 1);
  });
  body.append(...rows);
}

export function sortable(root = document) {
  for (const table of root.querySelectorAll("table[data-sortable]")) {
    for (const header of table.tHead?.rows[0]?.cells ?? []) {
      const button = header.querySelector("button");
      button?.addEventListener("click", () => sort(table, header));
    }
  }
}
