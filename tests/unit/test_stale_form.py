"""A form over which a colleague was faster: what they did, what the case tells otherwise now in words, keep mine or take theirs."""

# ruff: noqa: F811 -- the fixtures of the pages' tests

import html
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from domain.command import COMMANDS
from tests.unit.pages_backend import InMemory
from tests.unit.test_case_page import accepted
from tests.unit.test_pages import CHIEF, CLERK, backend, browser, enter, filled, opened  # noqa: F401
from web.fields import Field, fields_of
from web.stale import differing, taken

NOTE = "她下周一再来"
FORM = "supply_owed_papers"


async def stale(browser: httpx.AsyncClient, backend: InMemory) -> tuple[str, dict[str, str], httpx.Response]:
    """A form on papers owed, opened before a colleague took one of them in, and what is said when it is sent."""
    case_id = await opened(backend)
    await accepted(backend, case_id)
    await enter(browser, CLERK)
    typed = {"/papers/0/kind": "id_copy", "/papers/1/kind": "work_evidence", "/note": NOTE}
    sent = await filled(browser, f"/cases/{case_id}/commands/{FORM}", **typed)
    await backend.command(CHIEF, case_id, "add_note", {"text": "同事在看"}, key="note", if_match=None, lang="en")
    await backend.command(CLERK, case_id, FORM, {"papers": [{"kind": "id_copy"}]}, key="faster", if_match=None, lang="en")
    return case_id, sent, await browser.post(f"/cases/{case_id}/commands/{FORM}", data=sent)


async def test_it_says_what_changed_and_names_the_field_in_words(browser: httpx.AsyncClient, backend: InMemory) -> None:
    _, _, answer = await stale(browser, backend)
    page = html.unescape(answer.text)
    assert answer.status_code == 412
    assert "同事在看" in page
    assert "Papers owed came in: copy of identity card." in page
    differs = page[page.index('class="theirs"') : page.index("</dl>")]
    assert "<dt>Papers</dt>" in differs
    assert "<bdi>evidence of work</bdi>" in differs
    assert "<bdi>copy of identity card; evidence of work</bdi>" in differs
    assert 'aria-label="Take theirs: Papers"' in differs
    assert NOTE in page
    assert "data-shown" in page
    assert page.index('class="first-button" form="sheet"') < page.index('name="take"')  # what Enter presses


async def test_taking_theirs_changes_that_field_alone(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id, sent, answer = await stale(browser, backend)
    again = {**sent, "take": "papers", "since": _value(answer, "since"), "version": _value(answer, "version")}
    page = await browser.post(f"/cases/{case_id}/commands/{FORM}", data=again)
    assert page.status_code == 200
    assert NOTE in page.text
    assert 'class="theirs"' not in page.text
    assert "同事在看" in page.text  # what changed is still said
    assert '<option value="work_evidence" selected>' in page.text
    assert '<option value="id_copy" selected>' not in page.text


async def test_keeping_mine_sends_what_was_typed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id, sent, answer = await stale(browser, backend)
    kept = {**sent, "key": _value(answer, "key"), "version": _value(answer, "version")}
    done = await browser.post(f"/cases/{case_id}/commands/{FORM}", data=kept)
    assert done.status_code == 303
    assert [h.event.type for h in backend.histories[case_id]].count("owed_papers_supplied") == 2


async def test_where_the_step_cannot_be_done_any_more_it_says_so(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CHIEF)
    sent = await filled(
        browser, f"/cases/{case_id}/commands/accept_first", **{"/ground": "migrant_worker", "/papers_owed/0/kind": "id_copy"}
    )
    await accepted(backend, case_id)
    page = html.unescape((await browser.post(f"/cases/{case_id}/commands/accept_first", data=sent)).text)
    assert "this can no longer be done: Accept first" in page


async def test_what_was_chosen_and_is_not_offered_any_more_stays_chosen(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await accepted(backend, case_id)
    await enter(browser, CLERK)
    typed = {"/centre": "", "/on_behalf_of": "P-LEFT-LONG-AGO", "/text": ""}
    page = await browser.post(
        f"/cases/{case_id}/commands/add_note", data=await filled(browser, f"/cases/{case_id}/commands/add_note", **typed)
    )
    assert '<option value="P-LEFT-LONG-AGO" selected>P-LEFT-LONG-AGO (no longer offered)</option>' in page.text


def _value(page: httpx.Response, name: str) -> str:
    return page.text.split(f'name="{name}" value="')[1].split('"')[0]


class Spoken:
    """As much of a visit as saying a value takes."""

    lang = "en"
    names: dict[str, str] = {"P-1": "马志强"}  # noqa: RUF012 -- never changed

    def t(self, key: str, **values: Any) -> str:
        del values
        return {"words.comma": ", ", "stale.semicolon": "; ", "pages.yes": "Yes", "pages.no": "No", "pages.optional_none": "(none)"}[key]

    def word(self, name: str, code: str, command: str) -> str:
        del name, command
        return f"<{code}>"


def named(source: str) -> Sequence[tuple[str, str]]:
    return {"papers": [("id_copy", "copy of identity card")]}.get(source, [])


@pytest.mark.parametrize(
    ("command", "field", "before", "now", "mine", "said"),
    [
        ("record_meeting", "held_on", "2026-03-01", "2026-03-12", "2026-03-01", ("12 Mar 2026", "1 Mar 2026")),
        ("record_meeting", "held_on", "2026-03-01", "2026-03-12", "next week", ("12 Mar 2026", "next week")),
        ("record_meeting", "summary", "long", "longer", "mine", ("longer", "mine")),
        ("approve_subsidy", "amount_fen", 100, 123456, "1.00", ("1,234.56", "1.00")),
        ("sign_engagement", "signed_by", "recipient", "guardian", "recipient", ("<guardian>", "<recipient>")),
        ("grant_aid", "forms", ["litigation"], ["arbitration"], ["litigation"], ("<arbitration>", "<litigation>")),
        ("supply_owed_papers", "papers", [{"kind": "id_copy"}], [], [{"kind": "id_copy"}], ("(none)", "copy of identity card")),
        ("schedule_hearing", "at", None, "2026-03-12T09:30:00+08:00", None, ("12 Mar 2026 09:30", "(none)")),
        ("record_consent", "consents", False, True, "false", ("Yes", "No")),
        ("transfer_caseworker", "to", "P-2", "P-1", "P-2", ("马志强", "P-2")),
    ],
)
def test_every_kind_of_field_is_said_in_words(  # noqa: PLR0917 -- a table's columns
    command: str, field: str, before: Any, now: Any, mine: Any, said: tuple[str, str]
) -> None:
    fields = fields_of(COMMANDS[command])
    visit: Any = Spoken()
    (found,) = differing(visit, fields, named, ({field: before}, {field: now}), {} if mine is None else {field: mine})
    assert (found.theirs, found.mine) == said
    assert taken(fields, {field: now}, {field: mine, "note": "kept"}, field)["note"] == "kept"


def test_what_both_typed_alike_is_no_difference() -> None:
    fields: Sequence[Field] = fields_of(COMMANDS["supply_owed_papers"])
    visit: Any = Spoken()
    typed = {"papers": [{"kind": "work_evidence", "title": "", "copies": ""}]}
    bodies = {"papers": [{"kind": "id_copy"}]}, {"papers": [{"kind": "work_evidence"}]}
    assert differing(visit, fields, named, bodies, typed) == []
