// Reading and answering by keyboard alone. Keys do nothing while one is typing, and nothing with a modifier.

import { press } from "./deeds.js";
import { showKeys } from "./dialogs.js";

const posts = () => [...document.querySelectorAll("main article.post")].filter((post) => post.offsetParent);

function move(step) {
  const all = posts();
  const at = all.indexOf(document.activeElement?.closest("article.post"));
  const next = at < 0 ? all.find((post) => post.getBoundingClientRect().bottom > 120) : all[at + step];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (target.isContentEditable || target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
    const post = document.activeElement?.closest("article.post");
    const click = (selector) => (post ?? document).querySelector(selector)?.click();
    switch (event.key) {
      case "j":
        move(1);
        break;
      case "k":
        move(-1);
        break;
      case "n":
        document.querySelector('a[data-compose][href="/compose"]')?.click();
        break;
      case "r":
        if (post) click(".reply");
        break;
      case "f":
        if (post) press(post.querySelector('[data-deed="favourite"]'));
        break;
      case "b":
        if (post) press(post.querySelector('[data-deed="boost"]'));
        break;
      case "Enter":
        if (post && target === post) location.assign(post.dataset.url);
        else return;
        break;
      case ".":
        document.dispatchEvent(new CustomEvent("folkmoot:show-new"));
        break;
      case "/": {
        const box = [...document.querySelectorAll('input[type="search"]')].find((each) => each.offsetParent);
        if (box) box.focus();
        else location.assign("/search");
        break;
      }
      case "?":
        showKeys();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}
