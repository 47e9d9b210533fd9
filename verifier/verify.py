#!/usr/bin/env python3
"""援手案件历史核验程序 / Verifier of a case history exported by Yuanshou (a "court bundle").

用法 / Usage:   python3 verify.py bundle.zip [--key FILE] [--checkpoint FILE] [--consistency FILE] [--manifest SHA256] [--print] [--json]

It needs Python 3.8 or newer and nothing else: no network, no other program, no other file of ours. It shares no code with the system that
wrote the bundle; it was written from docs/proof-format.md, and so can anybody write a third one. Read it from top to bottom: each part
is one step of the proof.

    --key FILE          the office's public keys, obtained from elsewhere than the bundle (a letter, a website, an earlier case)
    --checkpoint FILE   a checkpoint of the same ledger that somebody outside the office kept (an anchor)
    --consistency FILE  the proof between that checkpoint and the bundle's, where the bundle does not hold it (the office's API gives it)
    --manifest SHA256   digest of manifest.json as the office named it when it handed the bundle out
    --print             print the events that were proven, as stored
    --json              the result for a program

Exit status: 0 whole and unchanged, held against a key or checkpoint from elsewhere · 1 something does not fit: it is named with ledger,
position and class · 2 could not run · 3 whole and unchanged in itself, but nothing from elsewhere was given to hold it against.
"""

import argparse
import base64
import datetime
import hashlib
import json
import re
import struct
import sys
import zlib

FORMAT = "yuanshou-court-bundle-v1"
ALG = "sha256-v1"
PIECE = 1 << 20
MOST_BYTES = 0xFFFFFFFF  # of the archive: beyond, a zip needs other structures than the one form taken here
MOST_ENTRIES = 10_000
MOST_TEXT = 256 << 20  # of a file that is read as a whole; evidence is read piece by piece
MOST_FINDINGS = 100
TO_READ = ("README.html", "history.html", "history.pdf", "art8.html", "verify.py")
NEEDED = (*TO_READ, "events.jsonl", "proofs.json", "checkpoint.note", "keys.vkeys")
SAYS = {  # class of a finding: what it means
    "container": ("压缩包不是导出时的形式（重新打包、增删或者改动）", "the archive is not as it was exported (packed again, changed)"),
    "manifest": ("清单与包内文件不符", "the manifest and the files of the bundle do not agree"),
    "file": ("文件与清单所列的摘要不符", "a file is not the one whose digest the manifest lists"),
    "canonical": ("数据不是唯一的规范写法（重复的键、多余字符等）", "data is not in its one canonical form (a key twice, something added)"),
    "row": ("记录缺列、多列或者列值不合格式", "a record lacks a column, has another, or a value is malformed"),
    "stream": ("记录属于另一案件或者另一账本", "a record belongs to another case or another ledger"),
    "density": ("记录的序号有缺号、重号或者颠倒", "records are not numbered without gaps (one was deleted, inserted or moved)"),
    "clock": ("记录时间倒退", "the time of recording runs backward"),
    "digest": ("记录内容被改动：摘要不符", "the content of a record was changed: its digest differs"),
    "chain": ("记录的某一列被改动，或者前后记录不相接", "a column of a record was changed, or it does not follow from the one before"),
    "inclusion": ("记录不在检查点所封存的账本中", "the record is not in the ledger that the checkpoint seals"),
    "checkpoint": ("检查点不合格式，或者与清单不符", "the checkpoint is malformed or is not the one the manifest names"),
    "signature": ("检查点的签名是伪造的或者内容被改动", "a signature under the checkpoint is forged, or what it signs was changed"),
    "key": ("检查点没有已知密钥的签名", "no known key has signed the checkpoint"),
    "history": ("同一账本出现两种互不相容的历史", "two histories of the same ledger that cannot both be true"),
    "evidence": ("证据文件与记录的摘要不符、缺失或者多出", "an evidence file is not the one recorded, is missing, or is one too many"),
    "readable": ("可读页面没有逐条对应记录", "the readable page does not name the records one by one"),
}


