// The villages that a project covers: chosen from those of the person's area, found by name, shown as tags that can be put away.
import { byId, el, fill } from "./dom.js";
import { setup, t } from "./edit-text.js";

const MOST = 12;

/** The chooser; `changed()` after every choice. */
export function villageChooser(changed) {
  const names = new Map(setup.villages.map((item) => [item.code, item]));
  const box = byId("village-search");
  const list = byId("village-hits");
  let chosen = [];

  const label = (code) => { const item = names.get(code); return item ? `${item.name}${item.township ? ` · ${item.township}` : ""}` : code; };
  function show() {
    fill(byId("village-tags"), chosen.map((code) => el("li", { class: "tag chosen", "data-code": code, title: code }, label(code), el("button", { type: "button", class: "plain", "aria-label": `${t("remove")} ${label(code)}`, onclick: () => put(chosen.filter((item) => item !== code)) }, "×"))));
    hits();
  }
  function put(codes, { quiet = false } = {}) {
    chosen = [...new Set(codes)];
    show();
    if (!quiet) changed();
  }
  function hits() {
    const asked = box.value.trim().toLowerCase();
    const found = asked ? setup.villages.filter((item) => !chosen.includes(item.code) && (item.name.toLowerCase().includes(asked) || item.code.startsWith(asked) || item.township.toLowerCase().includes(asked))).slice(0, MOST) : [];
    fill(list, found.map((item) => el("li", {}, el("button", { type: "button", class: "plain", "data-code": item.code, onclick: () => { box.value = ""; put([...chosen, item.code]); box.focus(); } }, label(item.code), el("span", { class: "small quiet" }, ` ${item.code}`)))));
    list.hidden = !found.length;
  }
  box.addEventListener("input", hits);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    list.querySelector("button")?.click();
  });
  return { put, get codes() { return chosen; } };
}
