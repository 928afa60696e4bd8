// Judging by keyboard: 1 to 5 answer, digits name the rule, p passes, u takes back, v shows pictures. All are buttons too.

const visible = (element) => Boolean(element?.offsetParent);

export function watchJury() {
  again();
  const place = document.querySelector("[data-judging]");
  if (!place) return;
  const form = document.querySelector("[data-ballots]");
  let choosing = false;

  function choose(on) {
    choosing = on;
    form.toggleAttribute("data-choosing", on);
    const chooser = form.querySelector("details.chooser.breaks");
    if (visible(chooser)) chooser.open = on;
    if (on) rules()[0]?.focus();
  }

  const rules = () => [...form.querySelectorAll("button.by-rule")].filter(visible);

  function shut() {
    for (const each of document.querySelectorAll("details.chooser[open]")) each.open = false;
    if (form) choose(false);
  }

  function answer(sign) {
    const found = [...form.querySelectorAll(`[data-key="${sign}"]`)][0];
    if (!found) return false;
    if (found.matches("button")) found.click();
    else if (sign === "1") choose(true);
    else {
      shut();
      found.open = true;
      found.querySelector("button")?.focus();
    }
    return true;
  }

  // One answer for one case: a second click while the first travels is none.
  let sent = false;
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-ballots]")) return;
    if (sent) event.preventDefault();
    sent = true;
    place.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => (sent = false));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return;
    const sign = event.key;
    if (sign === "Escape" && form) shut();
    else if (choosing && /^[1-9]$/.test(sign)) rules()[Number(sign) - 1]?.click();
    else if (form && /^[1-5]$/.test(sign)) answer(sign);
    else if (sign === "v") for (const box of document.querySelectorAll(".show-it")) box.checked = !box.checked;
    else if (sign === "p" || sign === "u") document.querySelector(`button[data-key="${sign}"]`)?.click();
    else if (sign === "Enter" && !event.target.matches("a, button, summary")) document.querySelector("[data-next]")?.click();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });

  document.addEventListener("click", (event) => {
    for (const each of document.querySelectorAll("details.chooser[open]")) if (!each.contains(event.target)) each.open = false;
    if (choosing && !event.target.closest("[data-ballots]")) choose(false);
  });
  for (const chooser of document.querySelectorAll("details.chooser.breaks")) {
    chooser.addEventListener("toggle", () => {
      choosing = chooser.open;
      form.toggleAttribute("data-choosing", chooser.open);
    });
  }
  lease(place);
}

// A seat is held for ten minutes; one that has lapsed is asked for anew rather than refused on the answer.
function lease(place) {
  const until = Date.parse(place.dataset.lease ?? "");
  if (!until) return;
  const left = until - Date.now();
  if (left > 0) setTimeout(() => location.reload(), left + 1_000);
}

// A break that is over.
function again() {
  const at = Date.parse(document.querySelector('meta[name="folkmoot-again"]')?.content ?? "");
  if (at > Date.now() && at - Date.now() < 3_600_000) setTimeout(() => location.assign("/jury/case"), at - Date.now() + 1_000);
}

// The board renews itself while somebody looks at it and is not writing.
export function watchBoard(enliven) {
  const seconds = Number(document.querySelector('meta[name="folkmoot-refresh"]')?.content);
  if (!seconds) return;
  const mark = () => {
    const live = document.querySelector("[data-live]");
    if (live) live.hidden = false;
  };
  mark();
  setInterval(async () => {
    const board = document.querySelector("[data-refresh]");
    const busy = board.querySelector("details[open]") || [...board.querySelectorAll("input[type=text]")].some((each) => each.value || each === document.activeElement);
    if (document.hidden || busy) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-refresh]");
      if (!fresh) return;
      const focused = document.activeElement?.closest("[data-refresh] a")?.getAttribute("href");
      board.replaceWith(document.adoptNode(fresh));
      enliven(fresh);
      mark();
      if (focused) fresh.querySelector(`a[href="${focused}"]`)?.focus({ preventScroll: true });
    } catch {
      // The next round asks again.
    }
  }, seconds * 1_000);
}
