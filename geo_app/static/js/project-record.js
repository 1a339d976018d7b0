// The record of a project: the analysis of its place, asked for after the page stands.
import { byId } from "./dom.js";
import { setup, t } from "./edit-text.js";
import { get } from "./http.js";
import { showBlocks } from "./project-site.js";

async function analyse() {
  const says = byId("site-state");
  says.textContent = t("site_working");
  try {
    const found = await get(setup.urls.site);
    showBlocks(byId("site-report"), found.blocks);
    says.textContent = found.says;
  } catch (error) {
    says.textContent = error.status === 0 ? t("site_offline") : error.message;
  }
}

if (byId("analysis")) analyse();
