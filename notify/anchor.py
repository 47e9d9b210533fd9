"""What an anchor is to the sealing: it takes checkpoints to a place outside the database, or says why it could not."""

import errno
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Literal, NamedTuple, Protocol, Self

from ledger.note import Note

type Kind = Literal["directory", "email", "timestamp", "witness"]
type Growth = Callable[[str, int, int], Awaitable[list[bytes]]]
"""The proof that a ledger's tree of the second size begins with that of the first."""


class AnchorFault(Exception):  # noqa: N818 -- told in the log and by `yuanshou seal`
    """The checkpoints were not put there; the next run tries again. `code` is stable.

    `anchor_conflict`: another history stands there at the same size, which people must look at at once · `away`: the place cannot be
    reached · `full`: it takes no more · `witness_…`: what a witness answered · `smtp_…`: what a mail server answered · `tsa_…`: what a
    time-stamp authority answered.
    """

    def __init__(self, code: str, **told: int | str) -> None:
        super().__init__(code + "".join(f", {name} {value}" for name, value in told.items()))
        self.code, self.told = code, told

    @classmethod
    def of_disk(cls, fault: OSError) -> Self:
        """`full`, or `away`: what a folder that could not be written to answered."""
        code = "full" if fault.errno in (errno.ENOSPC, errno.EDQUOT) else "away"
        return cls(code, fault=errno.errorcode.get(fault.errno or 0, "unknown"))


class Held(NamedTuple):
    """A ledger's checkpoint, as it is to be put somewhere or as it was."""

    ledger: str
    note: Note


class Anchor(Protocol):
    """A place for checkpoints."""

    @property
    def kind(self) -> Kind: ...
    @property
    def place(self) -> str:
        """Which of its kind; names no person."""
        ...

    @property
    def outside(self) -> bool:
        """Whether it is out of reach for whoever has the database and this machine."""
        ...

    @property
    def each(self) -> bool:
        """Whether it takes every checkpoint; else each ledger's newest."""
        ...

    @property
    def every(self) -> timedelta:
        """How long it is left alone after it took some."""
        ...

    async def put(self, notes: Sequence[Held], growth: Growth) -> Sequence[Held]:
        """Put them there, oldest first; the notes as they are held there, cosignatures added. Raises `AnchorFault`."""
        ...
