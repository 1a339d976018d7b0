// The analysis of a project's place beside the form: asked for when place or work change, shown as the server words it.
import { byId, el, fill } from "./dom.js";
import { setup, t } from "./edit-text.js";
import { post } from "./http.js";

/** Show blocks of lines; words are the server's. */
export function showBlocks(place, blocks) {
  fill(place, blocks.map((block) => el("section", { class: `site-block ${block.key}`, "data-block": block.key }, el("h3", {}, block.title),
    el("ul", {}, block.lines.map((line) => el("li", { class: line.tone || null }, line.href ? el("a", { href: line.href, target: "_blank", rel: "noopener" }, line.text) : line.text))))));
}

/** Ask for the analysis of what stands in the form; a newer question takes the place of an older one. */
export function siteReport(payload) {
  let asking = null;
  let last = "";
  return async function ask({ again = false } = {}) {
    const body = payload();
    const text = JSON.stringify(body);
    const says = byId("site-state");
    if (text === last && !again) return;
    if (!body.geometry && !body.values.village_codes.length) { last = text; fill(byId("site-report")); says.textContent = t("site_needs_place"); return; }
    asking?.abort();
    asking = new AbortController();
    says.textContent = t("site_working");
    byId("site-report").setAttribute("aria-busy", "true");
    try {
      const found = await post(setup.urls.site, body, asking.signal);
      last = text;
      showBlocks(byId("site-report"), found.blocks);
      says.textContent = found.says;
      byId("site-report").removeAttribute("aria-busy");
    } catch (error) {
      if (error.name === "AbortError") return;
      says.textContent = error.status === 0 ? t("site_offline") : error.message;
      byId("site-report").removeAttribute("aria-busy");
    }
  };
}
