// Writing: a counter that counts as the server does, pictures by drop, paste or choice, and a draft that survives.

import { send, Refused } from "./ask.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const LINK = 23;
const LINKS = /(?<![\w@#$/])https?:\/\/(?:localhost|(?:[\p{L}\p{N}_-]{1,63}\.){1,10}[\p{L}][\p{L}\p{N}_-]{1,62})(?::\d{1,5})?(?:[/?#][^\s<>"]*)?/giu;
const MENTIONS = /(?<![\w@/=])@([\w.-]{1,64})@[A-Za-z0-9](?:[\w.-]{0,250}\w)?(?::\d{1,5})?/g;

export function countLetters(text) {
  const shortened = text.normalize("NFC").replace(LINKS, "x".repeat(LINK)).replace(MENTIONS, "@$1");
  return [...shortened].length;
}

export function watchComposer(form) {
  if (form.dataset.watched !== undefined) return;
  form.dataset.watched = "";
  const text = form.querySelector("[data-text]");
  const warning = form.querySelector("[name=warning]");
  const left = form.querySelector("[data-left]");
  const leftSaid = form.querySelector("[data-left-said]");
  const button = form.querySelector("[data-send]");
  const uploads = form.querySelector("[data-uploads]");
  const longest = Number(form.dataset.longest);
  const draftKey = `draft:${form.dataset.draft}`;
  const sensitive = form.querySelector("[data-sensitive]");
  let running = 0;

  form.querySelector("[data-tools]").hidden = false;
  form.querySelector("[data-plain-uploads]").hidden = true;
  const poll = form.querySelector("[data-poll]");
  const warningLine = form.querySelector("[data-warning]");
  warningLine.hidden = !warning.value;
  poll.hidden = !poll.open;
  poll.querySelector("summary").hidden = true;
  for (const toggle of form.querySelectorAll("[data-toggle]")) {
    const target = toggle.dataset.toggle === "poll" ? poll : warningLine;
    toggle.setAttribute("aria-expanded", String(!target.hidden));
    toggle.addEventListener("click", () => {
      target.hidden = !target.hidden;
      if (target === poll) {
        poll.open = !poll.hidden;
        if (poll.hidden) for (const option of poll.querySelectorAll("[name=option]")) option.value = "";
      } else if (target.hidden) warning.value = "";
      toggle.setAttribute("aria-expanded", String(!target.hidden));
      if (!target.hidden) target.querySelector("input").focus();
      count();
    });
  }

  const own = new RegExp(`@${form.dataset.domain.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "gi");
  const start = text.value;
  try {
    const kept = JSON.parse(localStorage.getItem(draftKey) ?? "null");
    if (kept?.text && !form.querySelector('[role="alert"]')) {
      text.value = kept.text;
      if (kept.warning) {
        warning.value = kept.warning;
        warningLine.hidden = false;
      }
      if (kept.text !== start) toast(say("kept"), { seconds: 3 });
    }
  } catch {
    localStorage.removeItem(draftKey);
  }

  function count() {
    const rest = longest - countLetters(text.value.replace(own, "")) - [...warning.value].length;
    left.textContent = rest;
    left.classList.toggle("over", rest < 0);
    if (rest === 50 || rest === 0 || rest === -1) leftSaid.textContent = say("left", { n: rest });
    const empty = !text.value.trim() && !uploads.children.length && ![...form.querySelectorAll("[name=option]")].some((each) => each.value.trim());
    sensitive.hidden = !uploads.children.length;
    button.disabled = rest < 0 || running > 0 || empty;
  }

  let saving;
  form.addEventListener("input", () => {
    count();
    clearTimeout(saving);
    saving = setTimeout(() => {
      try {
        if (text.value.trim() && text.value !== start) localStorage.setItem(draftKey, JSON.stringify({ text: text.value, warning: warning.value }));
        else localStorage.removeItem(draftKey);
      } catch {
        // no room, or not allowed: the draft lives as long as the page
      }
    }, 400);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !button.disabled) form.requestSubmit(button);
  });

  // Pictures
  const most = Number(form.dataset.most);
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.accept = "image/*";
  chooser.multiple = true;
  form.querySelector("[data-add-pictures]").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    for (const file of chooser.files) add(file);
    chooser.value = "";
  });
  text.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (files.length) {
      event.preventDefault();
      for (const file of files) add(file);
    }
  });
  const sheet = form.querySelector("[data-drop]");
  for (const [name, on] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    sheet.addEventListener(name, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      sheet.classList.toggle("dropping", on);
      if (name === "drop") for (const file of event.dataTransfer.files) if (file.type.startsWith("image/")) add(file);
    });
  }

  function add(file) {
    if (uploads.children.length >= most) {
      toast(say("tooMany", { n: most }));
      return;
    }
    const box = document.createElement("div");
    box.className = "upload";
    const thumb = document.createElement("button");
    thumb.type = "button";
    thumb.className = "thumb";
    thumb.title = say("focus");
    thumb.setAttribute("aria-label", say("focus"));
    const image = document.createElement("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    const point = document.createElement("span");
    point.className = "point";
    point.hidden = true;
    thumb.append(image, point);
    const words = document.createElement("div");
    words.className = "stack tight";
    const progress = document.createElement("progress");
    progress.max = 1;
    progress.value = 0;
    progress.setAttribute("aria-label", say("uploading", { name: file.name }));
    const alt = document.createElement("textarea");
    alt.rows = 2;
    alt.maxLength = 1500;
    alt.dir = "auto";
    alt.placeholder = say("describe");
    alt.setAttribute("aria-label", say("describe"));
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button slim";
    remove.textContent = say("remove");
    const row = document.createElement("div");
    row.className = "row";
    row.append(remove);
    words.append(progress, alt, row);
    box.append(thumb, words);
    uploads.append(box);
    running += 1;
    count();

    const request = new XMLHttpRequest();
    const fields = new FormData();
    fields.append("form_token", form.elements.form_token.value);
    fields.append("file", file);
    request.open("POST", "/uploads");
    request.setRequestHeader("accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress.value = event.loaded / event.total;
    });
    let done = false;
    const finish = () => {
      if (!done) running -= 1;
      done = true;
      count();
    };
    request.addEventListener("load", () => {
      const said = JSON.parse(request.responseText || "{}");
      if (request.status >= 300) {
        toast(said.error || say(request.status === 413 ? "tooLarge" : "failed"));
        box.remove();
      } else {
        progress.remove();
        const media = document.createElement("input");
        media.type = "hidden";
        media.name = "media";
        media.value = said.id;
        const focus = document.createElement("input");
        focus.type = "hidden";
        focus.name = `focus-${said.id}`;
        alt.name = `alt-${said.id}`;
        box.append(media, focus);
        thumb.addEventListener("click", (event) => {
          const frame = thumb.getBoundingClientRect();
          const x = (event.clientX - frame.left) / frame.width;
          const y = (event.clientY - frame.top) / frame.height;
          point.hidden = false;
          point.style.insetInlineStart = `${x * 100}%`;
          point.style.top = `${y * 100}%`;
          focus.value = `${(x * 2 - 1).toFixed(2)},${(1 - y * 2).toFixed(2)}`;
        });
      }
      finish();
    });
    request.addEventListener("error", () => {
      toast(say("failed"));
      box.remove();
      finish();
    });
    remove.addEventListener("click", () => {
      request.abort();
      box.remove();
      URL.revokeObjectURL(image.src);
      finish();
    });
    request.send(fields);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      const said = await submit(form);
      try {
        localStorage.removeItem(draftKey);
      } catch {
        // was never kept
      }
      const dialog = form.closest("dialog");
      const editing = form.action.endsWith("/edit");
      if (dialog && !editing) {
        dialog.close();
        toast(say(said.held ? "held" : "published"), { action: say("view"), onAction: () => location.assign(said.url) });
        document.dispatchEvent(new CustomEvent("folkmoot:published", { detail: said }));
      } else {
        location.assign(said.url);
        if (editing && said.url === location.pathname) location.reload();
      }
    } catch (error) {
      toast(error.message || say(navigator.onLine ? "failed" : "offline"));
      button.disabled = false;
    }
  });
  const caret = text.value.startsWith("\n") ? 0 : text.value.length;
  text.setSelectionRange(caret, caret);
  count();
}

async function submit(form) {
  const fields = new FormData(form);
  for (const [name, value] of [...fields]) if (value instanceof File) fields.delete(name);
  try {
    return await send(form.getAttribute("action"), fields);
  } catch (error) {
    if (error instanceof Refused) throw error;
    // The answer was lost: asking again with the same key cannot make a second post.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return send(form.getAttribute("action"), fields);
  }
}
