// Slack: what a customer writes to the bot, what the team types, and the cards with their buttons.

import { get, post } from "./api.js";
import { draw, drawView, mrkdwn } from "./blocks.js";
import { $, announce, busy, el, fault } from "./dom.js";
import { show } from "./findings.js";
import { refresh } from "./outgoing.js";
import { showTalk, summary } from "./talk.js";

const WHISPER_MS = 700;
const NUMBER = /\+[\d ().-]{7,18}\d/;
let heard = 0;
let seen = 0;

export async function open() {
  try {
    const { person, cards, whispers, windows } = await get("/demo/slack");
    heard = whispers.length;
    seen = windows.at(-1)?.number || 0;
    showTalk($("slack-talk"), person);
    showCards(cards);
    show(person);
  } catch (error) {
    fault("slack-fault", error);
  }
}

function showCards(cards) {
  const list = $("cards");
  const key = JSON.stringify(cards);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(
    ...(cards.length
      ? cards.map(card)
      : [el("p", { class: "empty" }, "Nothing waits. Text “no” from the phone, and it will.")]),
  );
}

function card({ id, ts, open: waits, blocks }) {
  return el(
    "article",
    { class: waits ? "review" : "review done", "aria-label": `Review ${id}` },
    ...draw(blocks, (button) => click({ ...button, review: id, ts })),
  );
}

async function click(button) {
  const answer = await busy($("cards"), "slack-fault", () => post("/demo/slack/click", button));
  if (!answer) return;
  showCards(answer.cards);
  if (answer.person) {
    show(answer.person, answer.delivery);
    announce(summary(answer.person));
  }
  setTimeout(hearWhispers, WHISPER_MS);
  const next = $("cards").querySelector("button");
  (next || $("tab-slack")).focus();
  refresh();
}

// What Heed says or opens to the clicker alone comes a moment after the click.
async function hearWhispers() {
  const { whispers, windows } = await get("/demo/slack").catch(() => ({ whispers: [], windows: [] }));
  const opened = windows.filter(({ number }) => number > seen).at(-1);
  if (opened) showWindow(opened);
  const news = whispers.slice(heard);
  heard = whispers.length;
  if (news.length) $("whisper").replaceChildren(...news.map((text) => el("p", {}, mrkdwn(text))));
}

// As it looks in Slack; here it can only be looked at.
function showWindow({ number, view }) {
  seen = number;
  const close = el("button", { class: "quiet", onclick: () => dialog.close() }, "Close");
  const dialog = el(
    "dialog",
    { "aria-label": view.title.text, onclose: () => dialog.remove() },
    drawView({ ...view, close: null, submit: null }),
    el("div", { class: "buttons" }, close),
  );
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}

async function say(text) {
  const answer = await busy($("slack-form"), "slack-fault", () => post("/demo/slack/message", { text }));
  if (!answer) return;
  showTalk($("slack-talk"), answer.person);
  showCards(answer.cards);
  show(answer.person, answer.delivery);
  announce(summary(answer.person));
  refresh();
}

async function run(text) {
  const answer = await busy($("command-form"), "slack-fault", () => post("/demo/slack/command", { text }));
  if (!answer) return;
  const { blocks, text: said } = answer.answer;
  $("command-answer").replaceChildren(
    ...(blocks.length ? draw(blocks, () => {}) : [said ? mrkdwn(said) : ""]),
  );
  if (!blocks.length && !said) setTimeout(hearWhispers, WHISPER_MS);
  showCards(answer.cards);
  const typed = text.match(NUMBER);
  const number = typed && `+${typed[0].replaceAll(/\D/g, "")}`;
  const person = number && (await get("/demo/sms", { number }).catch(() => null));
  if (person) {
    show(person, answer.delivery);
    announce(summary(person));
  }
  refresh();
}

export function start() {
  $("slack-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = $("slack-text").value;
    if (!text.trim()) return;
    $("slack-text").value = "";
    await say(text);
  });
  $("command-form").addEventListener("submit", (event) => {
    event.preventDefault();
    run($("command-text").value);
  });
}
