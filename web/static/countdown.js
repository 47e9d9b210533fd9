// How long is left of a limit, said anew each minute while somebody looks on. Without a script the page says how long was left when it was loaded.
"use strict";

{
  const DAY = 86_400_000, HOUR = 3_600_000, MINUTE = 60_000, ZONE = 8 * HOUR, CLOSE = 48 * HOUR, SOON = 3 * DAY;
  const page = () => document.querySelector("[data-words][data-now]");
  // The house's clock, whatever this computer's says.
  let ahead = 0;
  const set = () => (ahead = Date.parse(page().dataset.now) - Date.now());
  const day = (moment) => Math.floor((moment + ZONE) / DAY); // legal days are those of Shanghai, which knows no summer time

  function left(words, due, now, byHours) {
    const days = day(due) - day(now);
    if (days < 0) return words.days_late.replace("{n}", -days);
    if (byHours && due > now && days === 0) return words.hours_left.replace("{n}", Math.floor((due - now) / HOUR));
    return days === 0 ? words.due_today : days === 1 ? words.due_tomorrow : words.days_left.replace("{n}", days);
  }

  function close(words, rest) {
    if (rest <= 0 || rest > CLOSE) return "";
    return words.close.replace("{h}", Math.floor(rest / HOUR)).replace("{m}", String(Math.floor((rest % HOUR) / MINUTE)).padStart(2, "0"));
  }

  const urgency = (due, now) => (due < now ? "missed" : day(due) === day(now) ? "due_today" : due - now < SOON ? "soon" : "later");

  function say(place, text) {
    if (place && place.textContent !== text) place.textContent = text;
  }

  function tell() {
    const now = Date.now() + ahead;
    const words = JSON.parse(page().dataset.words);
    for (const limit of document.querySelectorAll("[data-due]")) {
      const due = Date.parse(limit.dataset.due);
      say(limit.querySelector("[data-left]"), left(words, due, now, "byHours" in limit.dataset));
      say(limit.querySelector("[data-close]"), close(words, due - now));
      const line = limit.closest(".clock");
      if (!line.classList.contains("missed")) line.className = `clock ${urgency(due, now)}`;
    }
  }

  let next = 0;
  function go() {
    clearTimeout(next);
    if (document.visibilityState !== "visible") return;
    tell();
    next = setTimeout(go, MINUTE - ((Date.now() + ahead) % MINUTE) + 50);
  }

  if (page()) {
    set();
    document.addEventListener("visibilitychange", go);
    document.addEventListener("case:renewed", () => (set(), go()));
    go();
  }
}
