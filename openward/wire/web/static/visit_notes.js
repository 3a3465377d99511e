// Notes are saved a moment after the last change; without this module each form has its button.

const PAUSE_MS = 800;

for (const form of document.querySelectorAll("[data-note]")) {
  const said = form.querySelector("[data-saved]");
  let timer = null;
  let last = Promise.resolve();

  const save = () => {
    clearTimeout(timer);
    timer = null;
    const body = new URLSearchParams(new FormData(form));
    // One after the other, so that the last change is the last to be written.
    last = last.then(async () => {
      const answer = await fetch(form.action, { method: "POST", body, keepalive: true, redirect: "manual" }).catch(() => null);
      said.textContent = answer?.type === "opaqueredirect" ? "Saved" : "Not saved: check the connection, then press Save";
    });
    return last;
  };

  form.addEventListener("input", () => {
    said.textContent = "…";
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  addEventListener("pagehide", () => timer && save());
}
