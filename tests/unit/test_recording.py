"""What stands around the application: no part of an answer passes before what it tells is recorded."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from api.desk import open_desk
from api.problem import Problem, answer
from api.recorder import NotRecorded, Recorder
from api.recording import Recording, current, unseen
from domain.access import Principal
from domain.reads import AccessRefused, PersonalDataRead
from ledger.access import Entry
from ledger.keys import Keys

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WHO = Principal("jia", "P-JIA", (("caseworker", "C-ADX"),))
CASE, SUBJECT, OTHER = str(uuid4()), str(uuid4()), str(uuid4())


@dataclass
class Ledger:
    """A recorder that keeps what it is given, until it `fails`."""

    entries: list[Entry] = field(default_factory=list[Entry])
    fails: bool = False

    async def record(self, entries: Sequence[Entry]) -> None:
        if self.fails:
            raise NotRecorded
        self.entries += entries


def around(ledger: Ledger, *routes: Route) -> httpx.AsyncClient:
    app = Starlette(routes=list(routes))
    services = SimpleNamespace(now=lambda: NOW, keys=SimpleNamespace(master=Keys("k1", {"k1": bytes(32)})))
    guarded = Recording(app, "/api", cast("Recorder", ledger), cast("Any", services))
    return httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://t")


def read(subject: str = SUBJECT) -> None:
    access = current()
    access.principal = WHO
    access.opened("case", subjects=[subject], cases=[CASE], count=2)


async def test_all_that_a_request_opens_is_one_entry() -> None:
    ledger = Ledger()

    async def page(_: Request) -> Response:
        for _ in range(3):
            read()
        read(OTHER)
        current().opened("paper", subjects=[SUBJECT], cases=[CASE], count=1, channel="print")
        return PlainTextResponse("shown")

    async with around(ledger, Route("/page", page)) as client:
        assert (await client.get("/page")).text == "shown"
    (entry,) = ledger.entries
    assert isinstance(entry.event, PersonalDataRead)
    assert [str(s) for s in entry.event.subjects] == [SUBJECT, OTHER]
    assert (entry.event.what, entry.event.channel, entry.event.count) == (("case", "paper"), "print", 9)
    assert (entry.person, entry.role, entry.office, entry.at) == ("P-JIA", "caseworker", "C-ADX", NOW)


async def test_each_part_of_an_answer_waits_for_what_it_tells() -> None:
    ledger = Ledger()
    sent: list[int] = []

    async def parts() -> AsyncIterator[str]:
        for n, subject in enumerate((SUBJECT, OTHER), start=1):
            read(subject)
            yield f"part {n}\n"
            sent.append(len(ledger.entries))

    async def export(_: Request) -> Response:
        return StreamingResponse(parts())

    async with around(ledger, Route("/api/export", export)) as client:
        assert (await client.get("/api/export")).text == "part 1\npart 2\n"
    assert sent == [1, 2]


async def test_an_answer_that_is_under_way_breaks_off_where_nothing_can_be_recorded() -> None:
    ledger = Ledger()

    async def parts() -> AsyncIterator[str]:
        yield "head\n"
        ledger.fails = True
        read()
        yield "somebody's name\n"

    async def export(_: Request) -> Response:
        return StreamingResponse(parts())

    async with around(ledger, Route("/api/export", export)) as client:
        with pytest.raises(BaseException) as broken:  # noqa: PT011 -- a group of exceptions, as the framework raises it
            await client.get("/api/export")
    assert "NotRecorded" in repr(broken.value)
    assert ledger.entries == []


async def test_an_answer_that_cannot_be_recorded_is_withheld_whole() -> None:
    async def page(_: Request) -> Response:
        read()
        return PlainTextResponse("somebody's name")

    async with around(Ledger(fails=True), Route("/api/case", page)) as client:
        answered = await client.get("/api/case", headers={"Accept-Language": "en"})
    assert (answered.status_code, answered.json()["code"]) == (503, "access_not_recorded")
    assert "name" not in answered.text.replace("names", "")


async def test_a_refusal_that_a_page_gets_over_is_none() -> None:
    ledger = Ledger()

    async def page(request: Request) -> Response:
        read()
        current().refused("forbidden")
        if request.query_params:
            return answer(request.scope, Problem(403, "walled_off", case_id=CASE))
        return PlainTextResponse("shown without what was refused")

    async with around(ledger, Route("/page", page)) as client:
        await client.get("/page")
        assert [type(entry.event) for entry in ledger.entries] == [PersonalDataRead]
        await client.get("/page?whole=1")
    refused = [entry.event for entry in ledger.entries if isinstance(entry.event, AccessRefused)]
    assert [(event.code, str(event.case)) for event in refused] == [("forbidden", "None"), ("walled_off", CASE)]


@pytest.mark.parametrize("code", ["password_change_required", "access_reason_required"])
async def test_what_only_comes_first_is_no_refusal(code: str) -> None:
    ledger = Ledger()

    async def page(request: Request) -> Response:
        current().principal = WHO
        return answer(request.scope, Problem(403, code))

    async with around(ledger, Route("/api/case", page)) as client:
        await client.get("/api/case")
    assert ledger.entries == []


async def test_no_desk_opens_where_nothing_would_record_what_is_read() -> None:
    with pytest.raises(LookupError):
        async with open_desk(cast("Any", None), "a token"):
            pass
    with unseen() as access:
        assert current() is access
