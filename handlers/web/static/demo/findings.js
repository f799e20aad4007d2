// The state of one address, how its last message was read, and its ledger.

import { $, clock, el } from "./dom.js";

const HOLDS = { stopped: "blocked", held: "held", paused: "blocked" };
const SINCE = { stopped: "since", held: "held for a person since", paused: "paused since" };

export function show(person, delivery = null) {
  showState(person);
  showReading(person, delivery);
  showLedger(person);
}

function showState(person) {
  const { rulings, blocks, command } = person.standing;
  const marketing = rulings[0];
  const state = marketing.allowed ? "allowed" : HOLDS[marketing.hold];
  $("state-address").textContent = person.shown;
  $("device-badge").className = `badge ${state}`;
  $("device-badge").textContent = marketing.allowed ? "allowed" : "blocked";
  $("verdict").dataset.state = state;
  $("verdict").textContent = marketing.allowed ? "allowed" : "blocked";
  $("since").textContent = blocks.length
    ? blocks.map((one) => `${one.scope}, ${SINCE[one.hold]} ${short(one.since)}`).join("; ")
    : "Nobody at this address has said stop.";
  $("rulings").replaceChildren(...rulings.map(ruling));
  $("command").replaceChildren(
    command,
    el("span", { class: "code" }, marketing.allowed ? "  # exit 0, allowed" : "  # exit 1, blocked"),
  );
  $("copy").dataset.text = command;
}

// The date only where it is not today's.
function short(iso) {
  const today = new Date().toISOString().slice(0, 10);
  const whole = clock(iso);
  const time = whole.startsWith(today) ? whole.slice(11) : whole;
  return time.replaceAll(" ", "\u00a0");
}

function ruling({ title, allowed, hold }) {
  const state = allowed ? "allowed" : HOLDS[hold];
  const word = state === "held" ? "blocked for now" : state;
  return el("li", {}, el("span", {}, title), el("span", { class: `badge ${state}` }, word));
}

function showReading(person, delivery) {
  const reading = person.readings[0];
  if (!reading) {
    $("reading").replaceChildren(el("p", { class: "empty" }, "Nothing was said yet."));
    return;
  }
  const said = reading.words.map(([text]) => text).join("");
  const quote = el(
    "blockquote",
    { class: said.length > 90 || said.includes("\n") ? "said-words long" : "said-words" },
    reading.words.map(piece),
  );
  const percent = Math.round(reading.confidence * 100);
  const fill = el("i");
  fill.style.width = `${percent}%`;
  const facts = [
    ["Scope", reading.scope || "None"],
    ["Confidence", [`${percent} %`, el("span", { class: "bar", "aria-hidden": "true" }, fill)]],
    ["Language", reading.lang || "The words do not tell"],
    ["Rule", el("code", {}, reading.rule)],
    ["Runner-up", reading.runner_up || "None"],
    ["Reader", el("code", {}, reading.version)],
  ];
  if (reading.reason) facts.push(["Reason", reading.reason]);
  if (reading.privacy) facts.push(["Own data", "Asks what is held about them"]);
  if (reading.less) facts.push(["Asks for", reading.less]);
  $("reading").replaceChildren(
    quote,
    el("p", { class: "gist" }, reading.title),
    ...note(person, reading),
    el("dl", { class: "facts" }, facts.map(([name, value]) => fact(name, value))),
    ...(delivery ? [door(delivery)] : []),
  );
}

function piece([text, rule]) {
  const close = text.replaceAll(/\n{2,}/g, "\n"); // a mail's paragraphs, set closer
  return rule ? el("mark", { title: rule }, close) : close;
}

// Why a question was asked, or was not: the rule differs by country and channel.
function note(person, reading) {
  if (reading.repeats) {
    return [el("p", { class: "note" }, "It was stopped already, so there is no second confirmation.")];
  }
  if (reading.question === "reason") {
    return [el("p", { class: "note" }, "The confirmation asks why, once. Answering is optional: try “2”.")];
  }
  if (reading.question === "none" && person.channel === "sms" && person.address.startsWith("+1")) {
    return [el("p", { class: "note" }, "No question was added: a text to +1 may not ask for the reason.")];
  }
  if (reading.cause) {
    return [el("p", { class: "note" }, "A person decides. It waits in the Slack tab.")];
  }
  return [];
}

function door(delivery) {
  return el(
    "p",
    { class: "door" },
    `${delivery.path} answered ${delivery.status} in ${delivery.ms} ms (${delivery.proof})`,
  );
}

function fact(name, value, width = null) {
  return el("div", { class: width }, el("dt", {}, name), el("dd", {}, value));
}

function showLedger(person) {
  const [entry, ...older] = newestFirst(person);
  if (!entry) {
    $("ledger").replaceChildren(el("p", { class: "empty" }, "No entry for this address."));
    return;
  }
  const parts = [
    el(
      "div",
      { class: "entry" },
      el("p", { class: "entry-title" }, entry.title),
      el(
        "dl",
        { class: "facts" },
        fact("Address", el("span", { class: "number" }, person.shown)),
        fact("Kind", el("code", {}, entry.kind)),
        fact("Scope", el("code", {}, entry.scope || "none")),
        fact("Recorded", el("time", { datetime: entry.recorded_at }, clock(entry.recorded_at))),
        fact(`Entry ${entry.number}, its id`, el("code", { class: "entry-id" }, entry.id), "broad"),
      ),
    ),
  ];
  if (older.length) {
    parts.push(
      el(
        "details",
        {},
        el("summary", {}, older.length === 1 ? "One more entry" : `${older.length} more entries`),
        el("ol", { class: "older" }, older.map(row)),
      ),
    );
  }
  $("ledger").replaceChildren(...parts);
}

// The entry of the last message stands first; what became of its answer stands below.
function newestFirst(person) {
  const spoken = person.readings[0] && person.readings[0].entry;
  const changed = person.ledger.find((one) => one.kind !== "answered");
  const first = changed && person.ledger.find((one) => one.id === spoken && one.number >= changed.number);
  const lead = first || changed || person.ledger[0];
  return lead ? [lead, ...person.ledger.filter((one) => one !== lead)] : [];
}

function row(entry) {
  return el(
    "li",
    {},
    el("span", { class: "faint" }, String(entry.number)),
    el("span", {}, entry.by ? `${entry.title} (${entry.by})` : entry.title),
    el("time", { class: "faint", datetime: entry.recorded_at }, entry.recorded_at.slice(11, 19)),
  );
}
