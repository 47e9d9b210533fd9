"""A person restricted, erased by two people, kept from coming back; over HTTP and by pages, on the real ledger."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.app import create_app
from domain.values import Applicant
from ledger import chain, marks, rules, streams
from ledger.store import WORKER
from readmodels import people
from tests.house import House
from tests.integration.erasing import Erasing, erasing
from tests.integration.test_api_reads import PASSWORD, elsewhere
from tests.integration.test_persons import surname
from workers.serve import services
from workers.shredlist import apply_shred_list


@pytest.fixture(scope="module")
async def at(house: House, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Erasing]:
    async with erasing(house, tmp_path_factory.mktemp("erasing")) as made:
        yield made


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


_FOUND_BY = ("SELECT 1 FROM search_tokens WHERE subject_id = %s", "SELECT 1 FROM people WHERE subject_id = %s")


class TestTwoPeople:
    async def test_asked_by_one_and_agreed_to_by_another_the_person_is_erased(self, at: Erasing) -> None:
        case_id, subject = await at.ended(applicant={"name": surname() + "删", "phone": "13700000001"})
        number = await at.asked(subject)
        assert (await at.api.get("supervisor", f"/persons/{subject}"))["request"]["state"] == "open"
        waits = (await at.api.get("supervisor", "/erasure-requests"))["items"]
        assert (subject, number) in {(each["subject_id"], each["request"]) for each in waits}
        answer = await at.post("supervisor", subject, "erasure-approvals", request=number)
        assert (answer.status_code, answer.json()["state"]) == (200, "approved")
        assert (await at.key_of(subject))["wrapped"] is not None, "nothing is destroyed by the deed itself"
        await at.shredder.carry_out()
        held = await at.key_of(subject)
        assert (held["wrapped"], held["state"]) == (None, "shredded")
        assert at.listed.read()[subject] == held["shredded_at"]
        assert await at.told(subject) == ["shred_requested", "shred_approved", "person_shredded"]
        case = await at.api.get("caseworker", f"/cases/{case_id}")
        assert case["applicant"]["name"] == {"erased": True, "at": held["shredded_at"].isoformat()}
        told = await at.api.get("approver", f"/persons/{subject}")
        assert (told["state"], told["may"], told["request"]["state"]) == ("shredded", [], "done")

    async def test_the_same_person_does_not_do_both(self, at: Erasing) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "同"})
        answer = await at.post("supervisor", subject, "erasure-requests", ground="person_asked", reason="来信要求")
        assert answer.status_code == 200
        assert code(await at.post("supervisor", subject, "erasure-approvals", request=answer.json()["request"])) == (
            403,
            "two_persons_required",
        )
        assert await at.told(subject) == ["shred_requested"]

    @pytest.mark.parametrize(
        "role", ["caseworker", "receptionist", "finance_officer", "auditor", "security_administrator", "bureau_officer"]
    )
    async def test_others_neither_ask_nor_decide(self, at: Erasing, role: Any) -> None:
        office = {"auditor": "B-CITY", "security_administrator": "C-CITY"}.get(role)
        _, subject = await at.ended(applicant={"name": surname() + "权"})
        number = await at.asked(subject)
        tried: tuple[tuple[str, dict[str, Any]], ...] = (
            ("erasure-requests", {"ground": "person_asked", "reason": "x"}), ("erasure-approvals", {"request": number}),
            ("erasure-refusals", {"request": number, "ground": "need_continues", "reason": "x"}),
            ("restrictions", {"ground": "person_asked", "reason": "x"}),
        )  # fmt: skip
        for what, body in tried:
            assert code(await at.post(role, subject, what, office, **body)) == (403, "forbidden")
        assert code(await at.post("approver", subject, "erasure-approvals", request=number)) == (403, "forbidden")

    async def test_who_does_not_see_all_of_the_files_does_not_decide(self, at: Erasing) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "跨"})
        away = elsewhere(at.house)
        there = await at.house.do(
            at.house.who("receptionist", away), "submit_application", centre=away, channel="walk_in",
            applicant={"name": surname() + "跨"}, matter={"kind": "civil", "cause": "wages", "summary": "x"},
        )  # fmt: skip
        other = there.body["case_id"]
        await at.house.do(at.house.who("receptionist", away), "withdraw_application", other, reason="x")
        twin = await at.subject(other)
        async with at.house.database.transaction(WORKER) as conn:  # a link across centres, as a supervisor of the city would record it
            await conn.execute("UPDATE people SET kept = %s WHERE subject_id = %s", (subject, twin))
        number = await at.asked(subject)
        refused = await at.post("supervisor", subject, "erasure-approvals", request=number)
        assert (*code(refused), refused.json()["elsewhere"]) == (403, "not_all_files_seen", 1)
        assert str(other) not in refused.text

    async def test_nobody_outside_the_persons_files_learns_of_them(self, at: Erasing) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "外"})
        away = elsewhere(at.house)
        assert code(await at.api.ask("approver", "GET", f"/persons/{subject}", away)) == (404, "person_not_found")
        body = {"ground": "person_asked", "reason": "x"}
        assert code(await at.post("approver", subject, "erasure-requests", away, **body)) == (404, "person_not_found")

    async def test_a_deed_is_done_once_a_key(self, at: Erasing) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "键"})
        key, body = f"once-{uuid4()}", {"ground": "person_asked", "reason": "来信"}
        first = await at.post("approver", subject, "erasure-requests", key=key, **body)
        again = await at.post("approver", subject, "erasure-requests", key=key, **body)
        assert (first.json(), again.headers["Idempotent-Replay"]) == (again.json(), "true")
        assert code(await at.post("approver", subject, "erasure-requests", key=key, **body | {"reason": "y"})) == (
            409,
            "idempotency_conflict",
        )
        assert code(await at.post("approver", subject, "erasure-requests", **body)) == (409, "shred_under_way")
        assert await at.told(subject) == ["shred_requested"]

    async def test_a_refusal_ends_the_request_and_it_may_be_asked_again(self, at: Erasing) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "拒"})
        number = await at.asked(subject)
        answer = await at.post("supervisor", subject, "erasure-refusals", request=number, ground="need_continues", reason="仍需")
        assert answer.json()["state"] == "refused"
        assert code(await at.post("supervisor", subject, "erasure-approvals", request=number)) == (409, "no_shred_requested")
        assert await at.asked(subject) > number


class TestWhatBars:
    async def test_under_a_hold_nobody_is_erased(self, at: Erasing) -> None:
        case_id, subject = await at.ended(applicant={"name": surname() + "保"})
        await at.house.do("supervisor", "place_hold", case_id, reason="审计调取")
        refused = await at.post("approver", subject, "erasure-requests", ground="retention_over", reason="x")
        assert (*code(refused), refused.json()["cases"]) == (409, "erasure_under_hold", [case_id])
        assert (await at.api.get("approver", f"/persons/{subject}"))["files"][0]["bars"] == ["under_hold"]

    async def test_a_hold_placed_after_the_decision_stops_it_before_the_key(self, at: Erasing) -> None:
        case_id, subject = await at.ended(applicant={"name": surname() + "急"})
        await at.approved(subject)
        await at.house.do("supervisor", "place_hold", case_id, reason="法院调取")
        assert (await at.shredder.carry_out()).refused == 1
        assert (await at.key_of(subject))["wrapped"] is not None
        assert subject not in at.listed.read()
        told = await at.api.get("approver", f"/persons/{subject}")
        assert (told["request"]["state"], told["request"]["refused_for"]) == ("refused", "under_hold")
        assert await at.told(subject) == ["shred_requested", "shred_approved", "shred_refused"]

    async def test_while_a_file_is_open_nobody_in_it_is_erased(self, at: Erasing) -> None:
        subject = await at.subject(await at.house.submit(applicant={"name": surname() + "办"}))
        assert code(await at.post("approver", subject, "erasure-requests", ground="person_asked", reason="x")) == (409, "erasure_case_open")

    async def test_within_its_period_nobody_is_erased_and_the_last_day_is_told(self, house: House, at: Erasing) -> None:
        case_id, subject = await at.ended(applicant={"name": surname() + "限"})
        real = replace(at.services, rules=rules.current)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(real)), base_url="http://t/api/v1") as client:
            who = house.who("approver")
            headers = {"Authorization": f"Bearer {await at.api.token(who.username, who.person)}", "Idempotency-Key": f"within-{uuid4()}"}
            body = {"ground": "person_asked", "reason": "x"}
            refused = await client.post(f"/persons/{subject}/erasure-requests", json=body, headers=headers)
            shown = (await client.get(f"/persons/{subject}", headers=headers)).json()["files"][0]
        assert code(refused) == (409, "erasure_retention_runs")
        assert refused.json()["until"] == shown["kept_until"]
        assert (shown["case_id"], shown["years"], shown["confirmed"], shown["bars"]) == (case_id, 10, False, ["retention_runs"])

    async def test_entries_linked_since_it_was_asked_are_not_erased_unseen(self, at: Erasing) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "并"})
        _, twin = await at.ended(applicant={"name": surname() + "并"})
        number = await at.asked(subject)
        headers = {"Idempotency-Key": f"link-{uuid4()}"}
        body = {"other": twin, "reason": "same_number"}
        link = await at.api.ask("caseworker", "POST", f"/persons/{subject}/links", json=body, headers=headers)
        assert code(link) == (409, "shred_under_way")
        async with at.house.database.transaction(WORKER) as conn:  # as if it had been linked past that
            await conn.execute("UPDATE people SET kept = %s WHERE subject_id = %s", (subject, twin))
        assert code(await at.post("supervisor", subject, "erasure-approvals", request=number)) == (409, "people_changed")


class TestAllEntries:
    async def test_linked_entries_are_erased_together_and_each_says_so(self, at: Erasing) -> None:
        first, kept = await at.ended(applicant={"name": surname() + "一"})
        second, other = await at.ended(applicant={"name": surname() + "二"})
        body, headers = {"other": other, "reason": "confirmed_in_person"}, {"Idempotency-Key": f"link-{uuid4()}"}
        assert (await at.api.ask("caseworker", "POST", f"/persons/{kept}/links", json=body, headers=headers)).status_code == 200
        assert (await at.api.get("approver", f"/persons/{other}"))["subject_id"] == kept, "either entry leads to the person"
        await at.erased(kept)
        for case_id, subject in ((first, kept), (second, other)):
            assert (await at.key_of(subject))["wrapped"] is None
            assert (await at.told(subject))[-1] == "person_shredded"
            assert (await at.api.get("caseworker", f"/cases/{case_id}"))["applicant"]["name"]["erased"] is True
            assert (await at.api.get("approver", f"/persons/{subject}"))["state"] == "shredded"
        again = await at.api.ask("caseworker", "POST", f"/persons/{kept}/links", json=body, headers={"Idempotency-Key": f"link-{uuid4()}"})
        assert code(again) == (409, "person_erased")

    async def test_nobody_finds_the_erased_and_the_others_stay(self, at: Erasing) -> None:
        name = surname()
        case_id, subject = await at.ended(
            applicant={"name": name + "失", "id_number": "11010519491231002X"}, opponents=[{"name": name + "存"}]
        )
        before = (await at.api.get("caseworker", "/persons", q=name))["items"]
        assert {each["name"] for each in before} == {name + "失", name + "存"}
        await at.erased(subject)
        after = (await at.api.get("caseworker", "/persons", q=name))["items"]
        assert {each["name"] for each in after} == {name + "存"}
        assert case_id in {each["case_id"] for each in (await at.api.get("caseworker", "/cases", q=name + "存"))["items"]}
        assert (await at.api.get("caseworker", "/cases", q=name + "失"))["items"] == []
        async with at.house.database.transaction(WORKER) as conn:
            for look in _FOUND_BY:
                assert await (await conn.execute(look, (subject,))).fetchone() is None

    async def test_what_would_need_the_key_is_refused_in_words_and_the_rest_goes_on(self, at: Erasing) -> None:
        case_id = await at.house.submit(applicant={"name": surname() + "止"})
        subject = await at.subject(case_id)
        paper = await at.house.do("caseworker", "issue_document", case_id, template="receipt")
        await at.house.do("receptionist", "withdraw_application", case_id, reason="不再申请")
        document = next(e["data"]["document_id"] for e in paper.body["events"] if e["type"] == "document_issued")
        assert (await at.api.ask("caseworker", "GET", f"/cases/{case_id}/papers/{document}")).status_code == 200
        await at.erased(subject)
        for command, body in (("add_note", {"text": "补记"}), ("issue_document", {"template": "receipt"}), ("place_hold", {"reason": "x"})):
            role: Any = {"place_hold": "supervisor"}.get(command, "caseworker")
            refused = await at.api.ask(
                role, "POST", f"/cases/{case_id}/commands/{command}", json=body, headers={"Idempotency-Key": f"gone-{uuid4()}"}
            )
            assert code(refused) == (409, "person_erased"), command
        assert code(await at.api.ask("caseworker", "GET", f"/cases/{case_id}/papers/{document}")) == (410, "document_erased")
        preview = await at.api.ask("caseworker", "GET", f"/cases/{case_id}/papers/preview", params={"template": "receipt"})
        assert code(preview) == (410, "document_erased")
        async with at.house.database.transaction(WORKER) as conn:
            kept = await (await conn.execute("SELECT content, digest FROM files WHERE case_id = %s", (case_id,))).fetchall()
        assert kept
        assert all(not row["content"] and row["digest"] for row in kept)

    async def test_every_chain_holds_afterwards(self, at: Erasing) -> None:
        case_id, subject = await at.ended(applicant={"name": surname() + "链"})
        async with at.house.database.transaction(WORKER) as conn:
            before = await (await conn.execute("SELECT digest, chain_hash FROM events WHERE stream = %s", (f"case/{case_id}",))).fetchall()
        await at.erased(subject)
        async with at.house.database.transaction(WORKER) as conn:
            for stream in (f"case/{case_id}", f"person/{subject}"):
                rows = await (await conn.execute("SELECT * FROM events WHERE stream = %s ORDER BY version", (stream,))).fetchall()
                previous = chain.GENESIS
                for row in rows:
                    assert chain.digest(bytes(row["body"])) == bytes(row["digest"])
                    assert (previous := chain.chain_hash(row, previous)) == bytes(row["chain_hash"])
            after = await (await conn.execute("SELECT digest, chain_hash FROM events WHERE stream = %s", (f"case/{case_id}",))).fetchall()
        assert before == after


async def bring_back(at: Erasing, subject: str, held: dict[str, Any]) -> None:
    """The key's row as an older back-up has it: written by the owner, who alone can take the trigger down."""
    async with at.house.owner.transaction(WORKER) as conn:
        await conn.execute("ALTER TABLE subject_keys DISABLE TRIGGER shredded_keys_stay")
        await conn.execute(
            "UPDATE subject_keys SET wrapped = %s, state = 'live', shredded_at = NULL WHERE subject_id = %s", (held["wrapped"], subject)
        )
        await conn.execute("ALTER TABLE subject_keys ENABLE TRIGGER shredded_keys_stay")


