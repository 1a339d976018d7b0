// The words of the edit page, in the language it was asked in.
import { byId } from "./dom.js";

/** What the page was given: layers, references, limits, words. */
export const setup = JSON.parse(byId("setup").textContent);

/** Give a text of the edit page by its key, `{name}` replaced from `values`. */
export function t(key, values = {}) {
  const text = setup.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
