// The patient list, livelier: search while typing, open pages without a reload, and read the bars out.
// Without this module the same page works by links and by the form's button.
import "./menus.js";
import { readout } from "./readout.js";

const form = document.getElementById("filters");
let running = null;

async function show(address, keep) {
  running?.abort();
  running = new AbortController();
  const results = document.getElementById("results");
  results.classList.add("busy");
  try {
    const answer = await fetch(address, { signal: running.signal, headers: { accept: "text/html" } });
    if (!answer.ok || new URL(answer.url).pathname !== "/patients") throw new Error("not the list");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("results");
    if (!fresh) throw new Error("not the list");
    results.replaceChildren(...fresh.childNodes);
    document.getElementById("periods").replaceChildren(...page.getElementById("periods").childNodes);
    if (keep) history.replaceState(null, "", address);
    results.classList.remove("busy");
  } catch (error) {
    // Whatever went wrong (a session that ended, a lost network), the plain way shows it best.
    if (error.name !== "AbortError") location.assign(address);
  }
}

function address() {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) fields.append(name, value);
  const query = fields.toString();
  return query ? `/patients?${query}` : "/patients";
}

let timer = 0;
form.addEventListener("input", (event) => {
  clearTimeout(timer);
  timer = setTimeout(() => show(address(), true), event.target.type === "search" ? 220 : 0);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  show(address(), true);
});
const names = ["Very low", "Low", "In target", "High", "Very high"];
document.addEventListener("pointermove", (event) => {
  const bar = event.target.closest?.(".slim svg[data-percents]");
  if (!bar) return readout.hide();
  const shares = bar.dataset.percents.split(" ");
  readout.show(event, names.map((name, place) => `${name}: ${shares[place]} %`).reverse().join("\n"));
});
