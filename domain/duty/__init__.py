"""The duty offices (值班律师): requests made there or from custody, forwarded within 24 hours, and the log of who was on duty.

A request is a stream of its own (`duty/<id>`); the log of an office is a register (`shift/<office>`), where nobody's commands take turns.
"""

# ruff: noqa: I001 -- the order of the imports is the order of the commands
import domain.stages  # noqa: F401 # pyright: ignore[reportUnusedImport] -- whole before its rooms are asked for here, whoever is imported first
from domain.duty import request as request
from domain.duty import take_up as take_up
from domain.duty import shifts as shifts
from domain.duty.state import DutyState as DutyState
