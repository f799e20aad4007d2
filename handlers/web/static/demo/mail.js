// The mail composer: what was typed, what of it was read, and the confirmation it would get.

import { get, post } from "./api.js";
import { $, announce, busy, el } from "./dom.js";
import { show } from "./findings.js";
import { headers, onOutgoing, refresh } from "./outgoing.js";
import { lastAnswer, summary } from "./talk.js";

let awaited = null;

export async function open() {
  const person = await get("/demo/mail", { from: $("mail-from").value, to: $("mail-to").value }).catch(() => null);
  if (person) show(person);
}

function showCut(lines) {
  $("mail-cut").hidden = false;
  $("mail-cut").replaceChildren(
    el("h2", { class: "small" }, "What was read as the person's own words"),
    ...lines.map(([text, kept]) => el("p", { class: kept ? "" : "gone" }, text)),
  );
}

function showAnswer(messages) {
  const message = messages.find((one) => one.id === awaited);
  if (!message) return;
  $("mail-answer").replaceChildren(
    el(
      "div",
      { class: "letter" },
      el("h2", { class: "small" }, "The mail that would have been sent"),
      headers(message),
      el("p", { class: "text" }, message.text),
    ),
  );
}

export function start() {
  onOutgoing(showAnswer);
  $("mail-from").addEventListener("change", open);
  $("mail-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = Object.fromEntries(new FormData(form));
    const before = awaited;
    const answer = await busy(form, "mail-fault", () => post("/demo/mail", fields));
    if (!answer) return;
    showCut(answer.cut);
    show(answer.person, answer.delivery);
    const said = lastAnswer(answer.person);
    awaited = said ? said.id : null;
    if (!said || awaited === before) {
      $("mail-answer").replaceChildren(
        el("p", { class: "empty" }, "No answer this time: one stop is confirmed once."),
      );
    }
    announce(summary(answer.person));
    refresh();
  });
}
