// What has been edited and not yet saved: one entry a feature, every step undoable, kept in the browser until it is saved.

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const KEPT = "xiangtu.draft.1";

/** Edits of one layer. An entry is {id, op, ver, base, properties, geometry}; `base` is what was seen, null for a new feature. */
export class Draft {
  constructor(layer) {
    this.layer = layer;
    this.entries = new Map();
    this.done = [];
    this.undone = [];
    this.last = 0;
    /** Numbers under which the server keeps edits that it refused, by entry: settled when they are saved after all. */
    this.kept = {};
  }

  get size() { return this.entries.size; }

  /** What a feature is now: its entry, or as it was read. */
  now(feature) { return this.entries.get(feature.id) || { id: feature.id, op: "same", ver: feature.ver, base: feature, properties: feature.properties, geometry: feature.geometry }; }

  newId() {
    this.last += 1;
    return `new-${this.last}`;
  }

  /** Do a step: a label and, by id, the entry after it (null: as it was read). */
  step(label, after) {
    const changes = Object.entries(after).map(([id, entry]) => ({ id, before: this.entries.get(id) || null, after: settled(entry) })).filter(({ before, after: next }) => !same(before, next));
    if (!changes.length) return false;
    this.done.push({ label, changes });
    this.undone = [];
    this.put(changes, "after");
    return true;
  }

  put(changes, side) {
    for (const change of changes) {
      if (change[side]) this.entries.set(change.id, change[side]);
      else this.entries.delete(change.id);
    }
  }

  undo() {
    const step = this.done.pop();
    if (!step) return null;
    this.undone.push(step);
    this.put(step.changes, "before");
    return step;
  }

  redo() {
    const step = this.undone.pop();
    if (!step) return null;
    this.done.push(step);
    this.put(step.changes, "after");
    return step;
  }

  /** Take entries out for good (they are saved, or given up to somebody else's version): steps about them cannot come back. */
  settle(ids) {
    const gone = new Set(ids);
    for (const id of gone) { this.entries.delete(id); delete this.kept[id]; }
    const strip = (steps) => steps.map((step) => ({ ...step, changes: step.changes.filter(({ id }) => !gone.has(id)) })).filter((step) => step.changes.length);
    this.done = strip(this.done);
    this.undone = strip(this.undone);
  }

  /** The edits as the server takes them: only what differs from what was seen. */
  payload(only = null) {
    return [...this.entries.values()].filter((entry) => !only || only.has(entry.id)).map((entry) => {
      const edit = { op: entry.op, layer: this.layer };
      if (entry.op !== "insert") { edit.id = entry.id; edit.expected_ver = entry.ver; }
      if (entry.op === "delete") return edit;
      edit.properties = entry.op === "insert" ? entry.properties : Object.fromEntries(Object.entries(entry.properties).filter(([name, value]) => !same(value, entry.base.properties[name])));
      if (entry.op === "insert" || !same(entry.geometry, entry.base.geometry)) edit.geometry = entry.geometry;
      return edit;
    });
  }

  toJSON() { return { entries: [...this.entries.values()], last: this.last, kept: this.kept }; }

  restore({ entries, last, kept }) {
    for (const entry of entries) this.entries.set(entry.id, entry);
    this.last = last || 0;
    this.kept = kept || {};
  }
}

/** An entry that differs in nothing from what was seen is no entry. */
function settled(entry) {
  if (!entry || entry.op === "same") return null;
  if (entry.op === "update" && same(entry.properties, entry.base.properties) && same(entry.geometry, entry.base.geometry)) return null;
  return entry;
}

/** Names of the fields in which an entry differs from what was seen; `geometry` among them. */
export function changedFields(entry) {
  if (entry.op !== "update") return [];
  const names = Object.keys(entry.properties).filter((name) => !same(entry.properties[name], entry.base.properties[name]));
  return same(entry.geometry, entry.base.geometry) ? names : [...names, "geometry"];
}

/** Where a person's draft of a layer is kept in this browser; it outlives the page and the browser's closing. */
export class Shelf {
  constructor(person, layer) {
    this.name = `${KEPT}.${person}.${layer}`;
    this.mine = true;
  }

  /** Ask whether another page of this browser holds this draft; two that wrote one draft would lose one another's steps. */
  async claim() {
    if (!navigator.locks) return true;
    this.mine = await new Promise((resolve) => {
      navigator.locks.request(this.name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise((leave) => { this.leave = leave; });
      });
    });
    return this.mine;
  }

  release() { if (this.leave) this.leave(); }

  /** Keep a draft, or forget it when it is empty; false when the browser has no room for it. */
  keep(draft, reason) {
    if (!this.mine) return true;
    try {
      if (draft.size) window.localStorage.setItem(this.name, JSON.stringify({ at: new Date().toISOString(), reason, ...draft.toJSON() }));
      else window.localStorage.removeItem(this.name);
      return true;
    } catch (error) {
      if (error instanceof DOMException) return false;
      throw error;
    }
  }

  held() {
    try {
      const found = JSON.parse(window.localStorage.getItem(this.name));
      return Array.isArray(found?.entries) && found.entries.length ? found : null;
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof DOMException) return null;
      throw error;
    }
  }
}
