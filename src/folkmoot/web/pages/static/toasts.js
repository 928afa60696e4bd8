// Short words at the foot of the page, with one way to react.

export function toast(text, { action, onAction, seconds = 6, onGone } = {}) {
  const place = document.querySelector(".toasts");
  if (!place) return () => {};
  const box = document.createElement("div");
  box.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  let over = false;
  const finish = (acted) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    box.remove();
    if (!acted) onGone?.();
  };
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action;
    button.addEventListener("click", () => {
      finish(true);
      onAction?.();
    });
    box.append(button);
  }
  place.append(box);
  const timer = setTimeout(() => finish(false), seconds * 1000);
  return finish;
}
