// The search box: townships, villages, works, projects, settlements by name or code.
import { byId, el, fill, say, settle } from "./dom.js";
import { get } from "./http.js";

/** Make the box of the top bar answer; `open(hit)` says what to do with a chosen hit. */
export function searchBox(open) {
  const input = byId("search");
  const list = byId("search-results");
  if (!input) return;
  let hits = [];
  let at = -1;
  let running;

  const hide = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    at = -1;
  };
  const mark = (index) => {
    at = index;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    if (list.children[at]?.id) input.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const choose = (hit) => {
    hide();
    input.value = hit.name;
    open(hit);
  };
  const ask = settle(async () => {
    const text = input.value.trim();
    if (!text) return hide();
    running?.abort();
    running = new AbortController();
    try {
      ({ hits } = await get(`/search?q=${encodeURIComponent(text)}`, running.signal));
    } catch {
      return;
    }
    fill(list, hits.length ? hits.map((hit, i) => el("li", { role: "option", id: `hit-${i}`, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); choose(hit); } },
      el("span", {}, hit.name, " ", el("span", { class: "small quiet" }, hit.where)), el("span", { class: "small quiet nowrap" }, hit.kind))) : [el("li", { class: "empty" }, say("nothing_found"))]);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  });
  input.addEventListener("input", ask);
  input.addEventListener("blur", hide);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    else if (list.hidden) return;
    else if (event.key === "ArrowDown") { event.preventDefault(); mark(Math.min(at + 1, hits.length - 1)); }
    else if (event.key === "ArrowUp") { event.preventDefault(); mark(Math.max(at - 1, 0)); }
    else if (event.key === "Enter" && hits.length) { event.preventDefault(); choose(hits[Math.max(at, 0)]); }
  });
}
