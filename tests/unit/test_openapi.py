"""The OpenAPI document tells the truth: every shape is what the views answer, every example what its command takes."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

import api as package
import texts
from api import app as application
from api import case_reading, case_shapes, documents, eligibility, faults, limits, list_reading, reference, shapes, standards, views
from api.answers import Answers, directory_events
from api.auth import Credentials
from api.desk import Desk
from api.examples import EXAMPLES, TOKEN_REQUEST
from api.openapi import PREFIX, SUCCESSES
from api.schemas import human_commands
from api.services import Services
from api.typed import typed
from domain import access
from domain.access import Principal
from domain.case import CaseState, blank
from domain.command import COMMANDS, EVENTS, Happened
from domain.matching import Standing
from domain.reads import What
from domain.stream import evolve
from ledger import schema
from ledger.events import Recorded, stream_of
from ledger.personal import Erased, Sealer, unseal_json
from ledger.rules import current
from ops.example.directory import directory_events as whole_directory
from ops.example.directory import people_accounts
from ops.example.story import directory
from readmodels.case_list import rows_for
from readmodels.deadlines import DeadlineQuery
from readmodels.history import EventQuery, Found
from readmodels.paging import Page
from readmodels.search import CaseQuery
from tests.described import Described
from tests.unit import world
from tests.unit.test_example import DAYS, Played, archived, on_desk

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
OPEN = {"new_token", "begin_oidc", "finish_oidc", "calendar_feed", "read_status", "healthz", "readyz"}


def made() -> FastAPI:
    return application.create_app(cast("Services", None))


@pytest.fixture(scope="module")
def described() -> Described:
    return Described(made().openapi())


def played() -> tuple[Played, ...]:
    """Cases of every kind: those of the worked example's archive and those on its desk."""
    return (*archived(), *on_desk(DAYS[0]))


def recorded(happened: Happened) -> Recorded:
    return Recorded(1000 + happened.at.version, NOW, "correlation", None, bytes(32), bytes(32), *happened)


class OpenDesk(Desk):
    """A desk whose values lie open already."""

    async def reveal(self, case_id: str, data: Any, kind: str = "case", *, what: What = "case") -> Any:
        del case_id, kind, what
        return data

    async def reveal_each(self, items: Sequence[tuple[str, Any]], kind: str = "case", *, what: What = "list") -> list[Any]:
        del kind, what
        return [data for _, data in items]

    @asynccontextmanager
    async def in_own_name(self) -> AsyncIterator[Any]:
        yield None


def desk(username: str) -> Desk:
    account = next(a for a in people_accounts() if a.username == username)
    person = directory().person_of[account.person]
    principal = Principal(username, person.code, person.roles_on(NOW.date()), person.lawyer, person.unit)
    services = cast("Services", Answers(current()).desk.services)
    return OpenDesk(services, cast("Any", None), principal, directory(), NOW, "en")


SUPERVISOR, RECEPTIONIST, FINANCE = "gao.yuan", "lin.xiaomei", "fang.hui"
READERS = (SUPERVISOR, RECEPTIONIST, FINANCE)
"""Who sees all, who not the assessment, who but what the subsidy needs."""


