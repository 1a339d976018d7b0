// The map in its frame: commands go in, events come out, both as messages; nothing of the frame is trusted beyond their shape.

/** Make a bridge to a framed map: `on(name, listener)`, `map(command, ...values)`, `tell(command, value)`. */
export function bridge(frame) {
  const listeners = {};
  let ready = false;
  const waiting = [];
  const send = (message) => {
    // the frame is sandboxed: its origin is opaque, and only "*" reaches it
    if (ready) frame.contentWindow.postMessage(message, "*");
    else waiting.push(message);
  };
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || typeof event.data !== "object" || event.data === null) return;
    const { xiangtu: name, detail } = event.data;
    if (typeof name !== "string") return;
    if (name === "loaded") {
      ready = true;
      for (const message of waiting.splice(0)) send(message);
    }
    for (const listener of listeners[name] || []) listener(detail || {});
  });
  return {
    on(name, listener) {
      (listeners[name] = listeners[name] || []).push(listener);
    },
    map: (command, ...values) => send({ xiangtu: command, values }),
    tell: (command, value) => send({ workbench: command, value }),
    load(url) {
      ready = false;
      waiting.length = 0;
      frame.src = url;
    },
  };
}
