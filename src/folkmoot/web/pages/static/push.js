// Notifications on this device while no page is open: the switch in the settings. What it says stands in the page.

export async function watchPush() {
  const place = document.querySelector("[data-push]");
  if (!place) return;
  const show = (state) => {
    for (const each of place.querySelectorAll("[data-state]")) each.hidden = each.dataset.state !== state;
  };
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    show("unsupported");
    return;
  }
  const registration = await ready();
  if (!registration) {
    show("unsupported");
    return;
  }
  if (Notification.permission === "denied") {
    show("denied");
    return;
  }
  const known = await registration.pushManager.getSubscription();
  show(known && known.endpoint === place.dataset.endpoint ? "on" : "off");

  place.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-switch]");
    if (!button) return;
    button.disabled = true;
    try {
      show(await (button.dataset.switch === "on" ? on(registration, place) : off(registration, place)));
    } catch {
      show("failed");
    } finally {
      button.disabled = false;
    }
  });
}

// Where there is no worker (no TLS, or the browser forbids it) `ready` would wait for ever.
function ready() {
  const patience = new Promise((resolve) => setTimeout(() => resolve(null), 5000));
  return Promise.race([navigator.serviceWorker.ready, patience]);
}

async function on(registration, place) {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") return permission === "denied" ? "denied" : "off";
  const made = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: place.dataset.key,
  });
  const { keys } = made.toJSON();
  const taken = await tell(place, "/settings/notifications/push", { endpoint: made.endpoint, ...keys });
  if (!taken) await made.unsubscribe();
  return taken ? "on" : "failed";
}

async function off(registration, place) {
  const known = await registration.pushManager.getSubscription();
  await known?.unsubscribe();
  return (await tell(place, "/settings/notifications/push/end", {})) ? "off" : "failed";
}

async function tell(place, address, fields) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams({ form_token: place.dataset.token, ...fields }),
  });
  return answer.ok;
}
