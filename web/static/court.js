// Shows how far a court bundle has come while it is made and fetched. Without it the form downloads the same archive.
"use strict";

{
  const MOST_BYTES = 256 * 1024 * 1024; // what is larger is left to the browser's own download, which keeps nothing in memory

  async function received(answer, length, progress) {
    const parts = [];
    let bytes = 0;
    for (const reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return new Blob(parts, { type: answer.headers.get("content-type") });
      parts.push(value);
      progress.value = (bytes += value.length) / length;
    }
  }

  function save(blob, name) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  for (const form of document.querySelectorAll("form[data-bundle]")) {
    const [button, making, made] = ["button.send", "[data-making]", "[data-made]"].map((name) => form.querySelector(name));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      making.hidden = false;
      made.hidden = true;
      making.querySelector("progress").removeAttribute("value");
      try {
        const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        const length = Number(answer.headers.get("content-length"));
        if (!answer.ok || answer.redirected || !length || length > MOST_BYTES) {
          await answer.body?.cancel();
          form.submit(); // the page that says why not, or the browser's own download
          return;
        }
        save(await received(answer, length, making.querySelector("progress")), form.dataset.bundle);
        made.querySelector("code").textContent = answer.headers.get("bundle-manifest");
        made.hidden = false;
      } catch {
        form.submit();
      } finally {
        button.disabled = false;
        making.hidden = true;
      }
    });
  }
}
