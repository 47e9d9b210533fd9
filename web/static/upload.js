// Files on their way: what is too large is told before it is sent, how far it has come is shown, and what broke off can be sent again.
// Without a script the form is sent as any other. The same key goes along when it is sent again, so nothing is recorded twice.
"use strict";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

function sent(form, data, progress) {
  return new Promise((done, broken) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("load", () => done(request));
    for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => broken(new Error(end)));
    request.send(data);
  });
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  const files = form.querySelector("input[type=file]");
  const button = form.querySelector(".send");
  const shown = form.querySelector("[data-progress]");
  const fault = form.querySelector("[data-upload-fault]");
  const told = (words) => {
    fault.textContent = words;
    fault.hidden = !words;
    files.toggleAttribute("aria-invalid", Boolean(words));
  };
  const tooLarge = () => {
    const heavy = [...files.files].find((file) => file.size > Number(form.dataset.most));
    told(heavy ? form.dataset.tooLarge.replace("{name}", heavy.name).replace("{size}", (heavy.size / 1048576).toFixed(1)) : "");
    return Boolean(heavy);
  };
  files.addEventListener("change", tooLarge);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (tooLarge()) {
      files.focus();
      return;
    }
    told("");
    button.disabled = true;
    shown.hidden = false;
    const all = [...files.files];
    const parts = "each" in form.dataset ? all : [null];
    let last = null;
    let at = 0;
    let added = 0;
    try {
      for (const file of parts) {
        const data = new FormData(form);
        if (file) data.set(files.name, file);
        last = await sent(form, data, (share) => {
          shown.querySelector("progress").value = Math.round(((at + share) / parts.length) * 100);
          shown.querySelector("span").textContent = form.dataset.sending.replace("{name}", (file ?? all[0]).name).replace("{n}", String(at + 1)).replace("{count}", String(parts.length));
        });
        at += 1;
        if (last.status >= 400) break;
        added += Number(new URL(last.responseURL).searchParams.get("added"));
      }
    } catch {
      told(form.dataset.broken.replace("{name}", all[Math.min(at, all.length - 1)].name));
      button.disabled = false;
      shown.hidden = true;
      button.focus();
      return;
    }
    if (last.status < 400) {
      const place = new URL(last.responseURL);
      if (parts[0]) place.searchParams.set("added", String(added));
      location.assign(place);
      return;
    }
    // Refused: the page that came says why; the files stay chosen.
    const page = new DOMParser().parseFromString(last.responseText, "text/html");
    const key = page.querySelector("form[data-upload] input[name=key]");
    if (key) form.elements.key.value = key.value;
    told((page.querySelector("main [role=alert]") ?? page.querySelector("main")).textContent.trim());
    button.disabled = false;
    shown.hidden = true;
    button.focus();
  });
}