class Fault(Exception):
    """Something in the bundle does not fit. `kind` is a class of `SAYS`."""

    def __init__(self, kind, detail, position=None, file=None):
        super().__init__(detail)
        self.kind, self.detail, self.position, self.file = kind, detail, position, file


class Unable(Exception):
    """The check could not be made at all; this says nothing about the bundle."""


# ---------------------------------------------------------------------------------------------------------------- 1. the archive
# A zip can hide things: two files of one name, bytes before, between and after, names that lead elsewhere, bombs. The bundle is therefore
# written in one form only: files one after another, not compressed, with the same date, nothing else. We build every header ourselves and
# compare it with what is there, so that each byte of the archive is accounted for.

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")


def local_header(name, crc, size):
    return struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0x21, crc, size, size, len(name), 0) + name


def central_header(name, crc, size, offset):
    told = (0x0314, 20, 0, 0, 0, 0x21, crc, size, size, len(name), 0, 0, 0, 0, 0o100644 << 16, offset)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *told) + name


class Bundle:
    """The files of the archive by name: where each stands, how long it is, and its checksum in the archive."""

    def __init__(self, stream):
        self.stream, self.files = stream, {}
        length = stream.seek(0, 2)
        if length > MOST_BYTES:
            raise Fault("container", "larger than 4 GiB")
        end = self._bytes(max(0, length - 22), 22)
        if len(end) != 22 or end[:4] != b"PK\5\6":
            raise Fault("container", "it does not end as a zip without a comment does")
        count, size, start = struct.unpack("<H2L", end[10:20])
        if end != struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, start, 0) or start + size + 22 != length:
            raise Fault("container", "the end record and the length of the archive do not agree")
        if count > MOST_ENTRIES or size > MOST_TEXT:
            raise Fault("container", "too many files")
        directory, at, offset = self._bytes(start, size), 0, 0
        for _ in range(count):
            if at + 46 > size:
                raise Fault("container", "the directory is cut short")
            crc, _, bytes_, letters = struct.unpack("<3LH", directory[at + 16 : at + 30])
            raw = directory[at + 46 : at + 46 + letters]
            name = raw.decode("latin-1")
            if not NAME.fullmatch(name) or name in self.files:
                raise Fault("container", "a name that is not allowed or stands there twice: %r" % name)
            if directory[at : at + 46 + letters] != central_header(raw, crc, bytes_, offset):
                raise Fault("container", "the directory's entry is not in the one form taken", file=name)
            if self._bytes(offset, 30 + letters) != local_header(raw, crc, bytes_):
                raise Fault("container", "the file's header is not in the one form taken", file=name)
            self.files[name] = (offset + 30 + letters, bytes_, crc)
            at, offset = at + 46 + letters, offset + 30 + letters + bytes_
        if at != size or offset != start:
            raise Fault("container", "there are bytes that belong to no file")

    def _bytes(self, offset, size):
        self.stream.seek(offset)
        return self.stream.read(size)

    def measure(self, name):
        """(size, SHA-256 in hex) of a file, read in pieces; a file may be as large as it likes."""
        offset, size, crc = self.files[name]
        sha, sum_ = hashlib.sha256(), 0
        for at in range(offset, offset + size, PIECE):
            piece = self._bytes(at, min(PIECE, offset + size - at))
            sha.update(piece)
            sum_ = zlib.crc32(piece, sum_)
        if sum_ != crc:
            raise Fault("container", "the file is not the one its header sums up", file=name)
        return size, sha.hexdigest()

    def read(self, name):
        if name not in self.files:
            raise Fault("manifest", "there is no such file", file=name)
        offset, size, _ = self.files[name]
        if size > MOST_TEXT:
            raise Fault("container", "too large to be what it claims", file=name)
        return self._bytes(offset, size)


# ---------------------------------------------------------------------------------------------------------------- 2. canonical data
# JSON can say one thing in many ways, and two readers may read two things out of one text (a key twice). Every JSON here is in the one form
# of RFC 8785: read it, write it anew, and the bytes must be the same.


def integer(text):
    """A number as JSON and checkpoints write it; a longer one than any here would only keep a machine busy. Raises ValueError."""
    if len(text) > 17:
        raise ValueError("a number that programs read differently")
    return int(text)


