"""One's own named filters of the lists: the query of a page's address, to come back to.

Words searched for are names of people and are never kept: `q` is no filter here.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints
from uuid_utils.compat import uuid7

from api import figure_filters, views
from api.case_shapes import Shape
from api.deeds import Done, do_once
from api.desk import Desk
from api.problem import Problem, not_found
from domain.values import Model
from ledger import saved_filters
from ledger.saved_filters import MOST
from ledger.sql import Row

type Json = dict[str, Any]
type FilterPage = Literal["cases", "history", "deadlines"]
NAME_MOST, QUERY_MOST = 60, 200
"""Characters."""
_HISTORY = ("case", "type", "actor", "office", "category", "cause", "from", "to", "legal_from", "legal_to")
FILTERS: Mapping[FilterPage, tuple[str, ...]] = {
    "cases": ("stage", "state", "office", "assignee", "category", "due_before", "sort", *figure_filters.NAMES),
    "history": _HISTORY,
    "deadlines": ("state", "office", "person", "limit_id", "due_from", "due_before"),
}
"""What the address of each page may ask for and is kept."""
_Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MOST, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$")]


class NewFilter(Model):
    """A filter of a page: `query` as it stands in the page's address."""

    page: FilterPage
    name: _Name
    query: Annotated[str, StringConstraints(min_length=1, max_length=QUERY_MOST)]


class FilterName(Model):
    name: _Name


class SavedFilter(Shape):
    """A filter of one's own."""

    id: str
    page: FilterPage
    name: str
    query: str = Field(description="Of the page's address.")
    created_at: AwareDatetime


EXAMPLE: Json = {
    "id": "01a20b63-8042-7d11-9a20-3f2e1d0c9b8b", "page": "deadlines", "name": "本周到期", "query": "state=running&due_before=2026-12-01",
    "created_at": "2026-11-24T10:30:00+08:00",
}  # fmt: skip
BODIES: dict[str, tuple[type[Model], Json]] = {
    "save_filter": (NewFilter, {"page": "deadlines", "name": "本周到期", "query": "state=running&due_before=2026-12-01"}),
    "rename_filter": (FilterName, {"name": "十二月前到期"}),
}


def _shown(row: Row) -> Json:
    return {
        "id": str(row["filter_id"]), "page": row["page"], "name": row["name"], "query": row["query"],
        "created_at": views.moment(row["created_at"]),
    }  # fmt: skip


async def listed(desk: Desk, page: FilterPage | None) -> list[Json]:
    """The caller's filters, of one page or of all, by name."""
    rows = await saved_filters.of(desk.conn, desk.principal.person)
    return [_shown(row) for row in rows if page in (None, row["page"])]


def kept_of(page: FilterPage, query: str) -> str:
    """What of an address is kept. Raises `Problem` 422 `filter_unknown` for what the page does not filter by, `required` for nothing."""
    pairs = parse_qsl(query, max_num_fields=QUERY_MOST)
    for name, _ in pairs:
        if name not in FILTERS[page]:
            raise Problem(422, "filter_unknown", errors=[{"pointer": "/query", "code": "filter_unknown"}], named=name)
    if not pairs:
        raise Problem(422, "invalid", errors=[{"pointer": "/query", "code": "required"}])
    return urlencode(pairs)


async def save(desk: Desk, key: str, asked: NewFilter) -> Done:
    """Keep a filter. Raises `Problem` 409 `filter_name_taken` or `too_many_filters`, and what `kept_of` does."""
    query, person = kept_of(asked.page, asked.query), desk.principal.person

    async def act(deed_id: str) -> Json:
        del deed_id
        if await saved_filters.full(desk.conn, person):
            raise Problem(409, "too_many_filters", most=MOST)
        if await saved_filters.named(desk.conn, person, asked.page, asked.name):
            raise Problem(409, "filter_name_taken", named=asked.name)
        filter_id = str(uuid7())
        await saved_filters.keep(desk.conn, filter_id=filter_id, person=person, page=asked.page, name=asked.name, query=query)
        row = await saved_filters.one(desk.conn, person, filter_id)
        assert row is not None  # noqa: S101 -- it was just written
        return _shown(row)

    return await do_once(desk, key, "saved_filter", asked.model_dump(mode="json"), act)


async def rename(desk: Desk, filter_id: UUID, asked: FilterName) -> Json:
    """Call a filter otherwise. Raises `Problem` 404 `filter_not_found`, 409 `filter_name_taken`."""
    person = desk.principal.person
    await saved_filters.full(desk.conn, person)  # holds whoever saves one of that name meanwhile
    row = await saved_filters.one(desk.conn, person, str(filter_id))
    if row is None:
        raise not_found("filter_not_found")
    other = await saved_filters.named(desk.conn, person, row["page"], asked.name)
    if other is not None and other["filter_id"] != row["filter_id"]:
        raise Problem(409, "filter_name_taken", named=asked.name)
    renamed = await saved_filters.rename(desk.conn, person, str(filter_id), asked.name)
    assert renamed is not None  # noqa: S101 -- it was there, and only its person takes it away
    return _shown(renamed)


async def remove(desk: Desk, filter_id: UUID) -> None:
    """Take a filter away. Raises `Problem` 404 `filter_not_found`."""
    if not await saved_filters.remove(desk.conn, desk.principal.person, str(filter_id)):
        raise not_found("filter_not_found")
