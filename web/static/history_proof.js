// Verifies the history of a case against a signed checkpoint of the ledger. Everything is computed here, from the rows as stored; what the
// server thinks of them is not asked. Byte by byte: docs/ledger.md. It knows no page: it runs in a browser and in Node alike.

const CHAINED = [
  ["alg", text], ["ledger", text], ["position", number], ["stream", text], ["version", number], ["type", text], ["schema_version", number],
  ["recorded_at", moment], ["decided_at", moment], ["effective_on", day], ["actor", text], ["on_behalf_of", text], ["role", text],
  ["office", text], ["command_id", text], ["correlation_id", text], ["causation", text], ["digest", hexadecimal],
];
const TAG = utf8("yuanshou-event-v1");
const ALG = "sha256-v1";
const ED25519 = 1;

/** Why a history does not hold (`broken`) or could not be judged (`unsure`): a code, and the event it is about where it is about one. */
export class Finding extends Error {
  constructor(state, code, event = null) {
    super(code);
    Object.assign(this, { state, code, event });
  }
}

const broken = (code, event) => new Finding("broken", code, event);
const unsure = (code) => new Finding("unsure", code);

/**
 * What can be said of an answer of `GET /cases/{id}/proof`.
 *
 * `known` is what this browser last found whole of the ledger, `{origin, size, root, keys}`, or null; `shown` what the page shows of the
 * case, `{version, chain_hash}`, or null. Answers `{sealed, newer, unseen, size, time, keys, first, memory}`, the last to be known from now
 * on; throws a `Finding`, with the same where only a person can say whether a key or a ledger is the right one.
 */
export async function verify(answer, known, shown) {
  if (!globalThis.crypto?.subtle) throw unsure("no_crypto");
  await chained(answer);
  const last = answer.events.at(-1);
  if (shown && (last.version < shown.version || answer.events[shown.version - 1].chain_hash !== shown.chain_hash)) {
    throw broken("not_shown", answer.events[shown.version - 1] ?? { version: shown.version });
  }
  if (answer.checkpoint === null) throw unsure(known ? "checkpoint_gone" : "no_checkpoint");
  const head = checkpoint(answer.checkpoint);
  if (head.ledger !== answer.ledger) throw broken("note");
  await rooted(answer, head);
  if (known && known.origin === head.origin) await grown(answer.consistency, known, head);
  const keys = await signers(head, [...new Set([...answer.vkeys, ...(known?.keys ?? [])])]);
  const sealed = answer.events.filter((event) => event.position <= head.size).length;
  const found = {
    sealed, newer: answer.events.length - sealed, unseen: answer.events.filter((event) => event.body === null).length,
    size: head.size, time: head.time, keys, first: known === null, memory: { origin: head.origin, size: head.size, root: base64(head.root), keys },
  };
  if (known && known.origin !== head.origin) throw Object.assign(unsure("other_ledger"), found);
  if (known && !keys.some((key) => known.keys.includes(key))) throw Object.assign(unsure("new_key"), found);
  found.memory.keys = [...new Set([...(known?.keys ?? []), ...keys])];
  if (sealed === 0) throw Object.assign(unsure("unsealed"), found);
  return found;
}

/** Every row's content, its hash over all columns and the row before, and that none is missing within. */
async function chained({ ledger, stream, events }) {
  if (!Array.isArray(events) || events.length === 0) throw broken("missing");
  const found = await Promise.all(
    events.map(async (event, n) => {
      if (event.alg !== ALG) return unsure("alg");
      if (event.version !== n + 1) return broken("missing", { version: n + 1 });
      if (event.stream !== stream || event.ledger !== ledger || event.position <= (events[n - 1]?.position ?? 0)) return broken("moved", event);
      if (event.withheld === "unreadable") return broken("content", event);
      if (event.body !== null && hex(await sha256(unbase64(event.body))) !== event.digest) return broken("content", event);
      const previous = n === 0 ? new Uint8Array(32) : unhex(events[n - 1].chain_hash);
      if (hex(await sha256(TAG, ...CHAINED.map(([column, kind]) => field(kind, event[column])), encoded("b", previous))) !== event.chain_hash) {
        return broken("chain", event);
      }
      return null;
    }),
  );
  const first = found.find((each) => each?.state === "broken") ?? found.find(Boolean);
  if (first) throw first;
}

/** That all sealed rows stand in the tree whose root the checkpoint names, each at its position. */
async function rooted({ events, proof }, head) {
  let hashes = new Map();
  for (const event of events) {
    if (event.position <= head.size) hashes.set(event.position - 1, await sha256(new Uint8Array([0]), unhex(event.chain_hash)));
  }
  if (hashes.size === 0) return;
  const given = proof.map(unbase64)[Symbol.iterator]();
  for (let width = head.size; width > 1; width = Math.ceil(width / 2)) {
    for (const place of [...hashes.keys()]) {
      const other = place % 2 ? place - 1 : place + 1;
      if (other < width && !hashes.has(other)) {
        const { value, done } = given.next();
        if (done) throw broken("root");
        hashes.set(other, value);
      }
    }
    const above = [...new Set([...hashes.keys()].map((place) => Math.floor(place / 2)))].sort((a, b) => a - b);
    hashes = new Map(
      await Promise.all(
        above.map(async (up) => [up, hashes.has(2 * up + 1) ? await node(hashes.get(2 * up), hashes.get(2 * up + 1)) : hashes.get(2 * up)]),
      ),
    );
  }
  if (!given.next().done || !same(hashes.get(0), head.root)) throw broken("root");
}

