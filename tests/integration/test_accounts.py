"""Accounts, sessions and persons' keys on the real database."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.command import Refusal
from domain.directory import Directory
from ledger.accounts import FAILURES, LOCKED_FOR, create_account, set_language, sign_in
from ledger.keys import KeyRing, Keys
from ledger.personal import Erased, SealFault, load_keys, new_subject_key
from ledger.sessions import IDLE, LIFETIME, SignedIn, csrf_of, end_session, seen, session_of
from ledger.store import WORKER, Database
from ops.engines import Engines
from ops.example.directory import directory_events

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RIGHT, WRONG = "correct horse battery", "incorrect horse battery"
DIRECTORY = Directory.fold(directory_events())


@pytest.fixture
async def database(engines: Engines) -> AsyncIterator[Database]:
    async with Database(engines.app_dsn, worker=engines.worker_dsn, size=10, name="test-accounts") as opened:
        yield opened


@pytest.fixture
async def account(database: Database) -> str:
    """A new account of the city centre's caseworker; its user name."""
    username = f"user-{uuid4()}"
    async with database.transaction(WORKER) as conn:
        await create_account(conn, username, "P-LI-GUANGMING", RIGHT, NOW)
    return username


async def tries(database: Database, username: str, password: str, now: datetime = NOW) -> SignedIn | None:
    async with database.transaction(WORKER) as conn:
        return await sign_in(conn, username, password, now)


async def test_the_right_password_gives_a_session_with_the_persons_role(database: Database, account: str) -> None:
    signed_in = await tries(database, account, RIGHT)
    assert signed_in is not None
    async with database.transaction(WORKER) as conn:
        session = await session_of(conn, signed_in.token, NOW, DIRECTORY)
        principal = session and session.principal
    assert principal is not None
    assert (principal.username, principal.person, principal.roles) == (account, "P-LI-GUANGMING", (("caseworker", "C-CITY"),))
    assert (principal.lawyer, principal.language) == (None, "zh-CN")


async def test_wrong_password_and_unknown_name_are_answered_alike(database: Database, account: str) -> None:
    assert await tries(database, account, WRONG) is None
    assert await tries(database, "nobody", RIGHT) is None
    assert await tries(database, account, RIGHT + "x" * 2000) is None


async def test_an_unknown_name_is_answered_after_the_same_work(database: Database, account: str) -> None:
    async def cost(username: str) -> float:
        begun = perf_counter()
        await tries(database, username, WRONG)
        return perf_counter() - begun

    known = median([await cost(account) for _ in range(FAILURES - 1)])
    unknown = median([await cost("nobody") for _ in range(FAILURES)])
    assert known / 3 < unknown < known * 3


async def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(database: Database, account: str) -> None:
    for _ in range(FAILURES):
        assert await tries(database, account, WRONG) is None
    assert await tries(database, account, RIGHT, NOW + LOCKED_FOR - MINUTE) is None
    assert await tries(database, account, RIGHT, NOW + LOCKED_FOR) is not None


async def test_guesses_made_at_once_are_counted_one_by_one(database: Database, account: str) -> None:
    await asyncio.gather(*(tries(database, account, WRONG) for _ in range(FAILURES + 3)))
    assert await tries(database, account, RIGHT) is None


async def test_a_success_forgets_the_failures_before_it(database: Database, account: str) -> None:
    for _ in range(2):
        for _ in range(FAILURES - 1):
            await tries(database, account, WRONG)
        assert await tries(database, account, RIGHT) is not None


async def test_a_lock_that_ran_out_starts_the_count_anew(database: Database, account: str) -> None:
    for _ in range(FAILURES):
        await tries(database, account, WRONG)
    later = NOW + LOCKED_FOR
    assert await tries(database, account, WRONG, later) is None
    assert await tries(database, account, RIGHT, later) is not None


async def test_guesses_during_a_lock_do_not_lengthen_it(database: Database, account: str) -> None:
    for minute in range(FAILURES * 2):
        await tries(database, account, WRONG, NOW + minute * timedelta(seconds=1))
    assert await tries(database, account, RIGHT, NOW + LOCKED_FOR + timedelta(seconds=FAILURES)) is not None


async def test_a_user_name_is_the_same_in_any_case_and_between_spaces(database: Database, account: str) -> None:
    assert await tries(database, f" {account.upper()} ", RIGHT) is not None


async def test_a_session_ends_after_a_working_day(database: Database, account: str) -> None:
    signed_in = await tries(database, account, RIGHT)
    assert signed_in is not None
    assert signed_in.expires_at == NOW + LIFETIME
    async with database.transaction(WORKER) as conn:
        await seen(conn, signed_in.token, NOW + LIFETIME - IDLE)
        assert await session_of(conn, signed_in.token, NOW + LIFETIME - MINUTE, DIRECTORY)
        assert await session_of(conn, signed_in.token, NOW + LIFETIME, DIRECTORY) is None


async def test_signing_out_ends_the_session_on_the_server_and_only_that_one(database: Database, account: str) -> None:
    one, other = await tries(database, account, RIGHT), await tries(database, account, RIGHT)
    assert one is not None
    assert other is not None
    async with database.transaction(WORKER) as conn:
        await end_session(conn, one.token, NOW)
        assert await session_of(conn, one.token, NOW, DIRECTORY) is None
        assert await session_of(conn, other.token, NOW, DIRECTORY) is not None


