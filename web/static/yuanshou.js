// What a page does more with a script: keep what is typed until it is sent, add rows, say which record the slider names.
// Everything works without it. What is typed may be personal, so it is kept in this window only and goes when the person signs out.
"use strict";

const PREFIX = "yuanshou:";
const skipped = new Set(["csrf", "key", "version", "add"]);

function kept(form) {
  return [...new FormData(form)].filter(([name, value]) => !skipped.has(name) && typeof value === "string");
}

function addRow(many) {
  const template = many.querySelector(":scope > template");
  const taken = [...many.querySelectorAll(":scope > [data-row] [name]")].map((input) => Number(input.name.slice(many.dataset.rows.length + 1).split("/")[0]));
  const html = template.innerHTML.replaceAll("__n__", String(Math.max(-1, ...taken) + 1));
  template.insertAdjacentHTML("beforebegin", html);
  return template.previousElementSibling;
}

function restore(form, pairs) {
  for (const [name] of pairs) {
    for (const many of form.querySelectorAll("[data-rows]")) {
      if (name.startsWith(many.dataset.rows + "/")) while (!form.elements[name] && many.querySelectorAll(":scope > [data-row]").length < 200) addRow(many);
    }
  }
  for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = false;
  for (const [name, value] of pairs) {
    const held = form.elements[name];
    if (!held) continue;
    for (const input of held instanceof RadioNodeList ? held : [held]) {
      if (input.type === "checkbox" || input.type === "radio") input.checked = input.checked || input.value === value;
      else input.value = value;
      if (value) input.closest("details")?.setAttribute("open", "");
    }
  }
}

for (const form of document.querySelectorAll("form[data-keep]")) {
  const name = PREFIX + form.dataset.keep;
  const before = JSON.stringify(kept(form));
  const stored = sessionStorage.getItem(name);
  const note = form.querySelector(".restored");
  if (stored && stored !== before && !("shown" in form.dataset)) {
    restore(form, JSON.parse(stored));
    note.hidden = false;
  }
  const keep = () => sessionStorage.setItem(name, JSON.stringify(kept(form)));
  form.addEventListener("input", keep);
  form.addEventListener("submit", (event) => {
    keep();
    if (event.submitter?.name) return;
    // One click is enough; a page come back to by the back button can send again.
    const button = form.querySelector(".actions .send");
    setTimeout(() => (button.disabled = true));
    addEventListener("pageshow", () => (button.disabled = false), { once: true });
  });
  form.querySelector("[data-discard]").addEventListener("click", () => {
    sessionStorage.removeItem(name);
    location.reload();
  });
}

for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    addRow(button.closest("[data-rows]")).querySelector("input, select, textarea").focus();
  });
}

for (const sent of document.querySelectorAll("[data-sent]")) sessionStorage.removeItem(PREFIX + sent.dataset.sent);

for (const form of document.querySelectorAll("form[data-leaving]")) {
  form.addEventListener("submit", () => {
    if (form.action.endsWith("/sign-out")) Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => sessionStorage.removeItem(name));
  });
}

for (const slider of document.querySelectorAll("[data-version]")) {
  const output = slider.form.querySelector("output");
  slider.addEventListener("input", () => (output.textContent = slider.value));
  slider.addEventListener("change", () => slider.form.requestSubmit());
}

// A decision opened from the desk goes on from the keyboard: at what is still to be filled in, else at the button that sends it.
for (const form of document.querySelectorAll("form.sheet:has(input[name=from][value=desk])")) {
  (form.querySelector("input:invalid, select:invalid, textarea:invalid") ?? form.querySelector(".actions .send")).focus({ preventScroll: true });
}

// One click is enough for a form that is a single button.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button:not([type])");
    setTimeout(() => (button.disabled = true));
    addEventListener("pageshow", () => (button.disabled = false), { once: true });
  });
}

for (const all of document.querySelectorAll("[data-everyone]")) {
  const rows = [...all.form.querySelectorAll(`input[name="${all.dataset.everyone}"]`)];
  all.addEventListener("change", () => rows.forEach((box) => (box.checked = all.checked)));
  all.form.addEventListener("change", (event) => {
    if (rows.includes(event.target) && !event.target.checked) all.checked = false;
  });
}

// Letters as keys, where a page has them; who uses speech or a screen reader's own keys turns them off (WCAG 2.1.4).
const KEYS = PREFIX + "keys-off";
for (const note of document.querySelectorAll("[data-keys]")) {
  const show = () => {
    const off = localStorage.getItem(KEYS) !== null;
    note.querySelector("[data-on]").hidden = off;
    note.querySelector("[data-off]").hidden = !off;
    document.documentElement.classList.toggle("keys-off", off);
  };
  note.hidden = false;
  show();
  note.querySelector("button").addEventListener("click", () => {
    if (localStorage.getItem(KEYS) === null) localStorage.setItem(KEYS, "1");
    else localStorage.removeItem(KEYS);
    show();
  });
}

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(KEYS) !== null) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, textarea")) target.focus();
  else target.click();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) {
    const find = document.querySelector(".find input");
    if (find) {
      event.preventDefault();
      find.focus();
    }
  }
});

// A disclosure that lies over the page closes when one goes on elsewhere, and by Escape.
for (const folded of document.querySelectorAll("details[data-closes]")) {
  const away = (event) => folded.contains(event.target) || (folded.open = false);
  document.addEventListener("click", away);
  document.addEventListener("focusin", away);
  folded.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !folded.open) return;
    folded.open = false;
    folded.querySelector("summary").focus();
  });
}