class TestNoWayBack:
    async def test_a_destroyed_key_cannot_be_put_back_nor_its_row_taken_away(self, at: Erasing) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "回"})
        held = await at.key_of(subject)
        await at.erased(subject)
        for statement in (
            "UPDATE subject_keys SET wrapped = %(wrapped)s, shredded_at = NULL WHERE subject_id = %(subject_id)s",
            "DELETE FROM subject_keys WHERE subject_id = %(subject_id)s",
        ):
            with pytest.raises(Exception, match=r"not put back|permission denied"):
                async with at.house.owner.transaction(WORKER) as conn:
                    await conn.execute(statement, held)

    async def test_an_old_back_up_is_erased_again_before_anything_is_served(self, at: Erasing) -> None:
        case_id, subject = await at.ended(applicant={"name": surname() + "旧"})
        held = await at.key_of(subject)
        async with at.house.database.transaction(WORKER) as conn:
            tokens = await (await conn.execute("SELECT token FROM search_tokens WHERE subject_id = %s", (subject,))).fetchall()
        await at.erased(subject)
        at_first = (await at.key_of(subject))["shredded_at"]
        await bring_back(at, subject, held)
        async with at.house.database.transaction(WORKER) as conn:
            await conn.execute("INSERT INTO search_tokens (token, subject_id) VALUES (%s, %s)", (tokens[0]["token"], subject))
        assert isinstance((await at.api.get("caseworker", f"/cases/{case_id}"))["applicant"]["name"], str), "the back-up had the key"
        settings = replace(at.house.settings, shred_list=at.listed.path)
        async with services(settings) as started:  # what the HTTP process does before it listens
            transport = httpx.ASGITransport(create_app(started))
            async with httpx.AsyncClient(transport=transport, base_url="http://t/api/v1") as client:
                who = at.house.who("caseworker")
                token = (await client.post("/tokens", json={"username": f"reads-{who.username}", "password": PASSWORD})).json()
                headers = {"Authorization": f"Bearer {token['access_token']}"}
                shown = (await client.get(f"/cases/{case_id}", headers=headers)).json()
        assert shown["applicant"]["name"] == {"erased": True, "at": at_first.isoformat()}
        async with at.house.database.transaction(WORKER) as conn:
            assert not await (await conn.execute("SELECT 1 FROM search_tokens WHERE subject_id = %s", (subject,))).fetchall()

    async def test_a_back_up_from_before_the_person_was_known_gets_a_row_without_a_key(self, at: Erasing) -> None:
        unknown = str(uuid4())
        at.listed.add([unknown], at.services.now())
        await apply_shred_list(at.house.database, at.listed.path)
        assert (await at.key_of(unknown))["wrapped"] is None

    async def test_a_lost_list_gets_back_whom_the_database_knows_as_erased(self, at: Erasing, tmp_path: Path) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "表"})
        await at.erased(subject)
        await apply_shred_list(at.house.database, tmp_path / "new")
        assert subject in (tmp_path / "new").read_text()

    async def test_a_command_taken_in_before_brings_no_term_back(self, at: Erasing) -> None:
        name = surname() + "迟"
        case_id, subject = await at.ended(applicant={"name": name})
        await at.erased(subject)
        named = marks.kept(at.house.keys.search, [Applicant(name=name, subject_id=subject)])  # pyright: ignore[reportArgumentType]
        async with at.house.database.transaction(WORKER) as conn:
            state = await streams.folded(conn, case_id, "case")
            await people.keep_found(conn, state, named)
            for look in _FOUND_BY:
                assert await (await conn.execute(look, (subject,))).fetchone() is None


