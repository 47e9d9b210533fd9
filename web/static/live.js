// Keeps a page up to date while it is looked at: how many messages are unread, the newest of them in the inbox, and whether the case on
// it has changed since. What it hears of cases it passes on to the page: `live:case` (a page that renews itself prevents the hint),
// `live:editing`, and `live:back` when somebody is at the page again. Everything works without it. A page in the background listens to
// nothing: a browser holds few lines to a house.
"use strict";

{
  const OWN_MILLISECONDS = 10_000;
  const AWAY_MILLISECONDS = 300_000;
  const AGAIN_MILLISECONDS = [15_000, 240_000];
  const badge = document.querySelector("[data-unread]");
  const hints = [...document.querySelectorAll("[data-case]")];
  const notes = [...document.querySelectorAll("[data-editing]")];
  let source = null;
  let sent = -Infinity;
  let used = performance.now();
  let owed = false;
  let again = AGAIN_MILLISECONDS[0];

  function count(unread) {
    const shown = Number(badge.querySelector(".count")?.textContent ?? 0);
    if (shown === unread) return;
    const number = Object.assign(document.createElement("span"), { className: "count", textContent: unread });
    const word = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: ` ${badge.dataset.word}` });
    badge.replaceChildren(...(unread ? [" ", number, word] : []));
    renew();
  }

  function changed({ case_id: id, version }) {
    for (const hint of hints.filter((each) => each.dataset.case === id && Number(each.dataset.of) < version)) {
      if (!document.dispatchEvent(new CustomEvent("live:case", { detail: { id, version, away: away() }, cancelable: true }))) continue;
      // What this page itself just sent is followed by its own answer; only if that does not come is the reader told.
      const wait = performance.now() - sent < OWN_MILLISECONDS ? OWN_MILLISECONDS : 0;
      setTimeout(() => (hint.hidden = false), wait);
    }
  }

  // Loading the inbox anew counts as work: where nobody is at the page it waits, or a session left open would never run out.
  const away = () => performance.now() - used > AWAY_MILLISECONDS;
  let renewing = Promise.resolve();
  function renew() {
    owed = away();
    if (!owed && document.querySelector("[data-inbox]")) renewing = renewing.then(draw, draw);
  }

  function back() {
    used = performance.now();
    if (owed) renew();
    document.dispatchEvent(new CustomEvent("live:back"));
  }

  // Each page writes the tokens of its forms otherwise; what it says may be the same.
  const told = (part) => part.innerHTML.replaceAll(/name="csrf" value="[^"]*"/g, "");

  async function draw() {
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-inbox]");
    const list = document.querySelector("[data-inbox]");
    if (!fresh || told(fresh) === told(list)) return;
    // Whoever stands on a message by the keyboard goes on standing there.
    const held = list.contains(document.activeElement) ? document.activeElement.closest("form")?.getAttribute("action") : null;
    list.replaceChildren(...fresh.childNodes);
    if (held) list.querySelector(`form[action="${CSS.escape(held)}"] button`)?.focus();
  }

  function listen() {
    if (source || document.visibilityState !== "visible") return;
    const cases = new Set([...hints.map((hint) => hint.dataset.case), ...notes.map((note) => note.dataset.editing)]);
    const asked = new URLSearchParams([...cases].map((id) => ["case", id]));
    source = new EventSource(`/live?${asked}`);
    source.addEventListener("unread", (event) => count(JSON.parse(event.data).unread));
    source.addEventListener("message", renew);
    source.addEventListener("gap", renew);
    source.addEventListener("case", (event) => changed(JSON.parse(event.data)));
    source.addEventListener("editing", (event) => document.dispatchEvent(new CustomEvent("live:editing", { detail: JSON.parse(event.data) })));
    source.addEventListener("end", leave);
    source.addEventListener("open", () => (again = AGAIN_MILLISECONDS[0]));
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return; // a line that broke the browser takes up again by itself
      source = null; // one that was refused it does not: a house that is just starting refuses too
      setTimeout(resume, again * (1 + Math.random() / 4));
      again = Math.min(again * 2, AGAIN_MILLISECONDS[1]);
    });
  }

  function resume() {
    renew();
    listen();
  }

  function leave() {
    source?.close();
    source = null;
  }

  if ("live" in document.body.dataset && badge) {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return leave();
      back();
      return resume();
    });
    for (const sign of ["pointermove", "keydown", "scroll"]) addEventListener(sign, back, { passive: true });
    addEventListener("pagehide", leave);
    addEventListener("pageshow", listen);
    addEventListener("submit", () => (sent = performance.now()));
  }
}
