// What the workbench shows, and its place in the address bar.

const NAMES = ["area", "indicator", "level", "profile", "run", "layers", "hide", "pick", "rows", "view", "table", "sort", "text", "query"];

/** Read the state from the address. */
export function readState() {
  const found = new URLSearchParams(window.location.search);
  return Object.fromEntries(NAMES.filter((name) => found.has(name)).map((name) => [name, found.get(name)]));
}

/** Write the state to the address; the language and anything else there stays. */
export function writeState(state, { push = false } = {}) {
  const found = new URLSearchParams(window.location.search);
  for (const name of NAMES) {
    if (state[name]) found.set(name, state[name]);
    else found.delete(name);
  }
  const text = found.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  const url = `${window.location.pathname}${text ? `?${text}` : ""}`;
  if (url !== window.location.pathname + window.location.search) window.history[push ? "pushState" : "replaceState"](null, "", url);
  const other = document.getElementById("other-language");
  if (other) {
    const language = new URL(other.href).searchParams.get("lang");
    found.set("lang", language);
    other.href = `${window.location.pathname}?${found}`;
  }
}