class TestRequests:
    def test_every_command_has_an_example(self) -> None:
        assert set(EXAMPLES) == {kind.name for kind in human_commands()} - {"attach_document"}

    @pytest.mark.parametrize("command", sorted(EXAMPLES))
    def test_each_example_is_a_body_its_command_takes(self, command: str, described: Described) -> None:
        typed(COMMANDS[command], EXAMPLES[command])
        assert not described.component(COMMANDS[command].__name__, EXAMPLES[command])

    @pytest.mark.parametrize("command", sorted(EXAMPLES))
    def test_each_path_shows_its_commands_body_and_example(self, command: str, described: Described) -> None:
        operation = described.operation("open_case" if command == "submit_application" else command)
        content = operation["requestBody"]["content"]["application/json"]
        assert content["schema"] == {"$ref": f"#/components/schemas/{COMMANDS[command].__name__}"}
        assert content["example"] == EXAMPLES[command]

    def test_an_unknown_field_is_none_of_a_body(self, described: Described) -> None:
        told = described.document["components"]["schemas"]["AddNote"]
        assert told["additionalProperties"] is False
        assert "subject_id" not in described.document["components"]["schemas"]["ApplicantInput"]["properties"]
        assert not any("Sealed" in name for name in described.schemas)

    def test_the_examples_name_offices_people_and_tariffs_of_the_worked_example(self) -> None:
        known = directory()
        codes = {*known.office_of, *known.person_of, *known.unit_of, *known.lawyer_of}
        named = {text for text in _texts(EXAMPLES) if re.fullmatch(r"(C|B|U|L|P|W|V|D[LS])-[A-Z-]+", text)}
        assert named
        assert named <= codes
        assert EXAMPLES["approve_subsidy"]["tariff"] in known.tariffs

    def test_a_token_is_asked_for_by_an_account_of_the_worked_example(self, described: Described) -> None:
        Credentials.model_validate(TOKEN_REQUEST)
        assert TOKEN_REQUEST["username"] in {account.username for account in people_accounts()}
        assert described.operation("new_token")["requestBody"]["content"]["application/json"]["example"] == TOKEN_REQUEST

    def test_the_people_of_the_example_answers_are_the_worked_examples(self) -> None:
        whole = whole_directory()
        assert [event for event in directory_events() if event not in whole] == []

    def test_a_document_is_sent_as_a_form_with_what_every_command_takes(self, described: Described) -> None:
        operation = described.operation("attach_document")
        form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert set(form["properties"]) == {"file", "title", "effective_on", "on_behalf_of", "note"}
        assert form["required"] == ["file"]
        assert {p["name"] for p in operation["parameters"]} >= {"Idempotency-Key", "If-Match", "case_id"}


SILENT = {"end_token", "end_my_session", "end_other_sessions", "change_password", "prove_second_factor", "remove_filter"}
"""What answers 204."""
OPENING = tuple(f"{PREFIX}/{path}" for path in ("cases", "bundles", "organ-notices", "consultations", "duty-requests"))
"""Where no case is yet whose version could be named, nor an inquiry."""
QUESTIONS = {
    "read_status",
    "take_next",
    "let_go",
    "plan_rota",
    "preview_import",
    "preview_replan",
    "preview_reassignment",
    "new_token",
    "begin_oidc",
    "finish_oidc",
    "change_password",
    "begin_second_factor",
    "confirm_second_factor",
    "prove_second_factor",
    "issue_token",
    "end_my_session",
    "end_other_sessions",
    "calendar_due",
    "hardship",
    "limitation",
    "competent_centres",
    "rehearsal",
    "preview_paper",
    "print_papers",
    "read_message",
    "person_duplicates",
    "person_identity",
}
"""What is posted and changes nothing, or no more the second time."""


