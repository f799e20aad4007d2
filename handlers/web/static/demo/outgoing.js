// What would have left: kept, newest first. Asked again a little later, when the worker has been.

import { get } from "./api.js";
import { $, clock, el } from "./dom.js";

const LATER_MS = [900, 2500];
let timers = [];
let listeners = [];

export function onOutgoing(listener) {
  listeners.push(listener);
}

export async function refresh() {
  for (const timer of timers) clearTimeout(timer);
  await load();
  timers = LATER_MS.map((ms) => setTimeout(load, ms));
}

async function load() {
  let messages;
  try {
    ({ messages } = await get("/demo/outgoing"));
  } catch {
    return; // whatever was done already says so where it was done
  }
  $("outgoing").replaceChildren(
    ...(messages.length
      ? messages.map(item)
      : [el("li", { class: "empty" }, "Nothing yet. Say stop above.")]),
  );
  for (const listener of listeners) listener(messages);
}

function item(message) {
  return el(
    "li",
    {},
    el(
      "div",
      {},
      el("p", { class: "to number" }, message.to),
      el("p", { class: "faint" }, `${message.kind}, ${message.state}`),
      el("time", { class: "faint", datetime: message.at }, clock(message.at)),
    ),
    el("div", {}, headers(message), el("p", { class: "text" }, message.text)),
  );
}

export function headers(message) {
  if (!message.headers.length) return null;
  return el(
    "dl",
    { class: "mail-head" },
    message.headers.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}
