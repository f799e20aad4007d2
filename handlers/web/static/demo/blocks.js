// Slack's Block Kit, as far as Heed uses it, drawn as plain elements. Buttons call `click`.

import { el } from "./dom.js";

// A word in stars is bold, one in backticks is code; a date carries its plain spelling at its end.
const MARKS = /((?<![\w*])\*(?![\s*])[^*\n]*(?<!\s)\*(?![\w*])|`[^`\n]+`|<!date\^[^<>]*>)/;
const RICH = { rich_text_quote: "blockquote" };

export function draw(blocks, click) {
  return blocks.map((block) => one(block, click)).filter(Boolean);
}

function one(block, click) {
  switch (block.type) {
    case "header":
      return el("header", {}, words(block.text));
    case "section":
      return el(
        "div",
        {},
        block.text ? el("p", {}, mrkdwn(words(block.text))) : null,
        (block.fields || []).map((field) => el("p", { class: "faint" }, mrkdwn(words(field)))),
      );
    case "context":
      return el("p", { class: "faint" }, block.elements.map((part) => mrkdwn(words(part))));
    case "rich_text":
      return el("div", {}, block.elements.map((part) => el(RICH[part.type] || "div", {}, rich(part))));
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
    else whole.append(entities(part.slice(part.lastIndexOf("|") + 1, -1)));
  }
  return whole;
}

function entities(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function rich(part) {
  if (part.elements) return el("p", {}, part.elements.map(rich));
  if (part.type === "user") return `@${part.user_id}`;
  const text = (part.text || part.fallback || "").replace(/\n$/, "");
  return part.style?.bold ? el("strong", {}, text) : text;
}

function button(block, part, click) {
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
