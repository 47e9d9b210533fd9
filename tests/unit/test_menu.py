"""The main navigation: what a role's day is made of stands in the row, the rest one step away, and where one is is marked once."""

from typing import get_args

import pytest

from domain.command import Role
from web.menu import MOST, NARROW, Menu, menu

EVERYTHING = frozenset(get_args(Role)) - {"system"}


def addresses(shown: Menu) -> list[str]:
    return [room.address for room in (*shown.row, *shown.rest)]


@pytest.mark.parametrize("role", sorted(EVERYTHING))
def test_everybody_has_today_inbox_and_cases_on_any_screen(role: str) -> None:
    shown = menu(frozenset({role}), "/")
    assert {"/", "/inbox", "/cases"} <= {room.address for room in shown.row[: shown.narrow]}
    assert len(shown.row) <= MOST + 1
    assert len(shown.rest) != 1


def test_who_has_many_roles_has_a_calm_row_and_loses_no_room() -> None:
    shown = menu(EVERYTHING, "/")
    assert (len(shown.row), shown.narrow) == (MOST, NARROW)
    assert len(addresses(shown)) == len(set(addresses(shown)))
    assert set(addresses(shown)) >= {room for role in EVERYTHING for room in addresses(menu(frozenset({role}), "/"))}


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/", "/"), ("/cases", "/cases"), ("/cases/01/commands/add_note", "/cases"), ("/casesome", ""), ("/notices/new", "/notices/new"),
        ("/notices", "/notices"), ("/notices/01", "/notices"), ("/reports/promise", "/reports/promise"), ("/account", ""),
    ],
)  # fmt: skip
def test_where_one_is_is_marked_once(path: str, here: str) -> None:
    shown = menu(EVERYTHING, path)
    assert [room.address for room in (*shown.row, *shown.rest) if room.here] == ([here] if here else [])
