// Keeps style sheets, scripts and the offline page on the device. Pages themselves are always asked for: what a member
// reads is nobody's to keep, least of all after signing out.

const CACHE = "folkmoot-VERSION_OF_ASSETS";
const BASE = "/static/v-VERSION_OF_ASSETS/";
const KEPT = ["/offline", ...["look.css", "frame.css", "post.css", "icons.svg", "favicon.svg"].map((name) => BASE + name)];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(KEPT))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match("/offline")));
  } else if (url.pathname.startsWith(BASE)) {
    event.respondWith(
      caches.match(request).then(
        (kept) =>
          kept ??
          fetch(request).then((answer) => {
            if (answer.ok) {
              const copy = answer.clone();
              caches.open(CACHE).then((cache) => cache.put(request, copy));
            }
            return answer;
          }),
      ),
    );
  }
});

self.addEventListener("push", (event) => {
  const said = event.data?.json() ?? {};
  event.waitUntil(
    self.registration.showNotification(said.title ?? "", {
      body: said.body,
      icon: said.icon,
      lang: said.preferred_locale,
      tag: said.notification_id,
      data: { url: said.url ?? "/notifications" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, location.origin);
  if (url.origin !== location.origin) return;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then(async (open) => {
      const page = open.find((each) => "navigate" in each);
      if (!page) return self.clients.openWindow(url);
      await page.focus();
      return page.navigate(url);
    }),
  );
});
