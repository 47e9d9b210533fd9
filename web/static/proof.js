// The badge of a case's history: verifies it in this browser and says what was found, in words. What the browser last found whole of the
// ledger it keeps (localStorage), so that a ledger written anew does not pass for the old one, even where it is signed again.
import { verify } from "/static/history_proof.js";

const KNOWN = "yuanshou-ledger-";
const MARKS = { checking: "…", whole: "✓", broken: "✗", unsure: "!" };

function remembered(ledger) {
  try {
    const kept = JSON.parse(localStorage.getItem(KNOWN + ledger));
    return kept && Number.isSafeInteger(kept.size) && Array.isArray(kept.keys) ? kept : null;
  } catch {
    return null; // a browser that keeps nothing, or something that is not ours: as if nothing had been seen
  }
}

/** Keep what was found whole, unless another window kept more of the same ledger meanwhile. */
function remember(ledger, memory) {
  const kept = remembered(ledger);
  if (kept && kept.origin === memory.origin && kept.size > memory.size) return true;
  try {
    localStorage.setItem(KNOWN + ledger, JSON.stringify(memory));
  } catch {
    return false;
  }
  return true;
}

class Badge {
  constructor(place) {
    this.place = place;
    this.words = JSON.parse(place.dataset.words);
    this.lang = document.documentElement.lang;
    this.part = (name) => place.querySelector(`[data-${name}]`);
    this.part("again").addEventListener("click", () => this.check());
    place.addEventListener("proof:again", () => {
      this.words = JSON.parse(place.dataset.words); // the page shows more of the history now
      this.check({ quiet: true }); // nothing on it moves while it is looked at
    });
    this.part("accept").addEventListener("click", () => this.accept());
  }

  async check({ quiet = false } = {}) {
    if (!quiet) this.show("checking", "checking");
    try {
      this.tell(await this.ask());
    } catch (finding) {
      if (!finding.state) console.error(finding);
      this.tell(finding.state ? finding : { state: "unsure", code: "fault" });
    }
  }

  async ask() {
    const { ledger, proof, shown, head } = this.place.dataset;
    const known = remembered(ledger);
    let answer;
    try {
      const response = await fetch(known ? `${proof}?seen=${known.size}` : proof, { headers: { Accept: "application/json" } });
      if (!response.ok || response.redirected) return { state: "unsure", code: "away" };
      answer = await response.json();
    } catch {
      return { state: "unsure", code: "away" };
    }
    return { state: "whole", code: "whole", ...(await verify(answer, known, shown ? { version: Number(shown), chain_hash: head } : null)) };
  }

  tell(found) {
    this.found = found;
    const asks = ["new_key", "other_ledger"].includes(found.code);
    if (found.memory && !asks) found.kept = remember(this.place.dataset.ledger, found.memory);
    this.show(found.state, found.code, found);
    this.part("accept").hidden = !asks;
  }

  /** Whoever compared the key by another way takes it for the right one. */
  accept() {
    remember(this.place.dataset.ledger, this.found.memory);
    this.check();
  }

  show(state, code, found = {}) {
    this.place.className = `proof ${state}`;
    this.place.setAttribute("aria-busy", String(state === "checking"));
    this.part("mark").textContent = MARKS[state];
    const about = this.about(found);
    this.part("said").textContent = this.word(code, about) + (found.newer ? this.word("newer", about) : "");
    const lines = state === "checking" ? [] : [this.word(`${code}_do`, about), ...this.details(found, about)];
    this.part("more").replaceChildren(...lines.filter(Boolean).map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    this.place.hidden = false;
  }

  /** What a finding is about, as the sentences name it. */
  about({ event, size, sealed, newer, unseen, time, keys = [] }) {
    return {
      size, sealed, newer, unseen, version: event?.version, type: this.words.types[event?.type] ?? event?.type ?? "",
      date: event?.effective_on ?? "", key: keys.map((key) => key.split("+").slice(0, 2).join(" ")).join(", "),
      time: time && new Intl.DateTimeFormat(this.lang, { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Shanghai" }).format(new Date(time)),
    };
  }

  details({ size, unseen, keys, first, kept }, about) {
    return [
      size !== undefined && this.word("checkpoint", about),
      keys && this.word("key", about),
      unseen && this.word("unseen", about),
      first && this.word("first", about),
      kept === false && this.word("not_kept", about),
    ];
  }

  word(name, values) {
    return (this.words.said[name] ?? "").replace(/\{(\w+)\}/g, (whole, key) => values?.[key] ?? "");
  }
}

for (const place of document.querySelectorAll("[data-proof]")) new Badge(place).check();
