"""Every error is a problem document: stable code, pointers to the faulty fields, the caller's language, never what was typed."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Body, FastAPI
from psycopg import OperationalError
from pydantic import ValidationError
from starlette.requests import Request

from api import problem
from api.body import JSON_LIMIT, BodyGuard, parse_json, read_json
from api.envelope import Envelope
from api.problem import Problem
from domain.command import Refusal
from domain.values import Applicant, Matter, Model, Paper


class Opening(Model):
    applicant: Applicant
    opponents: tuple[Applicant, ...] = ()
    matter: Matter | None = None
    papers: tuple[Paper, ...] = ()


def faults(body: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        Opening.model_validate(body)
    return [(e["pointer"], e["code"]) for e in problem.field_errors(caught.value.errors(), body)]


def test_a_missing_field_is_pointed_at() -> None:
    assert faults({"applicant": {}}) == [("/applicant/name", "required")]


def test_a_field_nobody_knows_is_a_fault_not_dropped() -> None:
    assert faults({"applicant": {"name": "王五", "nick/name": "x"}}) == [("/applicant/nick~1name", "unknown_field")]


def test_the_branches_of_a_union_are_no_part_of_a_pointer() -> None:
    assert faults({"applicant": {"name": ""}}) == [("/applicant/name", "too_short")]
    assert faults({"applicant": {"name": {"first": "x"}}}) == [("/applicant/name", "not_a_text")]


def test_items_of_lists_are_pointed_at_by_their_place() -> None:
    body = {
        "applicant": {"name": "a"},
        "opponents": [{"name": "b"}, {"name": "c", "residence": "moon"}],
        "papers": [{"kind": "x", "copies": 0}],
    }
    assert faults(body) == [("/opponents/1/residence", "not_one_of"), ("/papers/0/copies", "too_small")]


def test_a_number_that_is_a_text_is_named_a_number_fault() -> None:
    assert faults({"applicant": {"name": "a", "claim_fen": "much"}}) == [("/applicant/claim_fen", "not_an_integer")]


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b'"x"',
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b"\xff",
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
def test_what_is_no_clean_json_object_is_malformed(raw: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse_json(raw)
    assert (caught.value.status, caught.value.code) == (400, "malformed")


def test_rare_characters_pass_unharmed() -> None:
    assert parse_json('{"name": "𠮷野·阿依 古丽"}'.encode()) == {"name": "𠮷野·阿依 古丽"}


def _app() -> FastAPI:
    app = FastAPI()
    problem.install(app, "/api/v1")
    app.add_middleware(BodyGuard, api_prefix="/api/v1")
    app.add_middleware(Envelope)

    @app.post("/api/v1/echo")
    async def echo(request: Request) -> dict[str, Any]:
        return await read_json(request)

    @app.post("/api/v1/typed")
    async def typed(body: Annotated[Opening, Body()]) -> dict[str, Any]:
        return {"ok": True}

    @app.get("/api/v1/refuse")
    async def refuse() -> None:
        raise Refusal("wrong_state", state="archived", allowed_commands=["add_note"])

    @app.get("/api/v1/pointed")
    async def pointed() -> None:
        raise Refusal("effective_in_future", status=422, pointer="/effective_on")

    @app.get("/api/v1/away")
    async def away() -> None:
        raise OperationalError("connection to 10.1.2.3 refused")

    @app.get("/api/v1/broken")
    async def broken() -> None:
        raise RuntimeError("身份证号 110101199003070038")

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(_app()), base_url="http://t/api/v1") as c:
        yield c


async def test_a_refusal_speaks_the_callers_language_and_carries_what_is_allowed(client: httpx.AsyncClient) -> None:
    chinese = await client.get("/refuse")
    english = await client.get("/refuse", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert chinese.status_code == english.status_code == 409
    assert chinese.headers["content-type"] == "application/problem+json"
    assert chinese.json()["type"] == "urn:yuanshou:problem:wrong_state"
    assert chinese.json()["code"] == "wrong_state"
    assert chinese.json()["allowed_commands"] == ["add_note"]
    assert chinese.json()["detail"] != english.json()["detail"]
    assert english.headers["content-language"] == "en"


async def test_a_refused_value_is_pointed_at(client: httpx.AsyncClient) -> None:
    answer = await client.get("/pointed")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/effective_on"


async def test_an_engine_that_is_away_asks_for_a_repeat_and_tells_nothing_of_itself(client: httpx.AsyncClient) -> None:
    answer = await client.get("/away")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "10.1.2.3" not in answer.text


async def test_what_nobody_expected_shows_a_correlation_id_and_no_trace(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await client.get("/broken", headers={"X-Request-Id": "ticket-0001"})
    assert answer.status_code == 500
    assert (answer.json()["code"], answer.json()["correlation_id"], answer.headers["x-request-id"]) == (
        "internal_error",
        "ticket-0001",
        "ticket-0001",
    )
    said = answer.text + "".join(capsys.readouterr())
    assert "RuntimeError" not in answer.text
    assert "110101199003070038" not in said


async def test_no_such_path_and_wrong_method_are_problems_too(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nowhere")).json()["code"] == "not_found"
    wrong = await client.delete("/echo")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")


async def test_broken_json_is_400_and_wrong_values_are_422(client: httpx.AsyncClient) -> None:
    assert (await client.post("/typed", content=b"{", headers={"Content-Type": "application/json"})).status_code == 400
    answer = await client.post("/typed", json={"applicant": {"name": "a", "claim_fen": -1}})
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/applicant/claim_fen", "too_small")]


async def test_another_media_type_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/echo", content=b"<x/>", headers={"Content-Type": "text/xml"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_a_body_over_the_limit_is_refused_whether_declared_or_streamed(client: httpx.AsyncClient) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * (JSON_LIMIT // 4)

    declared = await client.post("/echo", content=b" " * (JSON_LIMIT + 1), headers={"Content-Type": "application/json"})
    streamed = [await client.post(path, content=stream(), headers={"Content-Type": "application/json"}) for path in ("/echo", "/typed")]
    assert [a.status_code for a in (declared, *streamed)] == [413, 413, 413]
    assert declared.json()["limit_bytes"] == JSON_LIMIT


async def test_a_body_at_the_limit_passes(client: httpx.AsyncClient) -> None:
    content = b'{"a":"' + b"x" * (JSON_LIMIT - 8) + b'"}'
    assert (await client.post("/echo", content=content, headers={"Content-Type": "application/json"})).status_code == 200
