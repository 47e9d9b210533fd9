"""The main navigation: the rooms that a person's roles open, the foremost in a row and the rest in a disclosure beside it."""

from collections.abc import Iterable
from dataclasses import dataclass

from api.list_reading import ACROSS_ROLES
from domain.consultation.register import RegisterConsultation
from domain.duty.request import ReceiveDutyRequest
from domain.stages.application import SubmitApplication
from domain.stages.notice import ReceiveOrganNotice

MOST = 9
"""Rooms that stand in the row on a wide screen, in either language without a second line."""
NARROW = 4
"""Rooms that stand in the row on a narrow one; the rest of them is in the disclosure there."""

_ROOMS: tuple[tuple[str, str, Iterable[str] | None], ...] = (
    ("/", "pages.today", None),
    ("/inbox", "pages.inbox", None),
    ("/pocket", "pocket.title", ("lawyer",)),
    ("/to-approve", "desk.title", ("approver",)),
    ("/cases", "pages.cases", None),
    ("/directory", "directory.title", ("system_administrator",)),
    ("/accounts", "account.accounts", ("security_administrator", "auditor")),
    ("/reception", "reception.title", RegisterConsultation.roles),
    (
        "/deadlines",
        "deadlines.title",
        ("supervisor", "approver", "caseworker", "receptionist", "lawyer", "unit_manager", "bureau_officer", "auditor", "liaison"),
    ),
    ("/intake", "pages.intake", SubmitApplication.roles),
    ("/same-day", "sheet.title", SubmitApplication.roles),
    ("/eligibility", "eligibility.short", SubmitApplication.roles),
    ("/assignments", "work.assignments", ("approver", "caseworker", "supervisor", "unit_manager")),
    ("/history", "pages.history", ACROSS_ROLES),
    ("/audit", "audit.title", ACROSS_ROLES),
    ("/figures", "figures.title", ACROSS_ROLES),
    ("/reports/forecast", "forecast.title", ("supervisor", "approver", "auditor")),
    ("/reports/promise", "promise.title", ("supervisor", "approver", "auditor")),
    ("/duty", "duty.title", ReceiveDutyRequest.roles),
    ("/rota", "work.rota", ("approver", "caseworker", "supervisor", "receptionist", "duty_lawyer")),
    ("/persons", "persons.title", {*SubmitApplication.roles, *ACROSS_ROLES}),
    ("/notices/new", "pages.notice", ReceiveOrganNotice.roles),
    ("/notices", "notices.title", ("system_administrator",)),
)
"""Address, text and whose room it is (None: everybody's), in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Room:
    """An entry of the navigation."""

    address: str
    text: str
    """The key of its name."""
    here: bool
    """Whether the page at hand is in it."""


@dataclass(frozen=True, slots=True)
class Menu:
    """`row` stands beside each other; of it, all but the first `narrow` go to the disclosure on a narrow screen; `rest` is always there."""

    row: tuple[Room, ...]
    rest: tuple[Room, ...]
    narrow: int

    @property
    def folded(self) -> tuple[Room, ...]:
        """What the row has no place for on a narrow screen."""
        return self.row[self.narrow :]


def menu(roles: frozenset[str], path: str) -> Menu:
    """The navigation of somebody with these roles on the page at `path`. One room alone is never hidden away."""
    open_ = [(address, text) for address, text, whose in _ROOMS if whose is None or not roles.isdisjoint(whose)]
    here = max((address for address, _ in open_ if _within(path, address)), key=len, default="")
    rooms = tuple(Room(address, text, address == here) for address, text in open_)
    wide = len(rooms) if len(rooms) <= MOST + 1 else MOST
    return Menu(rooms[:wide], rooms[wide:], len(rooms) if len(rooms) <= NARROW + 1 else NARROW)


def _within(path: str, address: str) -> bool:
    return path == address or (address != "/" and path.startswith(f"{address}/"))
