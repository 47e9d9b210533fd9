"""Telling colleagues softly that somebody has a form of a case open. It locks nothing and stands in no table and no ledger."""

from api.case_reading import visible
from api.desk import Need, open_desk
from api.problem import Problem, not_found
from api.services import Services
from domain.command import COMMANDS
from ledger.live import tell_of_editing

WINDOW_MOST = 40
_QUIET = Need(frozenset({"read"}), quiet=True)
"""A form left open is no sign of somebody at work: it does not keep a session from running out."""


async def tell(services: Services, token: str, case_id: str, command: str, window: str) -> None:
    """Tell those who look at the case that the caller has the form of a command open in a window of theirs; no command: no longer.

    Raises `Problem`: as `open_desk`; 403 and 404 as of a case that is read; 404 `unknown_command`; 422 where the window's name is none.
    """
    if command and command not in COMMANDS:
        raise not_found("unknown_command")
    if not 0 < len(window) <= WINDOW_MOST:
        raise Problem(422, "invalid", errors=[{"pointer": "/window", "code": "invalid_value"}])
    async with open_desk(services, token, need=_QUIET) as desk:
        await visible(desk, case_id)
        await tell_of_editing(desk.conn, case_id, desk.principal.person, window, command)