class TestOperations:
    def test_ids_are_the_routes_names_and_the_commands(self, described: Described) -> None:
        ids = [operation["operationId"] for _, _, operation in described.operations()]
        assert len(ids) == len(set(ids))
        files = {"document_content", "preview_paper", "issued_paper", "print_papers", "import_template", "calendar_feed", "look_on"}
        files |= {"read_checkpoint", "export_xes", "export_ocel2", "export_csv", "court_bundle"}
        one_of_many = {"issue_command", "consultation_command", "duty_command", "submit_application"}
        assert set(ids) == {*SUCCESSES, *EXAMPLES, *SILENT, *files} - one_of_many

    def test_each_says_what_it_is_in_an_order(self, described: Described) -> None:
        order = [tag["name"] for tag in described.document["tags"]]
        assert all(operation["summary"] and len(operation["tags"]) == 1 for _, _, operation in described.operations())
        first = [next(iter(item.values()))["tags"][0] for item in described.document["paths"].values()]
        assert first == sorted(first, key=order.index)
        assert set(first) == set(order)

    def test_all_but_the_open_ones_ask_for_a_token(self, described: Described) -> None:
        for _, _, operation in described.operations():
            assert operation["security"] == ([] if operation["operationId"] in OPEN else [{"HTTPBearer": []}])

    def test_every_change_of_a_case_demands_its_key_and_may_name_a_version(self, described: Described) -> None:
        for path, method, operation in described.operations():
            headers = {p["name"]: p["required"] for p in operation.get("parameters", ()) if p["in"] == "header"}
            changes = operation["tags"] == ["commands"]
            deed = method == "post" and operation["operationId"] not in QUESTIONS
            assert headers.get("Idempotency-Key") is (True if changes or deed else None), path
            assert ("If-Match" in headers) is (changes and method == "post" and path not in OPENING)

    def test_no_parameter_may_be_null(self, described: Described) -> None:
        parameters = [p for _, _, operation in described.operations() for p in operation.get("parameters", ())]
        assert not [p["name"] for p in parameters if "null" in str(p["schema"]) or "title" in p["schema"]]

    def test_each_success_has_a_shape_and_an_example_of_it(self, described: Described) -> None:
        for path, _, operation in described.operations():
            status, success = next((s, r) for s, r in operation["responses"].items() if s.startswith("2"))
            assert success["description"] != "Successful Response", path
            for media, content in success.get("content", {}).items():
                assert media in ("*/*", "application/octet-stream") or not described.faults(content["schema"], content["example"]), path
            assert status == "204" or success["content"], path

    def test_the_example_events_are_as_the_ledger_would_hold_them(self, described: Described) -> None:
        events = Answers(current()).events()
        assert [fault for event in events for fault in described.event(event)] == []
        assert [event["version"] for event in events] == list(range(1, len(events) + 1))

    def test_names_stay_apart_in_a_language_that_joins_words(self, described: Described) -> None:
        joined = [name.replace("_", "").replace(".", "").lower() for name in described.schemas]
        assert len(joined) == len(set(joined))

    def test_every_reference_leads_somewhere(self, described: Described) -> None:
        for ref in _refs(described.document):
            assert ref.removeprefix("#/components/schemas/") in described.schemas

    def test_nothing_of_it_is_made_before_it_is_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[FastAPI] = []

        def describe(app: FastAPI) -> dict[str, Any]:
            asked.append(app)
            return {"openapi": "3.1.0"}

        monkeypatch.setattr(application, "describe", describe)
        app = made()
        assert asked == []
        assert app.openapi() is app.openapi()
        assert asked == [app]


class TestErrors:
    def test_each_is_a_problem_with_a_sentence_of_its_own_in_both_languages(self, described: Described) -> None:
        for path, status, code, problem in _problems(described):
            assert (problem["status"], problem["code"]) == (status, code), path
            assert not described.component("Problem", problem)
            assert all(texts.has(lang, f"problems.{code}") and texts.has(lang, f"problems.{code}.title") for lang in ("zh-CN", "en")), code

    def test_a_command_tells_of_all_that_may_go_wrong(self, described: Described) -> None:
        told = {int(status) for status in described.operation("grant_aid")["responses"]}
        assert told == {200, 400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503}

    def test_an_operation_tells_of_nothing_that_cannot(self, described: Described) -> None:
        assert set(described.operation("me")["responses"]) == {"200", "400", "401", "403", "500", "503"}
        assert set(described.operation("document_content")["responses"]) >= {"404", "410"}
        assert "412" not in described.operation("open_case")["responses"]

    def test_every_problem_the_api_itself_raises_is_told_of(self, described: Described) -> None:
        told = {(status, code) for _, status, code, _ in _problems(described)}
        # A path a command: there is none for an unknown one. What is wrong with a correction's value is told like any other value.
        beside = {(404, "unknown_command"), (404, "not_found"), (422, "correction_invalid")}
        assert {raised for raised in _raised() if raised not in told} <= beside


