// New posts while the page is open: first a pill that counts them, then, when wanted, the posts themselves.

import { piece } from "./ask.js";
import { say } from "./words.js";

export function watchLive(enliven) {
  const timeline = document.querySelector('meta[name="folkmoot-live"]')?.content ?? (document.body.hasAttribute("data-signed-in") ? "notifications" : "");
  if (!timeline || new URLSearchParams(location.search).has("older")) return;
  const list = document.querySelector("main ol[data-posts]");
  const waiting = new Set();
  let pill;
  let source;

  function listen() {
    source?.close();
    source = new EventSource(`/live?timeline=${encodeURIComponent(timeline)}`);
    source.addEventListener("post", (event) => {
      if (document.querySelector(`[data-entry="${event.data}"]`)) return;
      waiting.add(event.data);
      show();
    });
    source.addEventListener("removed", (event) => {
      waiting.delete(event.data);
      for (const gone of document.querySelectorAll(`[data-entry="${event.data}"], [data-post="${event.data}"]`)) (gone.closest("li") ?? gone).remove();
      show();
    });
    source.addEventListener("notification", () => bump());
  }

  function show() {
    if (!list && waiting.size) return;
    if (!waiting.size) {
      pill?.remove();
      pill = null;
      return;
    }
    if (!pill) {
      pill = document.createElement("div");
      pill.className = "pill";
      pill.setAttribute("role", "status");
      const button = document.createElement("button");
      button.type = "button";
      button.addEventListener("click", () => insert(true));
      pill.append(button);
      list.before(pill);
    }
    const n = waiting.size;
    pill.firstChild.textContent = n === 1 ? say("newPost") : say("newPosts", { n });
  }

  async function insert(toTop) {
    if (!list) return;
    const newest = list.querySelector("[data-entry]")?.dataset.entry ?? "0";
    const url = new URL(location.pathname, location.href);
    url.searchParams.set("newer", newest);
    try {
      const found = await piece(url);
      const known = new Set([...list.querySelectorAll("[data-entry]")].map((each) => each.dataset.entry));
      const fresh = [...(found.querySelector("[data-posts]")?.children ?? [])].filter((item) => !known.has(item.querySelector("[data-entry]")?.dataset.entry));
      const before = list.firstElementChild;
      const height = document.documentElement.scrollHeight;
      for (const item of fresh) {
        item.classList.add("fresh");
        list.insertBefore(item, before);
        enliven(item);
      }
      if (!toTop && scrollY > 200) scrollBy(0, document.documentElement.scrollHeight - height);
      else if (toTop) scrollTo({ top: 0, behavior: "smooth" });
      waiting.clear();
      show();
      if (toTop) fresh[0]?.querySelector("article")?.focus({ preventScroll: true });
    } catch {
      location.assign(location.pathname);
    }
  }

  function bump() {
    for (const link of document.querySelectorAll('a[href="/notifications"]')) {
      const wrap = link.querySelector(".icon-wrap");
      if (!wrap) continue;
      let count = wrap.querySelector(".count");
      if (!count) {
        count = document.createElement("span");
        count.className = "count";
        count.setAttribute("aria-hidden", "true");
        count.textContent = "0";
        wrap.append(count);
      }
      count.textContent = String((Number(count.textContent) || 0) + 1);
    }
  }

  document.addEventListener("folkmoot:published", () => {
    if (timeline !== "notifications") insert(false);
    else if (document.querySelector("[data-main-post]")) location.reload();
  });
  document.addEventListener("folkmoot:show-new", () => waiting.size && insert(true));
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && listen());
  listen();
}
