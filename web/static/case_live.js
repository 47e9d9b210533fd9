// A case that a colleague changed is renewed where it stands: stages, limits, what can be done, timeline, whichever tab is open. Focus,
// place on the page, what is unfolded and what is typed stay. Where it cannot be renewed the page says that it is of before.
"use strict";

{
  const KEPT = ["tab", "all"];
  const hint = document.querySelector("[data-case]");
  const news = document.querySelector("[data-news]");
  const place = () => document.getElementById("case");
  const loaded = Number(place().dataset.renewedAt);
  let owed = false;
  let renewing = Promise.resolve();

  function address() {
    const asked = new URLSearchParams(location.search);
    return `${location.pathname}?${new URLSearchParams([...asked].filter(([name]) => KEPT.includes(name)))}`;
  }

  function renew() {
    owed = false;
    renewing = renewing.then(draw).catch((fault) => {
      console.error(fault);
      hint.hidden = false;
    });
  }

  async function draw() {
    if (document.querySelector("[data-version]:active")) return void setTimeout(renew, 500); // somebody holds the slider
    const answer = await fetch(address());
    const page = answer.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const fresh = page?.querySelector("#case[data-renewed-at]");
    if (!fresh) {
      hint.hidden = false; // signed out, out of sight, or a house that is just starting
      return;
    }
    if (Number(fresh.dataset.renewedAt) <= Number(place().dataset.renewedAt)) return;
    prepare(fresh);
    await swapped(fresh);
    document.title = page.title;
    Object.assign(hint, { hidden: true }).dataset.of = fresh.dataset.renewedAt;
    verifyAnew(fresh);
    tell([fresh.dataset.changed, fresh.dataset.latest].filter(Boolean).join("\n"));
    document.dispatchEvent(new CustomEvent("case:renewed"));
  }

  /** What is new on the page since it was loaded is marked; what the reader unfolded stays so; nothing takes the focus. */
  function prepare(fresh) {
    for (const each of fresh.querySelectorAll("[autofocus]")) each.removeAttribute("autofocus");
    for (const open of place().querySelectorAll("details[id][open]")) fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
    for (const entry of fresh.querySelectorAll(".ev[data-record]")) {
      if (Number(entry.dataset.record) <= loaded) continue;
      entry.classList.add("new");
      entry.querySelector("p").append(Object.assign(document.createElement("span"), { className: "fresh", textContent: fresh.dataset.fresh }));
    }
  }

  /** What must not move under the reader: where they stand by the keyboard if they see it, else the first thing they see. */
  function looked(held) {
    const seen = (each) => each.getBoundingClientRect().top >= 0 && each.getBoundingClientRect().top < innerHeight;
    return held && seen(held) ? held : [...place().querySelectorAll("[id]")].find(seen);
  }

  async function swapped(fresh) {
    const root = document.documentElement;
    const held = place().contains(document.activeElement) ? document.activeElement : null;
    const seen = scrollY > 0 ? looked(held) : null; // at the top of the page the top is what one looks at
    const top = seen?.getBoundingClientRect().top;
    root.classList.add("renewing"); // the place is held here, not by the browser as well
    await htmx.swap({ text: fresh.outerHTML, target: place(), sourceElement: place(), swap: "outerMorph" });
    if (seen?.isConnected) scrollBy({ top: seen.getBoundingClientRect().top - top, behavior: "instant" });
    requestAnimationFrame(() => root.classList.remove("renewing"));
    if (held && document.activeElement !== held) (held.isConnected ? held : document.getElementById("can-do")).focus({ preventScroll: true });
  }

  function verifyAnew(fresh) {
    const badge = place().querySelector("[data-proof]");
    const shown = fresh.querySelector("[data-proof]");
    if (!badge || !shown) return;
    for (const name of ["shown", "head", "words"]) badge.dataset[name] = shown.dataset[name];
    badge.dispatchEvent(new CustomEvent("proof:again"));
  }

  function tell(words) {
    news.querySelector("p").textContent = words;
    news.querySelector("button").hidden = false;
  }

  news.querySelector("button").addEventListener("click", () => {
    news.querySelector("p").textContent = "";
    news.querySelector("button").hidden = true;
  });
  document.addEventListener("live:case", (event) => {
    owed = event.detail.away;
    if (owed) return; // whoever comes back finds the hint, and the page renews itself
    event.preventDefault();
    renew();
  });
  document.addEventListener("live:back", () => owed && renew());
}
