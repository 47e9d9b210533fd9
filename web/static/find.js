// Search as you type. htmx asks and draws (hx-get, the latest answer wins); here is when it asks, never in the middle of a word that an
// input method still composes, and the combobox pattern of the header's box: arrows, Enter, Escape. Without it the form is sent as any other.
"use strict";

{
  function listen(input, typed) {
    let composing = false;
    let asked = input.value.trim();
    const ask = () => {
      const now = input.value.trim();
      if (composing || now === asked) return;
      asked = now;
      typed();
    };
    input.addEventListener("compositionstart", () => (composing = true));
    input.addEventListener("compositionend", () => {
      composing = false;
      ask();
    });
    input.addEventListener("input", (event) => event.isComposing || ask());
    return () => (asked = null);
  }

  for (const form of document.querySelectorAll("form[data-typed]")) {
    const input = form.querySelector("input[type=search]");
    listen(input, () => form.dispatchEvent(new CustomEvent("typed")));
    // The box tells of its change once more when it is left: that is no new question.
    input.addEventListener("change", (event) => event.stopPropagation());
  }

  const input = document.querySelector(".find input");
  const box = document.getElementById("found");
  if (input && box) {
    const told = document.querySelector("[data-found]");
    const options = () => [...box.querySelectorAll("a[role=option]")];
    let current = -1;
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", "found-list"]]) input.setAttribute(name, value);

    const close = () => {
      box.hidden = true;
      current = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const forget = listen(input, () => {
      if (!input.value.trim()) close();
      input.dispatchEvent(new CustomEvent("typed"));
    });
    const mark = (at) => {
      const all = options();
      current = all.length ? (at + all.length) % all.length : -1;
      all.forEach((each, n) => each.setAttribute("aria-selected", String(n === current)));
      if (current < 0) return;
      input.setAttribute("aria-activedescendant", all[current].id);
      all[current].scrollIntoView({ block: "nearest" });
    };

    box.addEventListener("htmx:after:settle", () => drawn());
    input.addEventListener("htmx:after:swap", () => drawn());
    function drawn() {
      const list = box.querySelector("#found-list");
      const holds = Boolean(list?.children.length) && document.activeElement === input && input.value.trim() !== "";
      current = -1;
      input.removeAttribute("aria-activedescendant");
      box.hidden = !holds;
      input.setAttribute("aria-expanded", String(holds));
      told.textContent = holds ? list.dataset.count : "";
    }

    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") {
        if (box.hidden) return void (input.value === "" && input.blur());
        event.preventDefault();
        close();
      } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options().length) {
        event.preventDefault();
        if (box.hidden) {
          box.hidden = false;
          input.setAttribute("aria-expanded", "true");
        }
        mark(event.key === "ArrowDown" ? current + 1 : current < 0 ? -1 : current - 1);
      } else if (event.key === "Enter" && current >= 0 && !box.hidden) {
        event.preventDefault();
        options()[current].click();
      }
    });
    input.form.addEventListener("focusout", (event) => input.form.contains(event.relatedTarget) || close());
    input.addEventListener("focus", () => forget());
    box.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus; the click follows the link
  }
}