/** That the ledger of the checkpoint begins with the one this browser knows (RFC 9162, 2.1.4.2). */
async function grown(consistency, known, head) {
  const old = unbase64(known.root);
  if (head.size < known.size) throw broken("shrunk");
  if (head.size === known.size) {
    if (!same(old, head.root)) throw broken("rewritten");
    return;
  }
  if (known.size === 0) return;
  if (!consistency || consistency.from !== known.size || consistency.to !== head.size) throw broken("rewritten");
  const path = consistency.proof.map(unbase64);
  if (Number.isInteger(Math.log2(known.size))) path.unshift(old);
  let place = known.size - 1;
  let last = head.size - 1;
  while (place % 2) [place, last] = [halved(place), halved(last)];
  if (path.length === 0) throw broken("rewritten");
  let [before, after] = [path[0], path[0]];
  for (const part of path.slice(1)) {
    if (last === 0) throw broken("rewritten");
    if (place % 2 || place === last) {
      [before, after] = [await node(part, before), await node(part, after)];
      while (place && place % 2 === 0) [place, last] = [halved(place), halved(last)];
    } else {
      after = await node(after, part);
    }
    [place, last] = [halved(place), halved(last)];
  }
  if (last !== 0 || !same(before, old) || !same(after, head.root)) throw broken("rewritten");
}

const halved = (n) => Math.floor(n / 2);
const node = (left, right) => sha256(new Uint8Array([1]), left, right);

/** A checkpoint's note, taken apart (C2SP tlog-checkpoint, signed-note). */
export function checkpoint(note) {
  const gap = note.lastIndexOf("\n\n");
  const said = note.slice(0, gap + 1);
  const [origin, size, root, ...more] = said.split("\n");
  const lines = note.slice(gap + 2).split("\n").slice(0, -1);
  if (gap < 0 || !/^(0|[1-9]\d{0,15})$/.test(size) || !root || unbase64(root).length !== 32) throw broken("note");
  const signatures = lines.map((line) => {
    const parts = /^— (\S+) ([A-Za-z0-9+/=]+)$/.exec(line);
    if (!parts) throw broken("note");
    const data = unbase64(parts[2]);
    return { name: parts[1], hash: hex(data.slice(0, 4)), data: data.slice(4) };
  });
  const time = more.find((line) => line.startsWith("time "))?.slice(5) ?? null;
  const installation = origin.slice(0, origin.lastIndexOf("/"));
  return { said, origin, installation, ledger: origin.slice(installation.length + 1), size: Number(size), root: unbase64(root), time, signatures };
}

/** Those of the keys (C2SP vkeys) that signed the note in the ledger's own name. */
async function signers(head, vkeys) {
  const found = [];
  for (const vkey of vkeys) {
    const [name, hash] = vkey.split("+", 2);
    const data = unbase64(vkey.slice(name.length + hash.length + 2));
    const ours = name === head.installation && data[0] === ED25519;
    if (!ours || hex((await sha256(utf8(`${name}\n`), data)).slice(0, 4)) !== hash) continue;
    for (const signature of head.signatures.filter((each) => each.name === name && each.hash === hash)) {
      if (!(await signed(data.slice(1), signature.data, utf8(head.said)))) throw broken("signature");
      found.push(vkey);
    }
  }
  if (found.length === 0) throw broken("unsigned");
  return found;
}

async function signed(key, signature, said) {
  try {
    const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, said);
  } catch (fault) {
    if (fault.name === "NotSupportedError") throw unsure("no_ed25519");
    return false; // a key that is none has signed nothing
  }
}

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

function field(kind, value) {
  return value === null ? encoded("n", new Uint8Array()) : kind(value);
}

/** One byte that says the kind, eight with the length, the value. */
function encoded(kind, value) {
  const whole = new Uint8Array(9 + value.length);
  whole[0] = kind.charCodeAt(0);
  new DataView(whole.buffer).setBigUint64(1, BigInt(value.length));
  whole.set(value, 9);
  return whole;
}

function text(value) {
  return encoded("s", utf8(value));
}

function number(value) {
  return encoded("i", utf8(String(value)));
}

function day(value) {
  return encoded("d", utf8(value));
}

function hexadecimal(value) {
  return encoded("b", unhex(value));
}

/** Microseconds since 1970 of `2026-01-31T08:00:00.000000Z`; a Date alone would lose the last three digits. */
function moment(value) {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/.exec(value);
  if (!parts) return encoded("t", utf8("")); // no moment that was ever hashed
  return encoded("t", utf8(String(BigInt(Date.parse(`${parts[1]}Z`)) * 1000n + BigInt(parts[2]))));
}

function utf8(value) {
  return new TextEncoder().encode(value);
}

function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function unhex(value) {
  return Uint8Array.from(value.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

function unbase64(value) {
  try {
    return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(); // what is no base64 is no hash either: no comparison below holds
  }
}

function same(one, other) {
  return one.length === other.length && one.every((byte, n) => byte === other[n]);
}
