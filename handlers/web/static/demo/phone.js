// The phone: a country, a language, a number that belongs to nobody, and a talk.

import { get, post } from "./api.js";
import { $, announce, busy, el, fault } from "./dom.js";
import { show } from "./findings.js";
import { refresh } from "./outgoing.js";
import { showTalk, summary } from "./talk.js";

const phrases = JSON.parse(document.body.dataset.phrases);
const scenes = JSON.parse(document.body.dataset.scene);
const REASONS = ["1", "2", "3", "4"];
const KEPT = "heed-phone";

let number = "";

const country = () => $("country").selectedOptions[0].dataset;

export async function open() {
  try {
    const person = await get("/demo/sms", { number });
    render(person);
  } catch (error) {
    fault("sms-fault", error);
  }
}

function render(person, delivery = null) {
  showTalk($("sms-talk"), person, scenes[$("lang").value]);
  show(person, delivery);
  showPhrases(person.asked);
}

function showPhrases(asked) {
  const list = $("phrases");
  const key = `${$("lang").value}:${asked}`;
  if (list.dataset.key === key) return; // whoever tapped one keeps the focus
  list.dataset.key = key;
  const focused = list.contains(document.activeElement);
  const own = phrases[$("lang").value];
  const answers = asked === "reason_asked" ? REASONS : [];
  list.replaceChildren(
    ...answers.map((text) => chip(text, "answer")),
    ...own.map((text) => chip(text, "")),
  );
  if (focused) list.querySelector("button").focus();
}

function chip(text, kind) {
  const label = kind ? `${text}, as the reason` : text;
  return el("li", {}, el("button", { type: "button", class: kind, onclick: () => say(text) }, label));
}

async function say(text) {
  const asking = number;
  const answer = await busy($("sms-form"), "sms-fault", () => post("/demo/sms", { number, text }));
  if (!answer || number !== asking) return;
  render(answer.person, answer.delivery);
  announce(summary(answer.person));
  refresh();
}

function become(next) {
  number = next;
  $("number").textContent = spaced(next);
  $("device-name").textContent = spaced(country().ours);
  $("sms-talk").dataset.key = "";
  sessionStorage.setItem(KEPT, JSON.stringify([$("country").value, $("lang").value, next]));
  return open();
}

function spaced(e164) {
  const { prefix, shape } = country();
  const rest = [...e164.slice(prefix.length)];
  return shape.replaceAll("#", () => rest.shift() ?? "");
}

function another() {
  const { prefix, digits, first, last } = country();
  const count = Number(last) - Number(first);
  const next = Number(first) + Math.floor(Math.random() * count);
  return become(prefix + String(next).padStart(Number(digits), "0"));
}

export function start() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  if (kept) [$("country").value, $("lang").value] = kept;
  $("country").addEventListener("change", () => {
    $("lang").value = country().lang;
    become(country().person);
  });
  $("lang").addEventListener("change", () => become(number));
  $("another").addEventListener("click", another);
  $("sms-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = $("sms-text").value;
    if (!text.trim()) return;
    $("sms-text").value = "";
    await say(text);
    $("sms-text").focus();
  });
  return become(kept ? kept[2] : country().person);
}
