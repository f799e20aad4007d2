// The fields of a Slack form, as they stand when it opens; nothing can be typed into them here.

import { el } from "./dom.js";

export function field({ label, element, hint, optional }) {
  return el(
    "div",
    { class: "field" },
    el("p", { class: "label" }, label.text, optional ? el("span", { class: "faint" }, " (optional)") : null),
    DRAWN[element.type]?.(element),
    hint ? el("p", { class: "faint" }, hint.text) : null,
  );
}

const DRAWN = {
  plain_text_input: ({ initial_value: text, multiline }) => el("p", { class: multiline ? "box tall" : "box" }, text || "\u00a0"),
  static_select: ({ initial_option: first }) => el("p", { class: "box pick" }, first ? first.text.text : "Choose…"),
  datetimepicker: ({ initial_date_time: at }) => el("p", { class: "box pick" }, at ? spelt(at) : "Choose…"),
  radio_buttons: ({ options, initial_option: first }) => choices(options, "○", "◉", [first]),
  checkboxes: ({ options, initial_options: first }) => choices(options, "☐", "☑", first || []),
};

function choices(options, off, on, picked) {
  const values = picked.filter(Boolean).map((one) => one.value);
  return el(
    "ul",
    { class: "choices" },
    options.map(({ text, description, value }) =>
      el(
        "li",
        {},
        el("span", { "aria-hidden": "true" }, values.includes(value) ? on : off),
        el("div", {}, text.text, description ? el("p", { class: "faint" }, description.text) : null),
      ),
    ),
  );
}

function spelt(seconds) {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
