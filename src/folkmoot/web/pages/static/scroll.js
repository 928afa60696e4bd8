// The next page before one reaches the end, and the same place again after Back.

import { piece } from "./ask.js";

const MOST_KEPT = 1_500_000;

export function watchScroll(enliven) {
  const list = document.querySelector("main [data-posts]");
  if (!list) return;
  const place = `place:${location.pathname}${location.search}`;
  const cameBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (cameBack) restore(place, list, enliven);

  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) load(target);
    },
    { rootMargin: "1200px" },
  );
  const watch = () => {
    const link = document.querySelector("main a[data-more]");
    if (link) near.observe(link);
  };

  async function load(link) {
    near.unobserve(link);
    if (link.dataset.busy !== undefined) return;
    link.dataset.busy = "";
    try {
      const found = await piece(link.href);
      const items = found.querySelector("[data-posts]");
      const known = new Set([...list.querySelectorAll("[data-entry]")].map((each) => each.dataset.entry));
      const fresh = [...items.children].filter((item) => !known.has(item.querySelector("[data-entry]")?.dataset.entry));
      list.append(...fresh);
      for (const item of fresh) enliven(item);
      const further = found.querySelector("[data-more]")?.closest(".more");
      link.closest(".more").replaceWith(...(further ? [further] : []));
      watch();
    } catch {
      delete link.dataset.busy; // the link still leads to the next page
    }
  }

  watch();
  addEventListener("pagehide", () => {
    try {
      const html = list.innerHTML;
      const more = document.querySelector("main a[data-more]")?.getAttribute("href") ?? "";
      if (html.length < MOST_KEPT) sessionStorage.setItem(place, JSON.stringify({ html, more, y: scrollY, user: user() }));
    } catch {
      // no room: Back leads to the top
    }
  });
}

const user = () => document.querySelector(".rail .me")?.getAttribute("href") ?? "";

function restore(place, list, enliven) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place) ?? "null");
    if (!kept || kept.user !== user()) return;
    const parsed = new DOMParser().parseFromString(`<ol>${kept.html}</ol>`, "text/html").querySelector("ol");
    // What is there now keeps its newer state (and its form tokens); what was loaded later comes back below it.
    const known = new Set([...list.querySelectorAll("[data-entry]")].map((each) => each.dataset.entry));
    const token = document.querySelector("input[name=form_token]")?.value;
    const rest = [...parsed.children].filter((item) => !known.has(item.querySelector("[data-entry]")?.dataset.entry));
    for (const item of rest) {
      for (const input of item.querySelectorAll("input[name=form_token]")) if (token) input.value = token;
      list.append(item);
      enliven(item);
    }
    const more = document.querySelector("main a[data-more]");
    if (more && kept.more) more.setAttribute("href", kept.more);
    else if (more) more.closest(".more").remove();
    history.scrollRestoration = "manual";
    requestAnimationFrame(() => scrollTo(0, kept.y));
  } catch {
    sessionStorage.removeItem(place);
  }
}
