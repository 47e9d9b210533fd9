"""Rules by which files may go at once: erasures are tried on cases that ended a moment ago."""

from dataclasses import replace

from domain.erasure import Retention
from domain.rules import Rules
from ledger import rules


def over() -> Rules:
    """The rules in force, but every file's period was over a year before the file ended."""
    current = rules.current()
    rows = {what: tuple(replace(row, years=-1) for row in kept) for what, kept in current.retention.rows.items()}
    return replace(current, retention=Retention(rows))
