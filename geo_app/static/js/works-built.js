// Works as built: drawn on the map, or brought by a file with one feature; the form sends the geometry as GeoJSON.
import { byId } from "./dom.js";
import { setup } from "./edit-text.js";
import { upload } from "./http.js";
import { siteMap } from "./project-map.js";

const site = siteMap(() => {});
if (setup.geometry) site.set(setup.geometry);

byId("built-form").addEventListener("submit", () => {
  byId("geometry").value = site.geometry ? JSON.stringify(site.geometry) : "";
});

byId("built-file").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  const says = byId("file-says");
  const data = new FormData();
  data.append("file", file);
  try {
    const found = await upload(setup.urls.file, data);
    if (found.geometry) site.put(found.geometry, { fit: true });
    says.textContent = found.questions ? found.questions.map((question) => question.text).join(" ") : (found.notes ?? []).join(" ");
  } catch (error) {
    says.textContent = error.message;
  }
});
