// A home visit's form without a network: what is typed is kept in this browser under the kit's own name, and given out as a file of answers.
"use strict";

const form = document.querySelector("form");
const state = document.querySelector("[data-state]");
const kit = JSON.parse(form.dataset.kit);
const place = `yuanshou-kit:${kit.kit}`;
let store = null;
let given = "";

try {
  store = window.localStorage;
  store.setItem(`${place}:probe`, "1");
  store.removeItem(`${place}:probe`);
} catch {
  // Some browsers keep nothing for a file from the disk: the form says so, and the answers are given out before it is closed.
  store = null;
}

const pairs = () => [...new FormData(form)].filter(([, value]) => typeof value === "string" && value !== "");
const answers = () => pairs().filter(([name]) => name.startsWith("/"));
const say = (words) => (state.textContent = words);

function restore() {
  const held = store?.getItem(place);
  if (!held) return;
  for (const [name, value] of JSON.parse(held)) {
    for (const input of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (input.type === "checkbox" || input.type === "radio") input.checked = input.checked || input.value === value;
      else input.value = value;
    }
  }
}

function keep() {
  if (store) store.setItem(place, JSON.stringify(pairs()));
  say(store ? form.dataset.kept : form.dataset.notKept);
}

function giveOut() {
  const wanting = form.querySelector(":invalid");
  if (wanting) {
    say(form.dataset.left);
    wanting.focus();
    form.reportValidity();
    return;
  }
  given = JSON.stringify(answers());
  const file = { format: "yuanshou-visit-kit", schema: 1, ...kit, saved_at: new Date().toISOString(), answers: answers() };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(file)], { type: "application/json" }));
  link.download = form.dataset.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  say(form.dataset.saved);
}

restore();
for (const details of document.querySelectorAll("details")) details.open = true;
say(store ? form.dataset.kept : form.dataset.notKept);
form.addEventListener("input", keep);
form.addEventListener("submit", (event) => event.preventDefault());
document.querySelector("[data-export]").addEventListener("click", giveOut);
document.querySelector("[data-print]").addEventListener("click", () => print());
document.querySelector("[data-forget]").addEventListener("click", () => {
  if (!confirm(form.dataset.forget)) return;
  store?.removeItem(place);
  form.reset();
  given = JSON.stringify(answers());
  say("");
});
// Where nothing is kept, what was typed and not given out goes with the window: the browser asks first.
addEventListener("beforeunload", (event) => {
  if (!store && answers().length && JSON.stringify(answers()) !== given) event.preventDefault();
});
