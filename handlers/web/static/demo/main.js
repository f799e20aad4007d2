// Joins the parts of the page.

import { $, announce } from "./dom.js";
import * as mail from "./mail.js";
import { refresh } from "./outgoing.js";
import * as phone from "./phone.js";
import * as slack from "./slack.js";
import * as tabs from "./tabs.js";

mail.start();
slack.start();
await phone.start();
tabs.start({ phone: phone.open, mail: mail.open, slack: slack.open });
refresh();

$("copy").addEventListener("click", async (event) => {
  const button = event.currentTarget;
  try {
    await navigator.clipboard.writeText(button.dataset.text);
  } catch {
    announce("The browser did not let us copy; the command stands beside the button.");
    return;
  }
  announce("Copied.");
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = "Copy";
  }, 1600);
});

document.body.dataset.ready = "";
