// Times in the reader's own zone, and ages that grow while the page is open.

import { say } from "./words.js";

const locale = document.documentElement.lang || "en";
const full = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const UNITS = [
  [86400, "day"],
  [3600, "hour"],
  [60, "minute"],
];

function age(moment, now) {
  const seconds = (now - moment) / 1000;
  if (seconds < 60) return say("now");
  if (seconds >= 7 * 86400) return (moment.getFullYear() === now.getFullYear() ? day : dayAndYear).format(moment);
  const [size, unit] = UNITS.find(([size]) => seconds >= size);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "narrow" }).format(Math.floor(seconds / size));
}

function show(time, now) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  if (time.dataset.ago !== undefined) {
    time.textContent = age(moment, now);
    time.title = full.format(moment);
  } else {
    time.textContent = full.format(moment);
  }
}

export function watchTimes(root) {
  const now = new Date();
  for (const time of root.querySelectorAll("time[data-ago], time[data-full]")) show(time, now);
}

setInterval(() => {
  if (!document.hidden) watchTimes(document);
}, 60_000);
