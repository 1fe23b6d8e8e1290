"use strict";
// Renews the page in place, so that nothing flickers and the reader's place is
// kept. What it fetches is the page itself.
{
  const every = 2000;
  const button = document.getElementById("live");
  let live = true;
  let busy = false;

  async function renew() {
    if (!live || busy || document.hidden || !getSelection().isCollapsed) return;
    busy = true;
    try {
      const answer = await fetch(location.pathname, {headers: {Accept: "text/html"}, signal: AbortSignal.timeout(5 * every)});
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const scrolled = [...document.querySelectorAll(".scroll")].map(e => [e.scrollLeft, e.scrollTop]);
      for (const id of ["main", "foot"]) document.getElementById(id).replaceWith(document.adoptNode(fresh.getElementById(id)));
      document.querySelectorAll(".scroll").forEach((e, i) => { [e.scrollLeft, e.scrollTop] = scrolled[i] || [0, 0]; });
      say("live", false);
    } catch {
      say("no answer", true);
    } finally {
      busy = false;
    }
  }

  function say(text, lost) {
    button.textContent = live ? text : "paused";
    button.classList.toggle("lost", live && lost);
    button.setAttribute("aria-pressed", live);
  }

  button.hidden = false;
  button.addEventListener("click", () => { live = !live; say("live", false); renew(); });
  document.addEventListener("visibilitychange", renew);
  setInterval(renew, every);
}
