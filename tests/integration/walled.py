"""A database with cases and people entered straight into its tables, for tests of what row-level security shows of them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from domain.access import Principal
from domain.directory import CaseScope
from ops import postgres
from ops.home import Home
from ops.migration import migrate

REST = "now(), now(), now(), 'x', NULL, 'x', 'x', 'x', 'x', NULL, 'x', 'x', 'x'"
"""Of an event's row what comes after its schema's version."""
SEND = "INSERT INTO inbox (command_id, principal, idempotency_key, body_hmac, hmac_key, case_id, command, actor, correlation_id)"


@contextmanager
def walled(folder: Path) -> Iterator[postgres.Cluster]:
    """A PostgreSQL of its own with everything migrated and the wall up."""
    cluster = postgres.ensure(Home(folder))
    server = postgres.start(cluster)
    try:
        assert migrate(cluster.dsn("owner"))
        yield cluster
    finally:
        postgres.stop(server)


def register(own: psycopg.Connection[Any], who: Principal) -> None:
    """Give the person, made up, their codes and roles in the wall's shadow."""
    own.execute("INSERT INTO wall_people VALUES (%s, '-infinity', 'infinity', %s, %s)", [who.person, who.lawyer, who.unit])
    for role, office in who.roles:
        own.execute("INSERT INTO wall_grants VALUES (%s, %s, %s, '-infinity', 'infinity')", [who.person, role, office])


def sign_in(own: psycopg.Connection[Any], who: Principal) -> str:
    """A session of the person's; its token."""
    session = f"session of {who.username}"
    own.execute("INSERT INTO accounts (username, person, password_hash) VALUES (%s, %s, '')", [who.username, who.person])
    own.execute(
        "INSERT INTO sessions (token_hash, username, kind, expires_at) VALUES (%s, %s, 'bearer', now() + interval '1 hour')",
        [hashlib.sha256(session.encode()).digest(), who.username],
    )
    return session


def put_case(own: psycopg.Connection[Any], case_id: str, scope: CaseScope) -> None:
    """A case with a row of its own in every table that holds something of cases."""
    own.execute(
        "INSERT INTO case_list (case_id, version, stage, state, centre, outlet, unit, owner, lawyers, excluded, accepted_by, categories,"
        " recipient_count, applicant, opened_on, updated_at)"
        " VALUES (%s, 1, 'application', %s, %s, %s, %s, %s, %s, %s, %s, '{}', 1, '{}', now(), now())",
        [
            case_id,
            scope.state,
            scope.centre,
            scope.outlet,
            scope.unit,
            scope.owner,
            list(scope.lawyers),
            sorted(scope.excluded),
            *(scope.accepted_by or (None,)),
        ],
    )
    own.execute("INSERT INTO cases (case_id, version, centre) VALUES (%s, 1, %s)", [case_id, scope.centre])
    own.execute(
        f"INSERT INTO events SELECT 'x', 'case', h.position + 1, %s, 1, 'note_added', 1, {REST}"
        " FROM (SELECT coalesce((ledger_head('case')).position, 0) AS position) AS h",
        [f"case/{case_id}"],
    )
    own.execute(
        f"{SEND} VALUES (%s, 'nobody', %s, '', '', %s, 'add_note', '{{}}', '')",
        [case_id, case_id, case_id],
    )
    own.execute(
        "INSERT INTO files (document_id, case_id, digest, size, media_type, content) VALUES (%s, %s, '', 0, 'text/plain', '')",
        [case_id, case_id],
    )
    own.execute("INSERT INTO case_people VALUES (%s, 0, %s, 'case', 'applicant', true)", [case_id, case_id])
    own.execute(
        "INSERT INTO outbox (id, case_id, position, kind, recipients, data) VALUES (%s, %s, 1, 'x', '[]', '{}')", [case_id, case_id]
    )


def put_inquiry(own: psycopg.Connection[Any], inquiry_id: str, scope: CaseScope) -> None:
    """A consultation with its head and a term it is found by; of its keepers the last is whom a hand-over waits for."""
    own.execute(
        "INSERT INTO inquiries (inquiry_id, kind, version, state, centre, outlet, owner, handing_to, received_at, updated_at)"
        " VALUES (%s, 'consultation', 1, 'open', %s, %s, %s, %s, now(), now())",
        [inquiry_id, scope.centre, scope.outlet, scope.owner, (scope.keepers or (None,))[-1]],
    )
    own.execute("INSERT INTO cases (case_id, kind, version, centre) VALUES (%s, 'consultation', 1, %s)", [inquiry_id, scope.centre])
    own.execute("INSERT INTO case_people VALUES (%s, 0, %s, 'consultation', 'applicant', true)", [inquiry_id, inquiry_id])
