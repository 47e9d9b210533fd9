// Says softly which colleagues have a form of the case open, and tells them of the one that is open here. It holds nobody back.
"use strict";

{
  const BEAT_MILLISECONDS = 20_000;
  const notes = [...document.querySelectorAll("[data-editing]")];
  const window_ = crypto.getRandomValues(new Uint32Array(2)).join("-");
  const form = notes.find((note) => note.dataset.command);
  let beating = 0;

  function told(command) {
    const said = new FormData();
    for (const [name, value] of Object.entries({ csrf: form.dataset.csrf, command, window: window_ })) said.append(name, value);
    return said;
  }

  async function beat() {
    if (document.visibilityState !== "visible") return;
    const answer = await fetch(`/cases/${form.dataset.editing}/editing`, { method: "POST", body: told(form.dataset.command) }).catch(() => null);
    if (answer && !answer.ok && answer.status < 500) clearInterval(beating); // signed out, or out of sight
  }

  document.addEventListener("live:editing", ({ detail }) => {
    for (const note of notes.filter((each) => each.dataset.editing === detail.case_id)) {
      note.replaceChildren(...detail.people.map(({ says }) => Object.assign(document.createElement("span"), { textContent: says })));
    }
  });

  if (form) {
    const begin = () => {
      clearInterval(beating);
      beat();
      beating = setInterval(beat, BEAT_MILLISECONDS);
    };
    addEventListener("pageshow", begin);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && begin());
    addEventListener("pagehide", () => {
      clearInterval(beating);
      navigator.sendBeacon(`/cases/${form.dataset.editing}/editing`, told(""));
    });
  }
}
