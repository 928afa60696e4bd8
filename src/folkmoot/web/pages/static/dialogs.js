// The composer in a dialog over the page one is reading; the link itself leads to a page of its own.

import { piece } from "./ask.js";
import { say } from "./words.js";

function make(title) {
  const dialog = document.createElement("dialog");
  dialog.className = "sheet";
  dialog.setAttribute("aria-label", title);
  const header = document.createElement("header");
  const heading = document.createElement("h2");
  heading.textContent = title;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "plain";
  close.setAttribute("aria-label", say("close"));
  const icons = document.querySelector("use")?.getAttribute("href").split("#")[0];
  close.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${icons}#close"/></svg>`;
  close.addEventListener("click", () => dialog.close());
  header.append(heading, close);
  const inside = document.createElement("div");
  inside.className = "inside";
  dialog.append(header, inside);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  return [dialog, inside];
}

export function watchDialogs(enliven) {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-compose]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !document.body.hasAttribute("data-signed-in")) return;
    event.preventDefault();
    link.closest("details.menu")?.removeAttribute("open");
    if (document.querySelector("dialog.sheet[open]")) return;
    try {
      const form = await piece(link.href);
      const title = form.querySelector("[data-send]").textContent;
      const [dialog, inside] = make(link.getAttribute("aria-label") || link.textContent.trim() || title);
      inside.append(form);
      dialog.showModal();
      enliven(dialog);
      dialog.querySelector("[data-text]")?.focus();
    } catch {
      location.assign(link.href);
    }
  });
}

export function showKeys() {
  if (document.querySelector("dialog.sheet[open]")) return;
  const [dialog, inside] = make(say("keys"));
  const list = document.createElement("table");
  for (const [key, meaning] of say("keysList")) {
    const row = list.insertRow();
    const name = document.createElement("th");
    name.scope = "row";
    for (const part of key.split(" / ")) {
      const cap = document.createElement("kbd");
      cap.textContent = part;
      name.append(cap, " ");
    }
    row.append(name);
    row.insertCell().textContent = meaning;
  }
  inside.append(list);
  dialog.showModal();
}
