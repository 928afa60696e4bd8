// The few sentences that scripts say; everything else is in the page already. A test compares the two lists.

const SENTENCES = {
  en: {
    copied: "Link copied",
    boosted: "Boosted",
    deleted: "Post deleted",
    undo: "Undo",
    failed: "That did not work. Please try again.",
    offline: "You are offline.",
    newPost: "1 new post",
    newPosts: "{n} new posts",
    published: "Your post is out.",
    held: "Held: only you can see this until it has been looked at",
    view: "Open",
    uploading: "Uploading {name}",
    describe: "Describe the picture for those who cannot see it",
    remove: "Remove",
    focus: "Click on the part that must stay in view",
    tooMany: "At most {n} pictures.",
    tooLarge: "This picture is too large.",
    left: "{n} characters left",
    kept: "Your draft is still here.",
    close: "Close",
    next: "Next picture",
    previous: "Previous picture",
    now: "now",
    keys: "Keyboard",
    keysList: [
      ["j / k", "next, previous post"],
      ["Enter", "open the conversation"],
      ["n", "write a post"],
      ["r", "reply"],
      ["f", "favourite"],
      ["b", "boost"],
      ["/", "search"],
      [".", "show new posts"],
      ["?", "this list"],
    ],
  },
  de: {
    copied: "Link kopiert",
    boosted: "Geteilt",
    deleted: "Beitrag gelöscht",
    undo: "Rückgängig",
    failed: "Das hat nicht geklappt. Bitte versuch es noch einmal.",
    offline: "Du bist offline.",
    newPost: "1 neuer Beitrag",
    newPosts: "{n} neue Beiträge",
    published: "Dein Beitrag ist veröffentlicht.",
    held: "Zurückgehalten: Nur du siehst das, bis es geprüft ist",
    view: "Öffnen",
    uploading: "{name} wird hochgeladen",
    describe: "Beschreibe das Bild für alle, die es nicht sehen können",
    remove: "Entfernen",
    focus: "Klicke auf die Stelle, die sichtbar bleiben soll",
    tooMany: "Höchstens {n} Bilder.",
    tooLarge: "Dieses Bild ist zu groß.",
    left: "Noch {n} Zeichen",
    kept: "Dein Entwurf ist noch da.",
    close: "Schließen",
    next: "Nächstes Bild",
    previous: "Voriges Bild",
    now: "jetzt",
    keys: "Tastatur",
    keysList: [
      ["j / k", "nächster, voriger Beitrag"],
      ["Enter", "Unterhaltung öffnen"],
      ["n", "Beitrag schreiben"],
      ["r", "antworten"],
      ["f", "favorisieren"],
      ["b", "teilen"],
      ["/", "suchen"],
      [".", "neue Beiträge zeigen"],
      ["?", "diese Liste"],
    ],
  },
};

let spoken = SENTENCES.en;

export function speak(locale) {
  spoken = SENTENCES[locale] ?? SENTENCES.en;
}

export function say(name, values = {}) {
  const sentence = spoken[name];
  if (typeof sentence !== "string") return sentence;
  return sentence.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}
