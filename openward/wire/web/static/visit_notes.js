// Notes are saved a moment after the last change; without this module each form has its button.
// Only what was changed is sent, so that two people may write in one note. What could not be sent is kept and tried
// again, whatever becomes of the call, and the page asks before it is left with something unsaved.

const PAUSE_MS = 800;
const AGAIN_MS = [2000, 5000, 15000];

for (const form of document.querySelectorAll("[data-note]")) {
  const said = form.querySelector("[data-saved]");
  const changed = new Set();
  let timer = null;
  let failures = 0;
  let last = Promise.resolve();

  const body = (names) => {
    const all = new FormData(form);
    const sent = new URLSearchParams();
    for (const name of ["form_token", "template"]) sent.append(name, all.get(name));
    for (const name of names) {
      sent.append("asked", name.slice(2));
      for (const value of all.getAll(name)) sent.append(name, value);
    }
    return sent;
  };

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };

  const send = async () => {
    const names = [...changed];
    if (!names.length) return;
    changed.clear();
    const answer = await fetch(form.action, { method: "POST", body: body(names), keepalive: true, redirect: "manual" }).catch(() => null);
    if (answer?.type === "opaqueredirect") {
      failures = 0;
      said.textContent = changed.size ? "…" : "Saved";
      return;
    }
    for (const name of names) changed.add(name);
    if (answer && answer.status < 500 && answer.status !== 429) {
      // It was understood and refused: trying again would change nothing.
      said.textContent = answer.status === 422 ? "Not saved: the notes are signed" : "Not saved: copy what you wrote and reload the page";
    } else {
      said.textContent = "Not saved yet: no connection. It is tried again.";
      later(AGAIN_MS[Math.min(failures++, AGAIN_MS.length - 1)]);
    }
  };

  const save = () => {
    clearTimeout(timer);
    timer = null;
    // One after the other, so that the last change is the last to be written.
    last = last.then(send);
    return last;
  };

  form.addEventListener("input", (event) => {
    if (!event.target.name.startsWith("q:")) return;
    changed.add(event.target.name);
    said.textContent = "…";
    later(PAUSE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (changed.size) save();
    else said.textContent = "Saved";
  });
  addEventListener("online", () => changed.size && save());
  addEventListener("pagehide", () => changed.size && save());
  addEventListener("beforeunload", (event) => {
    if (!changed.size) return;
    save();
    event.preventDefault();
  });
}
