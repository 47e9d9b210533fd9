// The keyboard: a page's own letters (data-key), / for the search, ? for the help sheet, g and a letter for another page, j and k through
// the rows of lists, x to choose a row. Who uses speech or a screen reader's own keys turns all of them off (WCAG 2.1.4). Nothing here is
// the only way to anything: each key presses, focuses or follows what stands on the page.
"use strict";

{
  const OFF = "yuanshou:keys-off";
  const GO_MILLISECONDS = 1_500;
  const help = document.getElementById("keys-help");
  const opener = document.querySelector("[data-keys-open]");
  let gone = -Infinity;

  const off = () => localStorage.getItem(OFF) !== null;
  const typing = () => {
    const at = document.activeElement;
    return Boolean(at && (/^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName) ? !/^(checkbox|radio|button)$/.test(at.type) : at.isContentEditable));
  };
  const rows = () => [...document.querySelectorAll("main .list tbody tr, main .hand li")].filter((row) => row.querySelector("a[href]") && row.checkVisibility());

  // Each place that tells of the keys tells whether they are on, and turns them on and off.
  function show() {
    document.documentElement.classList.toggle("keys-off", off());
    for (const note of document.querySelectorAll("[data-keys]")) {
      note.hidden = false;
      note.querySelector("[data-on]").hidden = off();
      note.querySelector("[data-off]").hidden = !off();
    }
  }
  for (const note of document.querySelectorAll("[data-keys]")) {
    note.querySelector("button").addEventListener("click", () => {
      if (off()) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
      show();
    });
  }
  show();

  // What the page has of its own is read from the page when the sheet is opened.
  function open() {
    if (!help || help.open) return;
    help.querySelectorAll("[data-rows-only]").forEach((line) => (line.hidden = rows().length === 0));
    help.querySelectorAll("[data-choices-only]").forEach((line) => (line.hidden = !document.querySelector("main .choice input")));
    help.querySelectorAll("[data-go]").forEach((line) => (line.hidden = !nav(line.dataset.to)));
    const own = help.querySelector("[data-own-keys]");
    const lines = [...document.querySelectorAll("main [data-key]")].map((target) => {
      const line = document.createElement("div");
      const term = document.createElement("dt");
      term.append(Object.assign(document.createElement("kbd"), { textContent: target.dataset.key }));
      line.append(term, Object.assign(document.createElement("dd"), { textContent: words(target) }));
      return line;
    });
    own.hidden = lines.length === 0;
    own.querySelector("dl").replaceChildren(...lines);
    help.showModal();
  }

  function words(target) {
    const copy = (target.labels?.[0]?.querySelector("span") ?? target).cloneNode(true);
    copy.querySelectorAll("kbd, small").forEach((each) => each.remove());
    return copy.textContent.trim();
  }

  const nav = (address) => document.querySelector(`.top nav a[href="${CSS.escape(address)}"]`);

  function walk(step) {
    const all = rows();
    if (!all.length) return false;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
    next.querySelector("a[href]").focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function choose() {
    const box = document.activeElement?.closest("tr, li")?.querySelector(".choice input");
    box?.click();
    return Boolean(box);
  }

  function press(key) {
    const went = performance.now() - gone < GO_MILLISECONDS;
    gone = -Infinity;
    if (went) {
      const line = help?.querySelector(`[data-go="${CSS.escape(key)}"]`);
      const to = line && nav(line.dataset.to);
      to?.click();
      return Boolean(to);
    }
    const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (target) {
      if (target.matches("input, textarea")) target.focus();
      else target.click();
      return true;
    }
    if (key === "g") gone = performance.now();
    if (key === "j" || key === "k") return walk(key === "j" ? 1 : -1);
    if (key === "x") return choose();
    if (key === "/") document.querySelector(".find input")?.focus();
    if (key === "?") open();
    return key === "g" || key === "/" || key === "?";
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (off() || typing() || document.querySelector("dialog[open]")) return;
    if (press(event.key)) event.preventDefault();
  });

  // From the search of a list straight into its rows, and out of an empty box.
  document.querySelector("form[data-typed] input[type=search]")?.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" && walk(1)) event.preventDefault();
    else if (event.key === "Escape" && event.target.value === "") event.target.blur();
  });

  if (opener && help) {
    opener.hidden = false;
    opener.addEventListener("click", open);
    help.querySelector("[data-close]").addEventListener("click", () => help.close());
  }
}
