// Elements and text. Everything a person or a file wrote goes in as textContent; nothing here parses markup.

const source = document.getElementById("texts");
const texts = source ? JSON.parse(source.textContent) : {};

/** Give a translated text by its key, `{name}` replaced from `values`. */
export function say(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Make an element: properties, `data-`/`aria-` attributes, listeners as `onclick`, then children (text or elements). */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name.includes("-") || name === "role" || name === "for" || name === "scope" || name === "colspan" || name === "list") node.setAttribute(name, value === true ? "" : value);
    else node[name] = value;
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false).map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";
/** Make an SVG element with attributes. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const byId = (id) => document.getElementById(id);
export const unknown = "—";
const missing = (value) => value === null || value === undefined || value === "" || Number.isNaN(value);

/** Write a number with grouped thousands; unknown is a dash, never zero. */
export function number(value, digits = 0) {
  if (missing(value)) return unknown;
  return Number(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
/** Write a rate in percent with one decimal, more where it would round to 100. */
export function rate(value) {
  if (missing(value)) return unknown;
  let digits = 1;
  while (digits < 4 && value < 100 && Number(value.toFixed(digits)) >= 100) digits += 1;
  return `${number(value, digits)} %`;
}
/** Write a distance in metres, or kilometres from 10 km on. */
export function distance(value) {
  if (missing(value)) return unknown;
  return value >= 10000 ? `${number(value / 1000, 1)} km` : `${number(value)} m`;
}
/** Write any value of a row. */
export function cell(value) {
  if (missing(value)) return unknown;
  if (value === true) return say("yes");
  if (value === false) return say("no");
  if (typeof value === "number") return Number.isInteger(value) ? (Math.abs(value) >= 10000 ? number(value) : String(value)) : Number(value).toLocaleString("en-US", { maximumFractionDigits: 2 });
  if (Array.isArray(value)) return value.map((item) => (typeof item === "object" ? Object.values(item).join(" ") : item)).join("、");
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}
/** Empty an element and put children in. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat().filter(Boolean));
  return node;
}
/** Call a function once it has not been called for `ms`. */
export function settle(call, ms = 200) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), ms);
  };
}
