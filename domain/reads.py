"""Events of the ledger `access`: who opened whose personal data, and who was refused. They hold ids and codes; nothing personal.

They are no case's and no register's: nothing is decided by them and no state is folded of them.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from domain.values import Model

ReadChannel = Literal["page", "api", "export", "print", "calendar", "search"]
"""By which way it was read; of several in one request the one that carries furthest (`FURTHEST`)."""
FURTHEST: tuple[ReadChannel, ...] = ("export", "print", "search", "calendar", "page", "api")
What = Literal[
    "case", "history", "histories", "diff", "list", "queue", "deadlines", "lateness", "assignments", "reassignment", "inquiry",
    "inquiries", "persons", "duplicates", "conflicts", "documents", "document", "paper", "answer", "access_records", "person",
    "court_bundle", "export", "status",
]  # fmt: skip
"""What was opened; `answer`: the events that one's own command brought."""

ACCESS_EVENTS: dict[str, type[AccessEvent]] = {}
"""By type, to read a stored event back."""


class AccessEvent(Model):
    """What is recorded in the ledger `access`. The envelope says who (person, role, office), when, and in which request."""

    type: ClassVar[str]
    schema_version: ClassVar[int] = 1

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.type = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        ACCESS_EVENTS[cls.type] = cls


class PersonalDataRead(AccessEvent):
    """Personal values of these subjects were opened for somebody to read.

    `cases` are ids of cases, consultations and duty requests; `what` and `channel` are words of `What` and `ReadChannel` (a newer program
    may know more of them); `count` says how many values were opened. `reason` is sealed (`docs/ledger.md`).
    """

    subjects: tuple[UUID, ...]
    cases: tuple[UUID, ...]
    what: tuple[str, ...]
    channel: str
    count: Annotated[int, Field(ge=0)]
    reason: str | None = None


class AccessRefused(AccessEvent):
    """Somebody was refused for want of a right: `what` they asked for (a route, or `sign_in`), `code` of the problem they were told.

    `case` is one that exists and is not for them; `refusal` the row of `security_refusals` that says from which address.
    """

    what: Annotated[str, StringConstraints(max_length=200)]
    code: Annotated[str, StringConstraints(max_length=64)]
    case: UUID | None = None
    refusal: UUID | None = None
