// The visits of a day, kept fresh while somebody looks; without this module a reload does the same.

const PAUSE_MS = 15000;
const list = document.getElementById("visits");

async function refresh() {
  // What somebody has opened or is about to press stays as it is.
  if (document.hidden || list.querySelector("details[open]") || list.contains(document.activeElement)) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("visits");
  if (fresh) list.replaceChildren(...fresh.childNodes);
}

setInterval(refresh, PAUSE_MS);
document.addEventListener("visibilitychange", refresh);