def canonical(value):
    if value is None or value is True or value is False or isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) >= 1 << 53:
            raise ValueError("a number that programs read differently")
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    raise ValueError("a number with a fraction")


def read_json(raw, file, position=None):
    try:
        value = json.loads(raw.decode("utf-8"), parse_int=integer)
        if canonical(value).encode("utf-8") != raw:
            raise ValueError("it can be written otherwise")
    except (ValueError, RecursionError) as fault:
        raise Fault("canonical", str(fault)[:200], position, file) from None
    return value


def unbase64(text):
    """Bytes of standard base64 in its one form. Raises ValueError."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 that can be written otherwise")
    return data


def fits(value, shape):
    """Whether a value has a shape: a type, a list of a shape, an object of exactly these keys, one of several (a tuple)."""
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, dict):
        return isinstance(value, dict) and set(value) == set(shape) and all(fits(value[name], shape[name]) for name in shape)
    if shape is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, shape)


MANIFEST = {
    "format": str, "ledger": str, "stream": str, "version": int, "checkpoint": {"origin": str, "size": int, "root": str},
    "documents": [{"document_id": str, "state": str, "name": (str, type(None))}], "files": [{"name": str, "size": int, "sha256": str}],
}  # fmt: skip
GROWTH = {"from": int, "to": int, "proof": [str]}
PROOFS = {"ledger": str, "size": int, "inclusion": [{"position": int, "proof": [str]}], "consistency": [GROWTH]}
ASKED = {"ledger": str, "from_root": str, "to_root": str, **GROWTH}  # as the office's API answers /ledger/consistency


# ---------------------------------------------------------------------------------------------------------------- 3. signatures
# Ed25519 (RFC 8032), so that no library is needed: points of the curve -x² + y² = 1 + D x² y² over the numbers modulo P.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point(data):
    """The point of 32 bytes, as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z; None for bytes that are none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def plus(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = plus(total, p)
        p, n = plus(p, p), n >> 1
    return total


def signed_by(key, message, signature):
    """Whether the 64 bytes are the signature of the owner of the 32 bytes under the message."""
    owner = point(key) if len(key) == 32 else None
    s = int.from_bytes(signature[32:], "little")
    if owner is None or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    x, y, z, t = owner
    x, y, z, _ = plus(times(s, BASE), times(k, (P - x, y, z, P - t)))  # S·B - k·A, which is R if the signature is right
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# ---------------------------------------------------------------------------------------------------------------- 4. checkpoints and keys
# A checkpoint (C2SP tlog-checkpoint) is a short text: whose ledger, how many events, the root of the tree over all of them, and the time.
# Below it stand signatures (C2SP signed-note) of the office's key, and cosignatures of witnesses who saw the ledger grow.


def read_keys(raw, file):
    """Public keys by (name, hash): lines `name+hash+key`; what follows a key on its line, and lines with #, are for people."""
    keys = {}
    for line in raw.decode("utf-8", "replace").splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            name, tag, text = words[0].split("+", 2)
            data = unbase64(text)
            if tag != hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8] or len(data) != 33 or data[0] not in (1, 4):
                raise ValueError("its hash or kind is wrong")
        except ValueError as fault:
            raise Fault("key", "a line that is no key: %s" % fault, file=file) from None
        keys[name, bytes.fromhex(tag)] = data
    return keys


