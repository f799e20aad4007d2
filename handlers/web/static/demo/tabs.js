// Three doors, one at a time; arrow keys move between them (WAI-ARIA tabs).

import { $ } from "./dom.js";

const KEPT = "heed-door";

export function start(doors) {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const choose = (tab) => {
    for (const one of tabs) {
      const chosen = one === tab;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
      $(one.getAttribute("aria-controls")).hidden = !chosen;
    }
    const name = tab.getAttribute("aria-controls");
    sessionStorage.setItem(KEPT, name);
    doors[name]();
  };
  const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      next.focus();
      choose(next);
    });
  }
  const kept = tabs.find((tab) => tab.getAttribute("aria-controls") === sessionStorage.getItem(KEPT));
  if (kept) choose(kept);
}
