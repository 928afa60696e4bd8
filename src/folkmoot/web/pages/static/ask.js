// Requests to our own pages: form in, JSON or a piece of a page out.

export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

// Sends the fields of a form as the form itself would, and answers with what the page says of it.
export async function send(url, fields, { keepalive = false } = {}) {
  const body = fields instanceof FormData ? new URLSearchParams([...fields].filter(([, value]) => typeof value === "string")) : new URLSearchParams(fields);
  const answer = await fetch(url, { method: "POST", body, keepalive, headers: { accept: "application/json" }, credentials: "same-origin" });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(said.error ?? "", answer.status);
  return said;
}

// The middle of a page, as elements.
export async function piece(url) {
  const address = new URL(url, location.href);
  address.searchParams.set("part", "1");
  const answer = await fetch(address, { headers: { accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Refused("", answer.status);
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = document.createDocumentFragment();
  found.append(...parsed.body.childNodes);
  return found;
}