class Checkpoint:
    """A note taken apart, its signatures checked under `keys`. `signers`, `witnesses`: names of those whose signature is right."""

    def __init__(self, raw, keys, file):
        self.file, self.signers, self.witnesses = file, [], []
        body, gap, tail = raw.rpartition(b"\n\n")
        text = body + b"\n"
        try:
            lines = text.decode("utf-8").split("\n")[:-1]
            self.origin, size, root = lines[:3]
            self.size, self.root = integer(size), unbase64(root)
            marks = [self._mark(line) for line in tail.decode("utf-8").split("\n")[:-1]]
            if str(self.size) != size or self.size < 1 or len(self.root) != 32 or "" in lines:
                raise ValueError("a size or a root in another form")
            if not gap or not marks or tail[-1:] != b"\n":
                raise ValueError("not in the form of a checkpoint")
        except ValueError as fault:
            raise Fault("checkpoint", str(fault), file=file) from None
        if "alg " + ALG not in lines[3:]:
            raise Unable("the checkpoint in %s is of another algorithm than %s: a newer verifier is needed" % (file, ALG))
        self.time = next((line[5:] for line in lines[3:] if line.startswith("time ")), "?")
        for name, tag, data in marks:
            key = keys.get((name, tag))
            if key is None:
                continue  # somebody unknown: neither for nor against
            if key[0] == 1:
                right = signed_by(key[1:], text, data)
            else:  # a witness signs its own time with the text
                right = signed_by(key[1:], b"cosignature/v1\ntime %d\n" % int.from_bytes(data[:8], "big") + text, data[8:])
            if not right:
                raise Fault("signature", "the signature of %s is not of this text" % name, file=file)
            (self.signers if key[0] == 1 else self.witnesses).append(name)

    @staticmethod
    def _mark(line):
        dash, name, text = line.split(" ")
        data = unbase64(text)
        if dash != "\u2014" or not name or len(data) < 5:
            raise ValueError("a line that is no signature")
        return name, data[:4], data[4:]


# ---------------------------------------------------------------------------------------------------------------- 5. the tree
# RFC 6962 / RFC 9162: events are the leaves, a node is the hash of its two children, the root sums up all. A few hashes prove that one leaf
# is under a root (inclusion), and that a later tree only added to an earlier one (consistency).


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaf, index, size, proof):
    """The root that the inclusion proof of the leaf leads to (RFC 9162 2.1.3.2); None where the proof is not of such a tree."""
    if not 0 <= index < size:
        return None
    here, last, hash_ = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if here & 1 or here == last:
            hash_ = node(sibling, hash_)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            hash_ = node(hash_, sibling)
        here, last = here >> 1, last >> 1
    return hash_ if last == 0 else None