class TestRestricted:
    async def test_lists_do_not_show_the_person_and_a_file_is_read_with_a_reason_only(self, at: Erasing) -> None:
        name = surname() + "限制"
        case_id, subject = await at.ended(applicant={"name": name})
        number = (await at.api.get("caseworker", f"/cases/{case_id}"))["register_number"]
        answer = await at.post("approver", subject, "restrictions", ground="retention_runs", reason="本人要求删除，期限未满")
        assert (answer.status_code, answer.json()["state"]) == (200, "restricted")
        assert code(await at.read("caseworker", f"/cases/{case_id}")) == (403, "access_reason_required")
        shown = await at.read("caseworker", f"/cases/{case_id}", "答复本人来信")
        assert shown.json()["applicant"]["name"] == name
        (row,) = (await at.api.get("caseworker", "/cases", q=number))["items"]
        assert row["applicant"] == {"name": {"restricted": True}}
        assert (await at.api.get("caseworker", "/persons", q=name))["items"] == []
        told = await at.api.get("approver", f"/persons/{subject}")
        assert (told["state"], told["name"], "free" in told["may"]) == ("restricted", {"restricted": True}, True)
        assert code(await at.post("approver", subject, "restrictions", ground="person_asked", reason="x")) == (409, "person_restricted")
        assert (await at.post("approver", subject, "restriction-ends", reason="异议已处理")).json()["state"] == "live"
        assert (await at.api.get("caseworker", f"/cases/{case_id}"))["applicant"]["name"] == name
        assert code(await at.post("approver", subject, "restriction-ends", reason="x")) == (409, "person_not_restricted")

    async def test_a_restricted_person_may_be_erased_when_the_time_has_come(self, at: Erasing) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "终"})
        assert (await at.post("approver", subject, "restrictions", ground="retention_runs", reason="x")).status_code == 200
        await at.erased(subject)
        assert (await at.key_of(subject))["state"] == "shredded"


