// Sends a file while the page stays: a line that breaks half-way is told in words, and the file that was chosen and all that was typed are
// still there, to be sent again under the same key. Without a script the browser sends the form itself.
"use strict";

for (const form of document.querySelectorAll("form[data-upload]")) {
  const broken = form.querySelector("[data-broken]");
  const progress = form.querySelector("progress");
  const button = form.querySelector(".actions .send");

  function sending(now) {
    button.disabled = now;
    progress.hidden = !now;
    if (now) progress.removeAttribute("value");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    broken.hidden = true;
    sending(true);
    const request = new XMLHttpRequest(); // fetch does not tell how far it is
    request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => lengthComputable && (progress.value = loaded / total));
    request.addEventListener("load", () => {
      sending(false);
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const shown = page.querySelector("form[data-upload]");
      if (!shown) return location.assign(request.responseURL); // done, or signed out: the page that follows
      for (const name of ["key", "csrf"]) form.elements[name].value = shown.elements[name].value;
      const said = page.querySelector(".refused");
      document.querySelector("main .refused")?.remove();
      if (said) form.before(said);
      form.elements.file.focus();
    });
    for (const fault of ["error", "abort", "timeout"]) {
      request.addEventListener(fault, () => {
        sending(false);
        broken.hidden = false;
        button.focus();
      });
    }
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
}
