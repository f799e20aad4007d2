// Bubbles of both sides. Only what is new is added, so that a screen reader hears each once.

import { el } from "./dom.js";

export function showTalk(log, person, scene = null) {
  const key = `${person.channel}:${person.address}`;
  if (log.dataset.key !== key) {
    log.dataset.key = key;
    log.replaceChildren();
    if (scene) log.append(el("p", { class: "bubble heed scene" }, scene));
  }
  const fresh = log.dataset.shown === key;
  for (const turn of person.talk) {
    if (document.getElementById(turn.id)) continue;
    const who = turn.who === "person" ? "You" : "Heed";
    log.append(
      el(
        "p",
        { class: `bubble ${turn.who}${fresh ? " new" : ""}`, id: turn.id },
        el("span", { class: "unseen" }, `${who}: `),
        turn.text || " ",
      ),
    );
  }
  log.querySelector(".meta")?.remove();
  if (person.talk.length && !lastAnswer(person)) {
    const [reading] = person.readings;
    const why = reading.repeats ? "confirmed before" : reading.cause ? "a person decides" : "none is due";
    log.append(el("p", { class: "meta" }, `No answer: ${why}.`));
  }
  log.dataset.shown = key;
  log.scrollTop = log.scrollHeight;
}

export function lastAnswer(person) {
  const last = person.talk.at(-1);
  return last && last.who === "heed" ? last : null;
}

// What a screen reader is told besides the bubbles: the state and the reading.
export function summary(person) {
  const reading = person.readings[0];
  const state = person.standing.rulings[0].allowed ? "allowed" : "blocked";
  return `${reading ? `Read as: ${reading.title}. ` : ""}Marketing is ${state}.`;
}