def grew(old_size, old_root, size, root, proof):
    """Whether the tree of `size` holds that of `old_size` unchanged as its beginning (RFC 9162 2.1.4.2)."""
    if old_size == size:
        return old_root == root and not proof
    if not 0 < old_size < size or not proof:
        return False
    path = proof if old_size & (old_size - 1) else [old_root, *proof]
    here, last = old_size - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old, new = path[0], path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old, new = node(sibling, old), node(sibling, new)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            new = node(new, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and old == old_root and new == root


# ---------------------------------------------------------------------------------------------------------------- 6. the events
# Each event's chain hash covers every column and the chain hash of the event before it in the same case.

COLUMNS = {
    "alg": "s", "ledger": "s", "position": "i", "stream": "s", "version": "i", "type": "s", "schema_version": "i", "recorded_at": "t",
    "decided_at": "t", "effective_on": "d", "actor": "s", "on_behalf_of": "s", "role": "s", "office": "s", "command_id": "s",
    "correlation_id": "s", "causation": "s", "digest": "b",
}  # fmt: skip
MAY_BE_ABSENT = ("on_behalf_of", "causation")
EPOCH = datetime.datetime(1970, 1, 1)


def field(kind, value):
    """A column as it goes into the hash: kind, length in eight bytes, value. Raises ValueError where it is not of its kind."""
    if value is None:
        return b"n" + bytes(8)
    if kind == "i":
        data = str(value).encode() if fits(value, int) else None
    elif not isinstance(value, str):
        data = None
    elif kind == "s":
        data = value.encode("utf-8")
    elif kind == "t":
        moment = datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
        exact = moment.isoformat(timespec="microseconds") + "Z" == value
        data = str((moment - EPOCH) // datetime.timedelta(microseconds=1)).encode() if exact else None
    elif kind == "d":
        data = value.encode() if datetime.datetime.strptime(value, "%Y-%m-%d").date().isoformat() == value else None
    else:
        data = bytes.fromhex(value) if re.fullmatch("[0-9a-f]{64}", value) else None
    if data is None:
        raise ValueError("%r is not in the form of its column" % (value,))
    return kind.encode() + len(data).to_bytes(8, "big") + data


def chain_hash(row, previous):
    sha = hashlib.sha256(b"yuanshou-event-v1")
    for name, kind in COLUMNS.items():
        if row[name] is None and name not in MAY_BE_ABSENT:
            raise ValueError("%s is absent" % name)
        sha.update(field(kind, row[name]))
    sha.update(b"b" + (32).to_bytes(8, "big") + previous)
    return sha.digest()


def read_event(line, number):
    """A line of events.jsonl: its columns as they were written, `body` and `chain_hash` as bytes."""
    file = "events.jsonl (line %d)" % number
    row = read_json(line, file)
    try:
        if not isinstance(row, dict) or set(row) != {*COLUMNS, "body", "chain_hash"}:
            raise ValueError("other columns than an event has")
        row["body"], row["chain_hash"] = unbase64(row["body"]), field("b", row["chain_hash"])[9:]
        if len(row["chain_hash"]) != 32:
            raise ValueError("the chain hash is absent")
        chain_hash(row, bytes(32))
    except (ValueError, TypeError) as fault:
        position = row.get("position") if isinstance(row, dict) else None
        raise Fault("row", str(fault), position, file) from None
    if row["alg"] != ALG:
        raise Unable("event %d is of another algorithm than %s: a newer verifier is needed" % (row["position"], ALG))
    return row


# ---------------------------------------------------------------------------------------------------------------- 7. all of it together


class Verification:
    """Checks a bundle and keeps what it finds. A step that another stands on ends the check where it fails; the others all run."""

    def __init__(self, keys=None, checkpoint=None, consistency=None, manifest=None):
        self.given_keys, self.given_note, self.given_growth, self.given_manifest = keys, checkpoint, consistency, manifest
        self.findings, self.notes, self.passed, self.events, self.about = [], [], [], [], {}

    @property
    def status(self):
        return 1 if self.findings else 3 if self.given_keys is None and self.given_note is None else 0

    def found(self, kind, detail, position=None, file=None):
        if len(self.findings) < MOST_FINDINGS:
            about = {"class": kind, "ledger": self.about.get("ledger"), "position": position, "file": file, "detail": detail}
            self.findings.append(dict(about, zh=SAYS[kind][0], en=SAYS[kind][1]))

    def note(self, zh, en):
        self.notes.append({"zh": zh, "en": en})

    def step(self, zh, en, check, *args):
        """One check: what it finds is kept; where it finds nothing, that is said."""
        before = len(self.findings)
        try:
            check(*args)
        except Fault as fault:
            self.found(fault.kind, fault.detail, fault.position, fault.file)
        if len(self.findings) == before:
            self.passed.append({"zh": zh, "en": en})

    def run(self, stream):
        """Check the bundle in a binary file. Raises `Unable`."""
        try:
            self._run(Bundle(stream))
        except Fault as fault:
            self.found(fault.kind, fault.detail, fault.position, fault.file)

    def _run(self, bundle):
        manifest = self._manifest(bundle)
        self.step("每个文件都与清单相符", "every file is the one the manifest lists", self._files, bundle, manifest)
        rows = self._rows(bundle)
        self.step("记录序号相连，摘要、链值相符", "records have no gap, their digests and chain agree", self._chain, rows, manifest)
        self.step("证据文件都是记录所附的文件", "evidence files are those the records attach", self._evidence, rows, manifest)
        self.step("可读页面逐条对应记录", "the readable page names the records one by one", self._readable, bundle, rows)
        keys = read_keys(bundle.read("keys.vkeys"), "keys.vkeys") if self.given_keys is None else self.given_keys
        note = Checkpoint(bundle.read("checkpoint.note"), keys, "checkpoint.note")
        self.about["time"] = note.time
        self.step("检查点的签名相符", "the checkpoint's signature is right", self._signed, note, manifest)
        proofs = self._proofs(bundle, rows, note)
        self.step("每条记录都在检查点封存的账本中", "every record is under the checkpoint", self._inclusion, rows, note, proofs)
        growth = [(p["from"], p["to"], p["proof"]) for p in proofs["consistency"]]
        for name in bundle.files:
            if name.startswith("anchors/"):
                anchor = Checkpoint(bundle.read(name), keys, name)
                if not anchor.signers:
                    self.note("%s 由未给出的密钥签名" % name, "%s is signed by a key that was not given" % name)
                self.step("与 %s 相容" % name, "one history with %s" % name, self._growth, anchor, note, growth)
        if self.given_note is not None:
            kept = Checkpoint(self.given_note, keys, "--checkpoint")
            growth += self.given_growth or []
            self.step("外部检查点的签名相符", "the signature of the checkpoint from elsewhere is right", self._signed, kept, None)
            self.step("与外部检查点相容", "one history with the checkpoint from elsewhere", self._growth, kept, note, growth)
            if kept.size < rows[-1]["position"]:
                self.note("外部检查点只到位置 %d，其后以签名为准" % kept.size, "after position %d only the signature vouches" % kept.size)
        self.events = rows

    def _manifest(self, bundle):
        raw = bundle.read("manifest.json")
        self.about["manifest"] = hashlib.sha256(raw).hexdigest()
        manifest = read_json(raw, "manifest.json")
        if isinstance(manifest, dict) and manifest.get("format", FORMAT) != FORMAT:
            raise Unable("the bundle is of the form %r, not %s: a newer verifier is needed" % (manifest["format"], FORMAT))
        if not fits(manifest, MANIFEST):
            raise Fault("manifest", "it does not say what a manifest says", file="manifest.json")
        self.about.update((name, manifest[name]) for name in ("ledger", "stream", "version", "checkpoint"))
        if self.given_manifest not in (None, self.about["manifest"]):
            self.found("manifest", "its digest is not the one given", file="manifest.json")
        return manifest

    def _files(self, bundle, manifest):
        names = [f["name"] for f in manifest["files"]]
        if list(bundle.files) != ["manifest.json", *names] or not set(NEEDED) <= set(names):
            self.found("manifest", "it lists other files, or in another order, than there are", file="manifest.json")
        bundle.measure("manifest.json")
        for listed in manifest["files"]:
            if listed["name"] in bundle.files and bundle.measure(listed["name"]) != (listed["size"], listed["sha256"]):
                self.found("file", "its size or SHA-256 differs", file=listed["name"])

    @staticmethod
    def _rows(bundle):
        raw = bundle.read("events.jsonl")
        if raw[-1:] != b"\n":
            raise Fault("canonical", "the last line is cut short", file="events.jsonl")
        return [read_event(line, number) for number, line in enumerate(raw[:-1].split(b"\n"), start=1)]

    def _chain(self, rows, manifest):
        before = {"chain_hash": bytes(32), "position": 0, "recorded_at": ""}
        for version, row in enumerate(rows, start=1):
            position, what = row["position"], "%s, version %d" % (row["type"], row["version"])
            if (row["ledger"], row["stream"]) != (manifest["ledger"], manifest["stream"]):
                self.found("stream", "it is of %s in ledger %s" % (row["stream"], row["ledger"]), position)
            if row["version"] != version or position <= before["position"]:
                self.found("density", "%s stands where version %d is due" % (what, version), position)
            if row["recorded_at"] < before["recorded_at"]:
                self.found("clock", "%s after %s" % (row["recorded_at"], before["recorded_at"]), position)
            if hashlib.sha256(row["body"]).hexdigest() != row["digest"]:
                self.found("digest", what, position)
            if chain_hash(row, before["chain_hash"]) != row["chain_hash"]:
                self.found("chain", what, position)
            try:
                row["data"] = read_json(row["body"], "events.jsonl (line %d)" % version, position)
            except Fault as fault:
                row["data"] = None
                self.found(fault.kind, fault.detail, position, fault.file)
            before = row
        if manifest["version"] != len(rows):
            self.found("density", "the manifest says %d versions, there are %d" % (manifest["version"], len(rows)))

    def _evidence(self, rows, manifest):
        files = {f["name"]: (f["sha256"], f["size"]) for f in manifest["files"] if f["name"].startswith("files/")}
        attached = [(row, row["data"]) for row in rows if row["type"] == "document_attached" and isinstance(row["data"], dict)]
        if [d["document_id"] for d in manifest["documents"]] != [data.get("document_id") for _, data in attached]:
            raise Fault("evidence", "the manifest lists other documents than the records attach", file="manifest.json")
        for (row, data), listed in zip(attached, manifest["documents"]):
            document, name, state = listed["document_id"], listed["name"], listed["state"]
            if state == "erased" and name is None:
                self.note("文件 %s 已依法删除，摘要仍在" % document, "file %s was erased as the law asks; its digest stays" % document)
            elif state != "present" or files.pop(name, None) != (data.get("digest"), data.get("size")):
                self.found("evidence", "%s, attached by version %d" % (document, row["version"]), row["position"], name)
        for name in files:
            self.found("evidence", "no record attaches it", file=name)

    @staticmethod
    def _readable(bundle, rows):
        named = re.findall(rb'data-digest="([0-9a-f]{64})"', bundle.read("history.html"))
        if named != [row["digest"].encode() for row in rows]:
            raise Fault("readable", "its records are not those of events.jsonl", file="history.html")

    @staticmethod
    def _signed(note, manifest):
        if not note.signers:
            raise Fault("key", "no signature under it is of a known key", file=note.file)
        told = {"origin": note.origin, "size": note.size, "root": base64.b64encode(note.root).decode()}
        if manifest and (told != manifest["checkpoint"] or note.origin.rpartition("/")[2] != manifest["ledger"]):
            raise Fault("checkpoint", "the manifest names another", file=note.file)

    @staticmethod
    def _proofs(bundle, rows, note):
        proofs = read_json(bundle.read("proofs.json"), "proofs.json")
        try:
            if not fits(proofs, PROOFS) or (proofs["ledger"], proofs["size"]) != (note.origin.rpartition("/")[2], note.size):
                raise ValueError("its proofs are of another checkpoint")
            if [p["position"] for p in proofs["inclusion"]] != [row["position"] for row in rows]:
                raise ValueError("its proofs are of other records")
            for proof in proofs["inclusion"] + proofs["consistency"]:
                proof["proof"] = [unbase64(text) for text in proof["proof"]]
        except ValueError as fault:
            raise Fault("inclusion", str(fault), file="proofs.json") from None
        return proofs

    def _inclusion(self, rows, note, proofs):
        for row, proof in zip(rows, proofs["inclusion"]):
            leaf = hashlib.sha256(b"\0" + row["chain_hash"]).digest()
            if root_of(leaf, row["position"] - 1, note.size, proof["proof"]) != note.root:
                self.found("inclusion", "%s, version %d" % (row["type"], row["version"]), row["position"])

    @staticmethod
    def _growth(other, note, growth):
        """That the bundle's checkpoint and another one are of one history: the smaller is the beginning of the larger."""
        if other.origin != note.origin:
            raise Fault("history", "it is of another ledger: %s" % other.origin, file=other.file)
        old, new = (other, note) if other.size <= note.size else (note, other)
        known = [proof for first, last, proof in growth if (first, last) == (old.size, new.size)]
        if old.size == new.size:
            known = [[]]
        if not known:
            raise Unable(
                "no proof between %d and %d events is at hand: ask the office for /ledger/consistency?from=%d&to=%d and give its answer as"
                " --consistency" % (old.size, new.size, old.size, new.size)
            )
        if not any(grew(old.size, old.root, new.size, new.root, proof) for proof in known):
            raise Fault("history", "%d and %d events have no common history" % (old.size, new.size), file=other.file)


# ---------------------------------------------------------------------------------------------------------------- 8. what people read

RESULTS = {
    0: ("核验通过：历史完整，未被改动", "CLEAN: the history is whole and unchanged"),
    1: ("核验不通过：有不符之处", "NOT CLEAN: something does not fit"),
    2: ("未能核验", "COULD NOT RUN"),
    3: (
        "自身一致；未与外部取得的公钥或者检查点比对，不能排除整体伪造（请用 --key 或者 --checkpoint）",
        "CLEAN IN ITSELF; held against nothing from elsewhere, so that a forgery of the whole is not excluded (use --key or --checkpoint)",
    ),
}


def say(checked, verifier, bundle):
    """The result in lines, Chinese and English."""
    about = checked.about
    yield "核验程序 verifier SHA-256 %s" % verifier
    yield "证据包   bundle   SHA-256 %s" % bundle
    if "manifest" in about:
        yield "清单     manifest SHA-256 %s" % about["manifest"]
    if "stream" in about:
        yield "案件     case     %s · 版本 versions 1-%d · 账本 ledger %s" % (about["stream"], about["version"], about["ledger"])
    if "time" in about:
        head = about["checkpoint"]
        yield "检查点   checkpoint %s · %d 条 events · %s" % (head["origin"], head["size"], about["time"])
    for said in checked.passed:
        yield "[相符 ok]    %(zh)s · %(en)s" % said
    for said in checked.notes:
        yield "[说明 note]  %(zh)s · %(en)s" % said
    for f in checked.findings:
        places = (("ledger", "账本 ledger %s"), ("position", "位置 position %s"), ("file", "%s"))
        where = [text % f[name] for name, text in places if f[name]]
        yield "[不符 FAULT] %s: %s" % (f["class"], ", ".join(where))
        yield "             %(zh)s · %(en)s (%(detail)s)" % f


def printed(rows):
    """The records that were checked, as stored: nothing is left out, nothing is opened."""
    for row in rows:
        yield "%(version)d  #%(position)d  %(recorded_at)s  %(effective_on)s  %(type)s  %(actor)s (%(role)s, %(office)s)" % row
        yield "    " + row["body"].decode("utf-8", "replace")


def shown(line):
    """A line without what a terminal obeys: text in a bundle must not write over what is said of it."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)


def load(path):
    with open(path, "rb") as file:
        return file.read(PIECE)  # more is no key, note or proof


def sha256_of(stream):
    sha = hashlib.sha256()
    for piece in iter(lambda: stream.read(PIECE), b""):
        sha.update(piece)
    return sha.hexdigest()


def prepared(given):
    """The verification that the arguments ask for. Raises `Unable` where what was given beside the bundle is of no use."""
    keys = growth = None
    try:
        if given.key:
            keys = read_keys(load(given.key), "--key")
            if not keys:
                raise ValueError("--key holds no key")
        if given.consistency:
            asked = json.loads(load(given.consistency).decode("utf-8"))
            if not fits(asked, ASKED):
                raise ValueError("--consistency is not what the office's API answers")
            growth = [(asked["from"], asked["to"], [unbase64(text) for text in asked["proof"]])]
    except (Fault, ValueError) as fault:
        raise Unable("what was given beside the bundle is not in its form: %s" % fault) from None
    note = load(given.checkpoint) if given.checkpoint else None
    return Verification(keys, note, growth, given.manifest and given.manifest.lower())


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    for name in ("--key", "--checkpoint", "--consistency", "--manifest"):
        parser.add_argument(name)
    for name in ("--print", "--json"):
        parser.add_argument(name, action="store_true")
    given = vars(parser.parse_args(arguments))  # exits with 2 where they are not understood
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    checked, verifier, bundle, unable = Verification(), "?", "?", None
    try:
        checked = prepared(argparse.Namespace(**given))
        with open(__file__, "rb") as own, open(given["bundle"], "rb") as stream:
            verifier, bundle = sha256_of(own), sha256_of(stream)
            checked.run(stream)
    except (Unable, OSError) as fault:
        unable = str(fault)
    status = 2 if unable and not checked.findings else checked.status
    if status in (0, 3):
        files = ", ".join(TO_READ)
        checked.note("以下文件以清单摘要为准，不在证明之内：" + files, "fixed by the manifest's digest and not by proofs: " + files)
        checked.note("此后有无新记录，本包不能证明", "whether there are later records this bundle cannot prove")
    if given["json"]:
        told = dict(checked.about, result=status, unable=unable, verifier=verifier, bundle=bundle)
        told.update(passed=checked.passed, notes=checked.notes, findings=checked.findings)
        print(json.dumps(told))
        return status
    lines = [*say(checked, verifier, bundle), *(printed(checked.events) if given["print"] else ())]
    for line in lines + (["[未能 unable] " + unable] if unable else []):
        print(shown(line))
    print("%d · %s · %s" % (status, *RESULTS[status]))
    return status


if __name__ == "__main__":
    sys.exit(main())
