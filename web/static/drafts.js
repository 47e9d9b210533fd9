// What is typed into a form and not yet sent is kept: in this browser, sealed (AES-GCM) under a key that only its author is given while
// signed in, so that it outlives session, window and power, and tells the next person at this computer nothing. It goes when it is sent,
// discarded, or its author signs out, and after 14 days. Where a page was not opened over https a browser seals nothing: there it is kept
// in this window alone.
"use strict";

{
  const SEALED = "yuanshou:draft:";
  const IN_WINDOW = "yuanshou:";
  const LASTS_MILLISECONDS = 14 * 86_400_000;
  const skipped = new Set(["csrf", "key", "version", "since", "otp"]);
  const bytes = (text) => new TextEncoder().encode(text);
  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const raw = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const sealedNames = () => Object.keys(localStorage).filter((name) => name.startsWith(SEALED));

  /** Drafts of one person, sealed in this browser. Their names are hashed too: they name cases. */
  class InBrowser {
    kind = "browser";

    static async open() {
      if (!globalThis.crypto?.subtle) return null;
      const answer = await fetch("/draft-key").catch(() => null);
      if (!answer?.ok || answer.redirected) return null;
      const { key } = await answer.json();
      const root = await crypto.subtle.importKey("raw", raw(key), "HKDF", false, ["deriveKey"]);
      const derived = (info, made, uses) =>
        crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bytes(info) }, root, made, false, uses);
      const store = new InBrowser();
      store.box = await derived("box", { name: "AES-GCM", length: 256 }, ["encrypt", "decrypt"]);
      store.names = await derived("names", { name: "HMAC", hash: "SHA-256", length: 256 }, ["sign"]);
      store.own = `${SEALED}${(await store.hashed("own")).slice(0, 16)}:`;
      return store;
    }

    async hashed(name) {
      return hex(await crypto.subtle.sign("HMAC", this.names, bytes(name)));
    }

    async place(name) {
      return this.own + (await this.hashed(`form ${name}`));
    }

    async put(name, draft) {
      const place = await this.place(name);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytes(place) }, this.box, bytes(JSON.stringify(draft)));
      localStorage.setItem(place, JSON.stringify({ at: Date.now(), iv: base64(iv), box: base64(box) }));
    }

    async get(name) {
      const place = await this.place(name);
      const kept = localStorage.getItem(place);
      if (!kept) return null;
      try {
        const { iv, box } = JSON.parse(kept);
        const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: raw(iv), additionalData: bytes(place) }, this.box, raw(box));
        return JSON.parse(new TextDecoder().decode(opened));
      } catch {
        localStorage.removeItem(place); // altered, or of another key: nobody can read it any more
        return null;
      }
    }

    async remove(name) {
      localStorage.removeItem(await this.place(name));
    }

    clear() {
      for (const name of sealedNames().filter((each) => each.startsWith(this.own))) localStorage.removeItem(name);
    }
  }

  const inWindow = {
    kind: "window",
    put: async (name, draft) => sessionStorage.setItem(IN_WINDOW + name, JSON.stringify(draft)),
    get: async (name) => JSON.parse(sessionStorage.getItem(IN_WINDOW + name)),
    remove: async (name) => sessionStorage.removeItem(IN_WINDOW + name),
    clear: () => Object.keys(sessionStorage).filter((name) => name.startsWith(IN_WINDOW)).forEach((name) => sessionStorage.removeItem(name)),
  };

  function dropOld() {
    for (const name of sealedNames()) {
      let at = 0;
      try {
        ({ at } = JSON.parse(localStorage.getItem(name)));
      } catch {
        // no draft of ours: it goes as well
      }
      if (!(Date.now() - at < LASTS_MILLISECONDS)) localStorage.removeItem(name);
    }
  }

  const pairsOf = (form) => [...new FormData(form)].filter(([name, value]) => !skipped.has(name) && typeof value === "string");

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

  /** One form: what was kept of it comes back, what is typed from now on is kept. */
  class Draft {
    constructor(form, opening) {
      this.form = form;
      this.name = form.dataset.keep;
      this.before = JSON.stringify(pairsOf(form));
      this.writing = opening.then((store) => this.take(store));
      form.addEventListener("input", () => this.keep());
      form.addEventListener("submit", () => this.keep());
      addEventListener("pagehide", () => this.leave());
      form.querySelector("[data-discard]").addEventListener("click", async () => {
        await this.drop();
        location.reload();
      });
      form.querySelector("[data-drop]")?.addEventListener("click", async (event) => {
        event.preventDefault();
        await this.drop();
        location.assign(event.target.href);
      });
    }

    async take(store) {
      this.store = store;
      for (const words of this.form.querySelectorAll("[data-kept]")) words.hidden = words.dataset.kept !== store.kind;
      const draft = (await this.left()) ?? (await store.get(this.name));
      const untouched = JSON.stringify(pairsOf(this.form)) === this.before;
      if (!draft?.pairs || !untouched || JSON.stringify(draft.pairs) === this.before || "shown" in this.form.dataset) return;
      restore(this.form, draft.pairs);
      // What was typed was typed over the case of then: if a colleague acted since, sending it says so first.
      const version = this.form.elements.version;
      if (version && draft.version) version.value = draft.version;
      this.form.querySelector(".restored").hidden = false;
    }

    keep() {
      const draft = { pairs: pairsOf(this.form), version: this.form.elements.version?.value };
      this.unwritten = draft;
      this.writing = this.writing.then(async () => {
        if (this.unwritten !== draft) return; // typed on meanwhile
        await this.put(draft);
        if (this.unwritten === draft) this.unwritten = null;
      });
    }

    async put(draft) {
      try {
        await this.store.put(this.name, draft);
      } catch {
        await inWindow.put(this.name, { ...draft, own: this.store.own }); // a browser that is full, or keeps nothing
      }
    }

    /** Sealing takes a moment that a page which is just being left does not have: the last letters wait in the window for the next page. */
    leave() {
      if (this.unwritten && this.store) inWindow.put(this.name, { ...this.unwritten, own: this.store.own });
    }

    /** What waits in the window, if the same person typed it; it is sealed now. */
    async left() {
      const draft = await inWindow.get(this.name);
      if (!draft || this.store === inWindow) return null;
      await inWindow.remove(this.name);
      if (draft.own !== this.store.own) return null;
      await this.put({ pairs: draft.pairs, version: draft.version });
      return draft;
    }

    async drop() {
      await this.writing;
      this.unwritten = null;
      await Promise.all([this.store.remove(this.name), inWindow.remove(this.name)]);
    }
  }

  dropOld();
  const forms = [...document.querySelectorAll("form[data-keep]")];
  const sent = [...document.querySelectorAll("[data-sent]")].map((each) => each.dataset.sent).filter(Boolean);
  if (forms.length || (sent.length && sealedNames().length)) {
    const opening = InBrowser.open().then((store) => store ?? inWindow);
    opening.then((store) => sent.forEach((name) => store.remove(name)));
    forms.forEach((form) => new Draft(form, opening));
  }
  sent.forEach((name) => inWindow.remove(name));

  for (const form of document.querySelectorAll('form[data-leaving][action$="/sign-out"]')) {
    form.addEventListener("submit", async (event) => {
      inWindow.clear();
      if (!sealedNames().length) return;
      event.preventDefault();
      try {
        (await InBrowser.open())?.clear();
      } finally {
        form.submit();
      }
    });
  }
}
