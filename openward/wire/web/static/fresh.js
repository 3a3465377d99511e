// A section with data-fresh="10" is fetched anew every ten seconds, unless somebody is at work in it or looks elsewhere.
for (const section of document.querySelectorAll("[data-fresh]")) {
  setInterval(async () => {
    if (document.hidden || section.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(section.id);
      if (fresh && !section.contains(document.activeElement)) section.replaceChildren(...fresh.childNodes);
    } catch {
      // The server is away for a moment; the next round tries again.
    }
  }, Number(section.dataset.fresh) * 1000);
}