class TestExport:
    async def test_all_that_is_held_is_given_out_with_a_reason_and_recorded(self, at: Erasing) -> None:
        name, phone = surname() + "阅", "13766660001"
        case_id, subject = await at.ended(applicant={"name": name, "phone": phone}, opponents=[{"name": surname() + "他人"}])
        assert code(await at.read("approver", f"/persons/{subject}/export")) == (403, "access_reason_required")
        assert await at.told(subject) == []
        given = (await at.read("approver", f"/persons/{subject}/export", "本人申请查阅复制")).json()
        (file,) = given["files"]
        assert (file["case_id"], file["entry"]["name"], file["entry"]["phone"]) == (case_id, name, phone)
        values = {event["type"]: event["values"] for event in file["events"]}
        assert values["application_submitted"]["/applicant/name"] == name
        assert values["application_submitted"]["/matter/summary"] == "拖欠八个月工资"
        assert values["application_withdrawn"] == {"/reason": "不再申请"}
        assert "他人" not in str(given), "what stands under another person's key is theirs"
        assert await at.told(subject) == ["data_exported"]
        assert given["decisions"][0]["data"]["reason"] == "本人申请查阅复制"
        assert code(await at.read("caseworker", f"/persons/{subject}/export", "x")) == (403, "forbidden")

    async def test_of_the_erased_there_is_nothing_to_give(self, at: Erasing) -> None:
        _, subject = await at.ended(applicant={"name": surname() + "空"})
        await at.erased(subject)
        assert code(await at.read("approver", f"/persons/{subject}/export", "x")) == (410, "person_data_erased")