async def test_a_disabled_account_neither_signs_in_nor_goes_on(database: Database, account: str) -> None:
    signed_in = await tries(database, account, RIGHT)
    assert signed_in is not None
    async with database.transaction(WORKER) as conn:
        await conn.execute("UPDATE accounts SET disabled = true WHERE username = %s", (account,))
        assert await session_of(conn, signed_in.token, NOW, DIRECTORY) is None
    assert await tries(database, account, RIGHT) is None


async def test_who_is_no_longer_in_the_directory_is_signed_out(database: Database, account: str) -> None:
    signed_in = await tries(database, account, RIGHT)
    assert signed_in is not None
    async with database.transaction(WORKER) as conn:
        assert await session_of(conn, signed_in.token, NOW, Directory()) is None


async def test_neither_passwords_nor_tokens_stand_in_the_database(database: Database, account: str) -> None:
    signed_in = await tries(database, account, RIGHT)
    assert signed_in is not None
    async with database.transaction(WORKER) as conn:
        stored = await (
            await conn.execute("SELECT * FROM accounts JOIN sessions USING (username) WHERE username = %s", (account,))
        ).fetchone()
    assert stored is not None
    assert stored["password_hash"].startswith("$argon2id$")
    assert bytes(stored["token_hash"]) == hashlib.sha256(signed_in.token.encode()).digest()
    assert RIGHT not in repr(stored)
    assert signed_in.token not in repr(stored)


async def test_a_browsers_change_needs_the_token_of_its_own_session(database: Database, account: str) -> None:
    async with database.transaction(WORKER) as conn:
        page = await sign_in(conn, account, RIGHT, NOW, kind="cookie")
        bearer = await sign_in(conn, account, RIGHT, NOW)
        assert page is not None
        assert bearer is not None
        session = await session_of(conn, page.token, NOW, DIRECTORY)
        program = await session_of(conn, bearer.token, NOW, DIRECTORY)
    assert session is not None
    assert program is not None
    assert session.accepts_csrf(csrf_of(page.token))
    assert not session.accepts_csrf(csrf_of(bearer.token))
    assert not session.accepts_csrf("")
    assert program.accepts_csrf("")


async def test_the_chosen_language_stays(database: Database, account: str) -> None:
    signed_in = await tries(database, account, RIGHT)
    assert signed_in is not None
    async with database.transaction(WORKER) as conn:
        await set_language(conn, account, "en")
        session = await session_of(conn, signed_in.token, NOW, DIRECTORY)
        principal = session and session.principal
    assert principal is not None
    assert principal.language == "en"


@pytest.mark.parametrize("password", ["short", "x" * 1025])
async def test_a_password_is_neither_short_nor_endless(database: Database, password: str) -> None:
    with pytest.raises(Refusal, match="password_length"):
        async with database.transaction(WORKER) as conn:
            await create_account(conn, f"user-{uuid4()}", "P-LI-GUANGMING", password, NOW)


async def test_a_user_name_is_given_once(database: Database, account: str) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        async with database.transaction(WORKER) as conn:
            await create_account(conn, account.upper(), "P-HE-JING", RIGHT, NOW)


@pytest.fixture
def master(tmp_path: Path) -> Keys:
    return KeyRing.open(tmp_path).master


async def test_a_persons_key_comes_back_as_it_was_made(database: Database, master: Keys) -> None:
    one, other, unknown = uuid4(), uuid4(), uuid4()
    async with database.transaction(WORKER) as conn:
        made = {str(subject): await new_subject_key(conn, master, subject) for subject in (one, other)}
        assert await load_keys(conn, master, [str(one), str(other), str(unknown), str(one)]) == made
        assert await load_keys(conn, master, []) == {}


async def test_a_shredded_key_reads_as_erased_and_is_never_minted_again(database: Database, master: Keys) -> None:
    subject = uuid4()
    async with database.transaction(WORKER) as conn:
        await new_subject_key(conn, master, subject)
        await conn.execute(
            "UPDATE subject_keys SET wrapped = NULL, state = 'shredded', shredded_at = %s WHERE subject_id = %s", (NOW, str(subject))
        )
        assert await load_keys(conn, master, [str(subject)]) == {str(subject): Erased(NOW)}
    with pytest.raises(psycopg.errors.UniqueViolation):
        async with database.transaction(WORKER) as conn:
            await new_subject_key(conn, master, subject)


async def test_a_wrapped_key_moved_to_another_person_does_not_open(database: Database, master: Keys) -> None:
    one, other = UUID(int=uuid4().int), uuid4()
    async with database.transaction(WORKER) as conn:
        await new_subject_key(conn, master, one)
        await new_subject_key(conn, master, other)
        await conn.execute(
            "UPDATE subject_keys SET wrapped = (SELECT wrapped FROM subject_keys WHERE subject_id = %s) WHERE subject_id = %s",
            (str(one), str(other)),
        )
        with pytest.raises(SealFault):
            await load_keys(conn, master, [str(other)])