class TestCases:
    def test_the_fields_that_may_be_withheld_are_those_of_the_roles(self) -> None:
        hidden = access._WITHHELD
        assert frozenset(name for names in hidden.values() for name in names) == case_shapes.WITHHELD_OF_A_CASE
        assert case_shapes.WITHHELD_OF_A_CASE | set(list_reading._COMES_FROM) == shapes.WITHHELD_OF_A_ROW

    def test_a_case_is_as_described_in_every_state_it_came_to(self, described: Described) -> None:
        seen: set[str] = set()
        for each in played():
            for case in _states(each):
                if case.state in seen and case.version != each.case.version:
                    continue
                assert case.state is not None
                seen.add(case.state)
                assert not described.answer("read_case", views.case_view(case, NOW)), each.scenario.name
        assert len(seen) >= 18

    @pytest.mark.parametrize(
        "story",
        [
            (*world.AIDED, *world.ENGAGED),
            world.BY_DELEGATION,
            world.DEFERRED,
            (world.submit(proxy={"party": {"name": "王母"}, "relation": "parent"}, opponents=({"name": "某公司"},)),),
            (world.submit(form="oral", oral={"taken_by": "P-LIN-XIAOMEI", "read_aloud": True, "proof": "fingerprint"}),),
        ],
    )
    def test_what_few_cases_have_is_described_too(self, story: tuple[Any, ...], described: Described) -> None:
        case = world.given(*story)
        assert not described.answer("read_case", views.case_view(case.state, world.noon(case.on)))

    def test_a_case_without_what_is_withheld_names_it(self, described: Described) -> None:
        view = views.case_view(world.given(*world.AIDED).state)
        for fields in access._WITHHELD.values():
            assert not described.answer("read_case", views.withhold(view, fields) | {"as_of_basis": "version"})

    def test_an_erased_person_is_described(self, described: Described) -> None:
        case = world.given(*world.ACCEPTED).state
        subject = str(case.applicant.subject_id)
        sealer = Sealer({subject: bytes(32)}, stream_of(case.case_id), case.applicant.subject_id)
        view = views.case_view(sealer.seal(case))
        shown = unseal_json(view, {subject: Erased(NOW)}, stream_of(case.case_id))
        assert shown["applicant"]["name"]["erased"] is True
        assert not described.answer("read_case", shown)

    def test_every_field_of_the_case_is_described(self, described: Described) -> None:
        view = views.case_view(world.given(*world.AIDED).state)
        assert set(described.schemas["Case"]["properties"]) == {*view, "as_of_basis", "glass_until", "service_circle", "withheld"}

    def test_every_type_of_event_is_described_and_those_that_happen_are_so(self, described: Described) -> None:
        seen: set[str] = set()
        for each in played():
            for happened in each.history:
                event = views.event_view(each.case.case_id, recorded(happened), directory())
                seen.add(event["type"])
                assert not described.component("Event", event)
                assert not described.event(event), event["type"]
        assert {kind.__name__ for kind in EVENTS.values()} <= set(described.schemas)
        assert len(seen) >= 45

    def test_a_withheld_event_is_described(self, described: Described) -> None:
        event = views.event_view(world.CASE_ID, recorded(world.given(*world.AIDED).history[0]), directory())
        assert not described.component("Event", views.withhold(event, ("data",)))

    def test_the_answer_to_a_command_is_described(self, described: Described) -> None:
        for each in played():
            answer = views.case_answer(each.case, [recorded(h) for h in each.history[-3:]], directory())
            assert not described.answer("grant_aid", answer)
            assert not described.answer("open_case", answer)


@pytest.mark.parametrize("reader", READERS)
class TestReadingACase:
    """The functions behind the routes, at the desk of somebody who sees all and of those who do not."""

    @pytest.fixture(autouse=True)
    def one_case(self, monkeypatch: pytest.MonkeyPatch) -> None:
        each = next(p for p in played() if p.case.centre == "C-CITY" and p.case.state == "archived" and p.case.assignment)
        rows = [recorded(h) for h in each.history]

        async def current_case(conn: Any, case_id: str) -> CaseState:
            return each.case

        async def history_as_of(conn: Any, case_id: str, *, version: int | None = None, **of: Any) -> list[Recorded]:
            return rows[:version]

        async def of_case(conn: Any, case_id: str, after: int, limit: int, type_: str | None) -> list[Recorded]:
            return rows[after : after + limit + 1]

        monkeypatch.setattr("readmodels.cases.current", current_case)
        monkeypatch.setattr("readmodels.cases.history_as_of", history_as_of)
        monkeypatch.setattr("readmodels.history.of_case", of_case)
        monkeypatch.setattr(case_reading, "recorded", lambda row: row)

    async def test_the_case_and_how_it_stood(self, reader: str, described: Described) -> None:
        now = await case_reading.case(desk(reader), world.CASE_ID)
        then = await case_reading.case(desk(reader), world.CASE_ID, version=3)
        assert then["as_of_basis"] == "version"
        assert not described.answer("read_case", now) + described.answer("read_case", then)

    async def test_its_history_changes_limits_and_what_may_be_done(self, reader: str, described: Described) -> None:
        at = desk(reader)
        assert not described.answer("case_events", await case_reading.events(at, world.CASE_ID, limit=200))
        assert not described.answer("case_diff", await case_reading.diff(at, world.CASE_ID, 1, 9))
        assert not described.answer("case_clocks", await case_reading.clocks(at, world.CASE_ID))
        assert not described.answer("allowed_commands", await case_reading.allowed(at, world.CASE_ID))


