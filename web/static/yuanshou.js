// What a page does more with a script: add rows, send once, say which record the slider names. Everything works without it.
"use strict";

const PREFIX = "yuanshou:";
function addRow(many) {
  const template = many.querySelector(":scope > template");
  const taken = [...many.querySelectorAll(":scope > [data-row] [name]")].map((input) => Number(input.name.slice(many.dataset.rows.length + 1).split("/")[0]));
  const html = template.innerHTML.replaceAll("__n__", String(Math.max(-1, ...taken) + 1));
  template.insertAdjacentHTML("beforebegin", html);
  return template.previousElementSibling;
}

// One click is enough; a page come back to by the back button can send again.
for (const form of document.querySelectorAll("form[data-keep]")) {
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name) return;
    const button = form.querySelector(".actions .send");
    setTimeout(() => (button.disabled = true));
    addEventListener("pageshow", () => (button.disabled = false), { once: true });
  });
}

for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    addRow(button.closest("[data-rows]")).querySelector("input, select, textarea").focus();
  });
}

for (const slider of document.querySelectorAll("[data-version]")) {
  const output = slider.form.querySelector("output");
  slider.addEventListener("input", () => (output.textContent = (slider.dataset.record ?? "{n}").replace("{n}", slider.value)));
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
