// Slack's Block Kit, as far as Heed uses it, drawn as plain elements. Buttons call `click`.

import { el } from "./dom.js";
import { field } from "./fields.js";

// A word in stars is bold, one in backticks is code, <@U1> a person; a date carries its plain spelling at its end.
const MARKS = /((?<![\w*])\*(?![\s*])[^*\n]*(?<!\s)\*(?![\w*])|`[^`\n]+`|<!date\^[^<>]*>|<@[A-Z0-9]+>)/;
const RICH = { rich_text_quote: "blockquote", rich_text_preformatted: "pre" };
const FENCE = "```";

export function draw(blocks, click) {
  return blocks.map((block) => one(block, click)).filter(Boolean);
}

function one(block, click) {
  switch (block.type) {
    case "header":
      return el("header", {}, words(block.text));
    case "input":
      return field(block);
    case "divider":
      return el("hr");
    case "section":
      return el(
        "div",
        { class: "section" },
        block.text ? prose(words(block.text)) : null,
        block.accessory ? button(block, block.accessory, click) : null,
        (block.fields || []).map((field) => el("p", { class: "faint" }, mrkdwn(words(field)))),
      );
    case "context":
      return el("p", { class: "faint" }, block.elements.map((part) => mrkdwn(words(part))));
    case "rich_text":
      return el("div", {}, block.elements.map(richPart));
    case "actions":
      return el("div", { class: "buttons" }, block.elements.map((part) => button(block, part, click)));
    default:
      return null;
  }
}

// Slack asks before a button with `confirm` counts.
function sure({ title, text, confirm, deny }) {
  return new Promise((done) => {
    const no = el("button", { class: "quiet", value: "no" }, words(deny));
    const yes = el("button", { class: "danger", value: "yes" }, words(confirm));
    const dialog = el(
      "dialog",
      { "aria-label": words(title), onclose: () => (dialog.remove(), done(dialog.returnValue === "yes")) },
      el("form", { method: "dialog" }, el("p", { class: "gist" }, words(title)), el("p", {}, words(text)), el("div", { class: "buttons" }, no, yes)),
    );
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}

// The view of a window or of the app's Home: title, blocks, and what stands at its end.
export function drawView(view) {
  const end = [view.close, view.submit].filter(Boolean);
  return el(
    "section",
    { class: view.type, "aria-label": words(view.title) || "Home" },
    view.title ? el("h3", {}, words(view.title)) : null,
    draw(view.blocks, () => {}),
    end.length
      ? el("div", { class: "buttons end" }, end.map((text) => el("span", { class: text === view.submit ? "primary" : "quiet" }, words(text))))
      : null,
  );
}

// A fenced part keeps its spaces and lines.
function prose(text) {
  return el(
    "div",
    {},
    text.split(FENCE).map((part, index) => (index % 2 ? el("pre", {}, entities(part)) : part && el("p", {}, mrkdwn(part)))),
  );
}

function words(text) {
  return typeof text === "string" ? text : (text && text.text) || "";
}

// Bold and code marks of mrkdwn and its three entities; everything else stays as it is.
export function mrkdwn(text) {
  const whole = el("span");
  for (const [index, part] of text.split(MARKS).entries()) {
    if (index % 2 === 0) whole.append(entities(part));
    else if (part.startsWith("*")) whole.append(el("strong", {}, entities(part.slice(1, -1))));
    else if (part.startsWith("`")) whole.append(el("code", {}, entities(part.slice(1, -1))));
    else if (part.startsWith("<@")) whole.append(part.slice(1, -1));
    else whole.append(entities(part.slice(part.lastIndexOf("|") + 1, -1)));
  }
  return whole;
}

function entities(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function richPart(part) {
  const kept = part.type === "rich_text_preformatted";
  return el(RICH[part.type] || "div", {}, kept ? part.elements.map((one) => one.text) : rich(part));
}

function rich(part) {
  if (part.elements) return el("p", {}, part.elements.map(rich));
  if (part.type === "user") return `@${part.user_id}`;
  const text = (part.text || part.fallback || "").replace(/\n$/, "");
  return part.style?.bold ? el("strong", {}, text) : text;
}

// The "more" menu: what it holds is seen when it is opened.
function menu(block, part, click) {
  const pick = (option) => click({ block_id: block.block_id || "", action_id: part.action_id, selected: option.value });
  return el(
    "details",
    { class: "more" },
    el("summary", { class: "quiet", "aria-label": "More" }, "⋯"),
    el(
      "ul",
      {},
      part.options.map((option) => el("li", {}, el("button", { type: "button", onclick: () => pick(option) }, words(option.text)))),
    ),
  );
}

function button(block, part, click) {
  if (part.type === "overflow") return menu(block, part, click);
  if (part.type !== "button") return null;
  const style = { primary: "primary", danger: "danger" }[part.style] || "quiet";
  return el(
    "button",
    {
      type: "button",
      class: style,
      "aria-label": part.accessibility_label,
      onclick: async () => {
        if (part.confirm && !(await sure(part.confirm))) return;
        click({ block_id: block.block_id || "", action_id: part.action_id, value: part.value || "" });
      },
    },
    words(part.text),
  );
}
