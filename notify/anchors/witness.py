"""The witness anchor: another office's C2SP witness (tlog-witness) is shown that the ledger only grew, and cosigns."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from ledger.note import Checkpoint, Note, NoteFault, Signature, Vkey, verified
from notify.anchor import AnchorFault, Growth, Held, Kind

SECONDS = 15
_SIZE = "text/x.tlog.size"
_REFUSED = {
    400: "witness_bad_request",
    403: "witness_forbidden",
    404: "witness_unknown_origin",
    409: "witness_conflict",
    422: "witness_refused_proof",
}
_MOST_BYTES = 16_384


@dataclass(slots=True)
class Witness:
    """`url` is the submission prefix, `key` that of the witness's cosignatures."""

    url: str
    key: Vkey
    transport: httpx.AsyncBaseTransport | None = None
    kind: Kind = "witness"
    outside: bool = True
    each: bool = False
    every: timedelta = timedelta(0)
    _sizes: dict[str, int] = field(default_factory=dict[str, int])
    """What it cosigned last, as far as this process knows; a wrong guess is answered with the right size."""

    @property
    def place(self) -> str:
        return self.key.name

    async def put(self, notes: Sequence[Held], growth: Growth) -> Sequence[Held]:
        """Raises `AnchorFault` (`away`, `witness_…`)."""
        async with httpx.AsyncClient(timeout=SECONDS, transport=self.transport) as client:
            try:
                return [await self._cosigned(client, held, growth) for held in notes]
            except httpx.HTTPError as fault:
                raise AnchorFault("away", fault=type(fault).__name__) from fault

    async def _cosigned(self, client: httpx.AsyncClient, held: Held, growth: Growth) -> Held:
        size = Checkpoint.parse(held.note.text).size
        answer = await self._ask(client, held, self._sizes.get(held.ledger, 0), growth)
        if answer.status_code == 409 and answer.headers.get("content-type", "").startswith(_SIZE):
            known = _size(answer.text)
            if known > size:  # it saw more than there is: what it cosigned is evidence against this database
                raise AnchorFault("witness_ahead", ledger=held.ledger, cosigned=known, size=size)
            answer = await self._ask(client, held, known, growth)
        if answer.status_code != 200:
            raise AnchorFault(_REFUSED.get(answer.status_code, f"witness_{answer.status_code}"), ledger=held.ledger, size=size)
        signed = held.note.signed(*self._ours(answer.content, held.note.text))
        if signed == held.note:
            raise AnchorFault("witness_unsigned", ledger=held.ledger, size=size)
        self._sizes[held.ledger] = size
        return Held(held.ledger, signed)

    async def _ask(self, client: httpx.AsyncClient, held: Held, old: int, growth: Growth) -> httpx.Response:
        size = Checkpoint.parse(held.note.text).size
        old = min(old, size)
        proof = await growth(held.ledger, old, size)
        lines = "".join(f"{base64.b64encode(part).decode()}\n" for part in proof)
        return await client.post(f"{self.url}/add-checkpoint", content=f"old {old}\n{lines}\n{held.note}".encode())

    def _ours(self, body: bytes, text: str) -> list[Signature]:
        """The witness's cosignatures of the text; lines of unknown keys are ignored, as the protocol asks."""
        if len(body) > _MOST_BYTES:
            raise AnchorFault("witness_unsigned")
        try:
            found = Note.parse(f"{text}\n{body.decode()}").signatures
        except (NoteFault, UnicodeDecodeError) as fault:
            raise AnchorFault("witness_unsigned") from fault
        return [signature for signature in found if verified(text, signature, self.key)]


def _size(text: str) -> int:
    digits = text.removesuffix("\n")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        raise AnchorFault("witness_conflict")
    return int(digits)
