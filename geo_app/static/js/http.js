// Requests to our own server: token on unsafe verbs, faults as sentences, and a sign of work after 300 ms.
import { el, say } from "./dom.js";

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** A refused request: the server's sentence, its code and the request's number. */
export class Fault extends Error {
  constructor(body, status) {
    super(body.message || say("no_answer"));
    this.code = body.code || "internal";
    this.status = status;
    this.more = body;
  }
}

/** The sign-in ran out: back to it, and from there to this page; an edit in the making keeps its draft. */
function signInAgain() {
  const here = window.location.pathname + window.location.search;
  window.location.assign(`/sign-in?next=${encodeURIComponent(here)}`);
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options, headers: { Accept: "application/json", "X-Requested-With": "xiangtu", ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Fault({ message: say("no_answer") }, 0);
  }
  const kind = response.headers.get("Content-Type") || "";
  const body = kind.includes("json") ? await response.json() : {};
  if (response.status === 401 && !document.body.classList.contains("edit-page")) signInAgain();
  if (!response.ok) throw new Fault(body, response.status);
  return body;
}

export const get = (url, signal) => ask(url, { signal });
export const post = (url, body = {}, signal) => ask(url, { method: "POST", signal, headers: { "Content-Type": "application/json", "X-CSRF-Token": token }, body: JSON.stringify(body) });
export const remove = (url) => ask(url, { method: "DELETE", headers: { "Content-Type": "application/json", "X-CSRF-Token": token }, body: "{}" });

/** Send a form by POST and let the browser keep the file that comes back. */
export function download(url, fields) {
  const form = el("form", { method: "post", action: url, hidden: true }, el("input", { name: "csrf_token", value: token }));
  for (const [name, value] of Object.entries(fields)) form.append(el("input", { name, value }));
  document.body.append(form);
  form.submit();
  form.remove();
}

/** Send a form with a file, reporting how much is sent. */
export function upload(url, data, { onprogress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", token);
    request.setRequestHeader("X-Requested-With", "xiangtu");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onprogress?.(event.loaded, event.total);
    request.onload = () => (request.status < 400 ? resolve(request.response) : reject(new Fault(request.response || {}, request.status)));
    request.onerror = () => reject(new Fault({ message: say("no_answer") }, 0));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(data);
  });
}

/** Show over a place that something works, once it takes more than 300 ms; faults become a notice there. */
export async function working(place, promise) {
  const sign = el("p", { class: "working", role: "status" }, say("working"));
  const timer = setTimeout(() => place.prepend(sign), 300);
  place.setAttribute("aria-busy", "true");
  try {
    return await promise;
  } catch (error) {
    if (error.name !== "AbortError") place.prepend(notice(error));
    throw error;
  } finally {
    clearTimeout(timer);
    sign.remove();
    place.removeAttribute("aria-busy");
  }
}

/** Make a notice of a fault that can be put away. */
export function notice(error, kind = "danger") {
  const box = el("div", { class: `notice ${kind}`, role: kind === "danger" ? "alert" : "status" }, el("span", {}, error.message || String(error)));
  box.append(" ", el("button", { type: "button", class: "plain", "aria-label": say("close"), onclick: () => box.remove() }, "×"));
  return box;
}