@pytest.mark.parametrize("reader", READERS)
class TestLists:
    @pytest.fixture(autouse=True)
    def rows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        listed = [rows_for(each.case) for each in played()]
        fields = ("id", "limit", "state", "live", "started_on", "due_on", "due_at", "ended_on", "confirmed")
        times = [
            rows_for(each.case) | {f"clock_{name}": getattr(clock, name) for name in fields}
            for each in played()
            for clock in each.case.clocks
        ]

        async def found(*args: Any, **filters: Any) -> Page:
            return Page(listed, "next")

        async def mine(*args: Any, **filters: Any) -> Page:
            return Page([row | {"mine": False, "claimed_by": None} for row in listed], None)

        async def limits(*args: Any, **filters: Any) -> Page:
            return Page(times, None)

        monkeypatch.setattr("readmodels.search.find", found)
        monkeypatch.setattr("readmodels.queue.mine", mine)
        monkeypatch.setattr("readmodels.deadlines.find", limits)

    async def test_cases_queues_and_deadlines(self, reader: str, described: Described) -> None:
        at = desk(reader)
        assert not described.answer("find_cases", await list_reading.cases(at, CaseQuery()))
        assert not described.answer("my_queue", await list_reading.my_queue(at, None, 50))
        assert not described.answer("deadlines", await list_reading.deadlines(at, DeadlineQuery()))


class TestListsOfOneKind:
    def test_a_row_has_the_lists_columns(self) -> None:
        shown = {c.name: c.nullable for c in schema.case_list.c if c.name not in list_reading.HIDDEN}
        fields = {name: field for name, field in shapes.ListRow.model_fields.items() if name != "withheld"}
        assert {name: type(None) in getattr(field.annotation, "__args__", ()) for name, field in fields.items()} == shown

    async def test_histories_across_cases(self, described: Described, monkeypatch: pytest.MonkeyPatch) -> None:
        each = archived()[0]
        case = {f"case_{name}": value for name, value in rows_for(each.case).items() if name != "case_id"}
        rows = [case | {"case_id": each.case.case_id, "happened": recorded(h)} for h in each.history]

        async def find(*args: Any) -> Found:
            return Found([1], None)

        async def at_positions(*args: Any) -> Any:
            return rows

        monkeypatch.setattr("readmodels.history.find", find)
        monkeypatch.setattr("readmodels.history.at_positions", at_positions)
        monkeypatch.setattr(case_reading, "recorded", lambda row: row["happened"])
        assert not described.answer("all_events", await list_reading.events(desk(SUPERVISOR), EventQuery()))

    async def test_messages(self, described: Described, monkeypatch: pytest.MonkeyPatch) -> None:
        message = {
            "id": f"{world.CASE_ID}/supply_papers/3/3/1/P-LIN-XIAOMEI", "case_id": world.CASE_ID, "register_number": None,
            "case_number": None, "kind": "deadline_warned", "settled": True, "created_at": NOW,
            "data": {"clock": "supply_papers/3", "limit": "supply_papers", "due_on": "2026-11-30"},
        }  # fmt: skip

        async def of_person(*args: Any, **filters: Any) -> Page:
            return Page([message | {"read_at": None}, message | {"read_at": NOW}], None)

        async def mark_read(*args: Any) -> bool:
            return True

        monkeypatch.setattr("readmodels.inbox.of_person", of_person)
        monkeypatch.setattr("readmodels.inbox.mark_read", mark_read)
        at = desk(RECEPTIONIST)
        assert not described.answer("inbox", await list_reading.inbox(at, unread=False, cursor=None, limit=50))
        assert not described.answer("read_message", await list_reading.mark_read(at, message["id"]))

    async def test_documents(self, described: Described, monkeypatch: pytest.MonkeyPatch) -> None:
        case = Answers(current()).case

        async def current_case(conn: Any, case_id: str) -> CaseState:
            return case

        monkeypatch.setattr("readmodels.cases.current", current_case)
        listed = await documents.listed(desk(SUPERVISOR), case.case_id)
        assert len(listed["items"]) == 1
        assert not described.answer("case_documents", listed)


