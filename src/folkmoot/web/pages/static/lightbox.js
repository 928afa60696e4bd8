// Pictures at full size over the page, with their description; arrows and swipes turn to the next.

import { say } from "./words.js";

export function watchLightbox() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-lightbox]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open([...link.closest(".pictures").querySelectorAll("a[data-lightbox]")], link);
  });
}

function button(name, icon, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "plain";
  made.setAttribute("aria-label", say(name));
  const icons = document.querySelector("use").getAttribute("href").split("#")[0];
  made.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${icons}#${icon}"/></svg>`;
  made.addEventListener("click", act);
  return made;
}

function open(links, first) {
  let index = links.indexOf(first);
  const dialog = document.createElement("dialog");
  dialog.className = "lightbox";
  const bar = document.createElement("div");
  bar.className = "bar";
  const position = document.createElement("span");
  bar.append(button("close", "close", () => dialog.close()), position);
  const stage = document.createElement("div");
  stage.className = "stage";
  const figure = document.createElement("figure");
  const image = document.createElement("img");
  figure.append(image);
  const previous = button("previous", "back", () => turn(-1));
  const next = button("next", "onward", () => turn(1));
  previous.hidden = next.hidden = links.length < 2;
  stage.append(previous, figure, next);
  const caption = document.createElement("p");
  caption.className = "caption";
  caption.dir = "auto";
  dialog.append(bar, stage, caption);

  function show() {
    const link = links[index];
    image.src = link.href;
    image.alt = link.dataset.alt ?? "";
    caption.textContent = link.dataset.alt ?? "";
    position.textContent = links.length > 1 ? `${index + 1} / ${links.length}` : "";
    dialog.setAttribute("aria-label", link.dataset.alt || position.textContent || "1");
  }
  function turn(step) {
    index = (index + step + links.length) % links.length;
    show();
  }
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") turn(1);
    if (event.key === "ArrowLeft") turn(-1);
  });
  let from;
  stage.addEventListener("pointerdown", (event) => (from = event.clientX));
  stage.addEventListener("pointerup", (event) => {
    if (links.length > 1 && Math.abs(event.clientX - from) > 60) turn(event.clientX < from ? 1 : -1);
    else if (event.target === stage || event.target === figure) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    links[index].focus();
  });
  document.body.append(dialog);
  show();
  dialog.showModal();
}
