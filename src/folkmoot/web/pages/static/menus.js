// Menus close on Escape, on a click elsewhere and when another opens; links are copied; times past are clicked through.

import { toast } from "./toasts.js";
import { say } from "./words.js";

export function watchMenus() {
  document.addEventListener("click", async (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = copy.dataset.copy;
      try {
        await navigator.clipboard.writeText(text.startsWith("/") ? new URL(text, location.href).href : text);
        toast(say("copied"), { seconds: 3 });
      } catch {
        toast(say("failed"));
      }
      copy.closest("details.menu")?.removeAttribute("open");
    }
    const back = event.target.closest("[data-back]");
    if (back && history.length > 1 && document.referrer.startsWith(location.origin) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      history.back();
    }
    // A click on a post that meets nothing else opens its conversation.
    const article = event.target.closest("article.post[data-url]:not(.main)");
    if (article && !event.target.closest("a, button, summary, label, input, form, details.menu, video, audio") && !String(getSelection())) {
      location.assign(article.dataset.url);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("change", (event) => {
    const shown = event.target.type === "file" && event.target.id && document.querySelector(`[data-preview-of="${event.target.id}"]`);
    if (shown && event.target.files[0]) shown.src = URL.createObjectURL(event.target.files[0]);
  });
}
