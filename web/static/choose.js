// Choosing rows of a list: how many are chosen is told, and all of the page are chosen at once. The list may be drawn anew meanwhile.
"use strict";

{
  const boxes = (form) => [...form.querySelectorAll("input[name=case][type=checkbox]")];

  function tell(form) {
    const all = boxes(form);
    const chosen = all.filter((box) => box.checked).length;
    const everything = form.querySelector("input[name=everything]")?.checked ?? false;
    const page = form.querySelector("[data-page]");
    if (page) {
      page.closest("[hidden]")?.removeAttribute("hidden");
      page.checked = chosen === all.length && chosen > 0;
      page.indeterminate = chosen > 0 && chosen < all.length;
    }
    form.classList.toggle("choosing", chosen > 0 || everything);
    const output = form.querySelector("output[data-words]");
    if (output) output.textContent = everything ? output.dataset.every : output.dataset.words.replace("0", String(chosen));
  }

  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!form?.matches("[data-choose]")) return;
    if (event.target.matches("[data-page]")) boxes(form).forEach((box) => (box.checked = event.target.checked));
    tell(form);
  });
  const begin = () => document.querySelectorAll("form[data-choose]").forEach(tell);
  document.addEventListener("htmx:after:swap", begin);
  addEventListener("pageshow", begin);
  begin();
}
