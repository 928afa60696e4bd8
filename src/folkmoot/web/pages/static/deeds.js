// Favourite, boost and bookmark at once, and put back when the server says no; boosting and deleting can be undone.

import { send } from "./ask.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const OPPOSITE = { boost: "unboost", favourite: "unfavourite", bookmark: "unbookmark" };

function show(button, pressed) {
  const deed = button.dataset.deed;
  button.setAttribute("aria-pressed", String(pressed));
  const path = button.getAttribute("formaction").replace(/[^/]+$/, pressed ? OPPOSITE[deed] : deed);
  button.setAttribute("formaction", path);
}

function showCount(button, text) {
  const count = button.querySelector(".n");
  if (count) count.textContent = text;
}

// The same post may stand on the page more than once: as itself and as somebody's boost.
function twins(button) {
  const post = button.closest("[data-post]").dataset.post;
  return document.querySelectorAll(`[data-post="${post}"] [data-deed="${button.dataset.deed}"]`);
}

export async function press(button) {
  if (button.disabled || button.dataset.busy !== undefined) return;
  const form = button.form;
  if (!document.body.hasAttribute("data-signed-in")) {
    location.assign(`/sign-in?next=${encodeURIComponent(form.closest("[data-url]").dataset.url)}`);
    return;
  }
  const pressed = button.getAttribute("aria-pressed") !== "true";
  const url = button.getAttribute("formaction");
  const count = button.querySelector(".n");
  const before = count?.textContent ?? "";
  const buttons = twins(button);
  button.dataset.busy = "";
  for (const each of buttons) {
    show(each, pressed);
    if (/^\d*$/.test(before)) showCount(each, String(Math.max(0, Number(before) + (pressed ? 1 : -1)) || ""));
  }
  button.classList.toggle("pop", pressed);
  try {
    const said = await send(url, new FormData(form));
    for (const each of buttons) {
      if (button.dataset.deed === "favourite") showCount(each, said.favourites);
      if (button.dataset.deed === "boost") showCount(each, said.boosts);
    }
    if (button.dataset.deed === "boost" && pressed) {
      toast(say("boosted"), { action: say("undo"), onAction: () => press(button) });
    }
  } catch (error) {
    for (const each of buttons) {
      show(each, !pressed);
      showCount(each, before);
    }
    toast(error.message || say("failed"));
  } finally {
    delete button.dataset.busy;
  }
}

// Deleting waits a few seconds, in which it can be taken back; leaving the page means it.
function remove(link) {
  const form = link.closest("form");
  const article = link.closest("[data-post]");
  const item = article.closest("li") ?? article;
  const fields = new FormData(form);
  let sent = false;
  const really = (keepalive) => {
    if (sent) return;
    sent = true;
    removeEventListener("pagehide", leaving);
    send(`/posts/${link.dataset.delete}/delete`, fields, { keepalive })
      .then(() => {
        item.remove();
        if (article.classList.contains("main")) location.assign("/");
      })
      .catch((error) => {
        item.hidden = false;
        toast(error.message || say("failed"));
      });
  };
  const leaving = () => really(true);
  item.hidden = true;
  addEventListener("pagehide", leaving);
  toast(say("deleted"), {
    action: say("undo"),
    onAction: () => {
      sent = true;
      removeEventListener("pagehide", leaving);
      item.hidden = false;
      article.focus();
    },
    onGone: () => really(false),
  });
}

export function watchDeeds() {
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!event.target.matches("[data-deeds]") || !button?.dataset.deed) return;
    event.preventDefault();
    press(button);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-delete]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      link.closest("details").open = false;
      remove(link);
    }
  });
}