class TestReference:
    async def test_people_offices_lawyers_and_tariffs(self, described: Described, monkeypatch: pytest.MonkeyPatch) -> None:
        async def counted(*args: Any) -> int:
            return 2

        async def standings(*args: Any) -> Mapping[str, Standing]:
            return {"L-MA-ZHIQIANG": Standing(load=3)}

        monkeypatch.setattr(reference, "unread_count", counted)
        monkeypatch.setattr("readmodels.handlings.standings", standings)
        at = desk(SUPERVISOR)
        nobody = replace(at, principal=Principal("gone", "P-NOBODY", ()))
        for who in (at, nobody, desk("wang.min")):
            assert not described.answer("me", await reference.me(who))
        assert not described.answer("offices", reference.offices(at).part(None, 200))
        assert not described.answer("people", reference.people(at).part(None, 200))
        assert not described.answer("tariffs", reference.tariffs(at).part(None, 200))
        assert not described.answer(
            "lawyers", (await reference.lawyers(at, specialty=None, office=None, available_on=None)).part(None, 200)
        )

    @pytest.mark.parametrize("start", [date(2026, 9, 28), datetime(2026, 9, 28, 10, tzinfo=views.ZONE)])
    @pytest.mark.parametrize("limit", [name for name, rows in current().limits.rows.items() if isinstance(rows[0].n, int)])
    def test_dates_worked_out(self, described: Described, limit: str, start: date) -> None:
        assert not described.answer("calendar_due", limits.due(desk(SUPERVISOR), limit=limit, start=start, kind=None))

    def test_hardship_worked_out(self, described: Described) -> None:
        assert not described.answer("hardship", eligibility.hardship(desk(SUPERVISOR), dict(EXAMPLES["assess_hardship"])))

    def test_limitations_venues_grounds_and_standards(self, described: Described) -> None:
        seen = desk(SUPERVISOR)
        for row in eligibility.limitations(seen)["items"]:
            answer = eligibility.limitation(seen, {"limitation": row["limitation"], "start": "2026-11-01", "since": "2026-10-01"})
            assert not described.answer("limitation", answer)
        assert not described.answer("limitations", eligibility.limitations(seen))
        waiting = eligibility.limitation(seen, {"limitation": "labour_pay", "still_running": True})
        assert not described.answer("limitation", waiting)
        for centre in ("C-ADX", "C-YTX"):
            asked = {"forum": "mediation", "organ_county": "YTX", "event_county": "别处县", "centre": centre}
            assert not described.answer("competent_centres", eligibility.competent(seen, asked))
        assert not described.answer("grounds", eligibility.grounds(seen))
        assert not described.answer("read_standards", standards.in_force(seen, None))


def _states(each: Played) -> Iterator[CaseState]:
    """The case after each of its events."""
    return islice(accumulate(each.history, evolve, initial=blank(each.case.case_id)), 1, None)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in cast("Mapping[str, Any]", node).values():
            yield from _texts(value)
    elif isinstance(node, list):
        for item in cast("list[Any]", node):
            yield from _texts(item)


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        held = cast("dict[str, Any]", node)
        if isinstance(held.get("$ref"), str) and held["$ref"].startswith("#/components/"):
            yield held["$ref"]
        for name, value in held.items():
            if name not in ("example", "examples"):
                yield from _refs(value)
    elif isinstance(node, list):
        for item in cast("list[Any]", node):
            yield from _refs(item)


def _problems(described: Described) -> Iterator[tuple[str, int, str, dict[str, Any]]]:
    """Path, status, code and example of every error of the document."""
    for path, _, operation in described.operations():
        for status, response in operation["responses"].items():
            content = response.get("content", {}).get("application/problem+json")
            if content is None:
                continue
            told = content.get("examples") or {content["example"]["code"]: {"value": content["example"]}}
            for code, example in told.items():
                yield path, int(status), code, example["value"]


def _raised() -> set[tuple[int, str]]:
    """Status and code of every problem that the API's own code makes, by its source; `api.faults` only tells of them."""
    found: set[tuple[int, str]] = set()
    root = Path(next(iter(package.__path__)))
    for source in root.rglob("*.py"):
        if source.name == f"{faults.__name__.rsplit('.', 1)[-1]}.py":
            continue
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            said = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if node.func.id in ("Problem", "retry") and len(said) >= 2:
                found.add((cast("int", said[0]), cast("str", said[1])))
            elif node.func.id == "not_found" and said:
                found.add((404, cast("str", said[0])))
    assert len(found) >= 15
    return found
