// What scripts add to pages that work without them. Each module looks for what it needs and leaves the rest alone.

import { speak } from "./words.js";
import { watchTimes } from "./times.js";
import { paintBlurs } from "./blurhash.js";
import { watchDeeds } from "./deeds.js";
import { watchMenus } from "./menus.js";
import { watchComposer } from "./composer.js";
import { watchDialogs } from "./dialogs.js";
import { watchLightbox } from "./lightbox.js";
import { watchScroll } from "./scroll.js";
import { watchLive } from "./live.js";
import { watchJury, watchBoard } from "./jury.js";
import { watchKeys } from "./keys.js";
import { watchPush } from "./push.js";

document.documentElement.dataset.scripts = "";
speak(document.documentElement.lang);

// Called for the page, and again for every piece of it that comes later.
export function enliven(root) {
  watchTimes(root);
  paintBlurs(root);
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  for (const form of root.querySelectorAll("[data-composer]")) watchComposer(form);
}

watchDeeds(enliven);
watchMenus();
watchDialogs(enliven);
watchLightbox();
watchScroll(enliven);
watchLive(enliven);
watchJury();
watchBoard(enliven);
watchKeys();
watchPush();
enliven(document);

if ("serviceWorker" in navigator && (location.protocol === "https:" || location.hostname === "localhost")) {
  navigator.serviceWorker.register("/service-worker.js").catch(() => {});
}
