// The server's side of the demo. Every call is same-origin; a POST carries the page's token.

const token = document.querySelector('meta[name="heed-demo"]').content;

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Error("Heed does not answer. Is it still running?");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `The server answered ${response.status}.`);
  return body;
}

export function get(path, fields = {}) {
  const query = new URLSearchParams(fields).toString();
  return ask(query ? `${path}?${query}` : path, {});
}

export function post(path, fields) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Heed-Demo": token },
    body: JSON.stringify(fields),
  });
}
