"""Whether the database still guards the ledger as the migrations and the wall made it: triggers, rights, policies, roles.

`yuanshou doctor` says more gently what an operator forgot; this says everything that somebody with the owner's or a superuser's password
may have changed, for `yuanshou verify --schema`.
"""

from collections.abc import Iterator
from typing import Any

import psycopg

from ledger import fact_counts
from ledger.schema import metadata
from ops import wall

type Plain = psycopg.Connection[tuple[Any, ...]]

_ROWS, _ALL = "DELETE OR UPDATE", "TRUNCATE"
_REFUSED = {
    **{f"{table}_rows_stay": (table, _ROWS) for table in ("events", "tiles", "checkpoints", "anchors")},
    **{f"{table}_stay": (table, _ALL) for table in ("events", "tiles", "checkpoints", "anchors")},
    "inbox_stays": ("inbox", "DELETE"),
    "inbox_stays_whole": ("inbox", _ALL),
    "security_refusals_stay": ("security_refusals", _ROWS),
    "security_refusals_stay_whole": ("security_refusals", _ALL),
}
"""The triggers that refuse whatever they are asked: by name their table and what that is."""

REFUSAL = """
        BEGIN
            RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END
        """
"""The body of the function behind those, as the second migration made it."""

UNSHREDDING = """
        BEGIN
            RAISE EXCEPTION 'a key that was destroyed is not put back, and its row stays' USING ERRCODE = 'insufficient_privilege';
        END
        """
_ERASED = {
    "shredded_keys_stay": (
        "BEFORE UPDATE ON public.subject_keys FOR EACH ROW WHEN (((old.wrapped IS NULL) AND ((new.wrapped IS NOT NULL)"
        " OR (new.subject_id <> old.subject_id) OR (new.state <> old.state))))"
    ),
    "shredded_rows_stay": "BEFORE DELETE ON public.subject_keys FOR EACH ROW WHEN ((old.wrapped IS NULL))",
}
"""The triggers that keep an erased person erased, with what they look at, and the body of their function (the fifteenth migration)."""
ROLES = ("owner", "app", "worker", "reader", "auditor")
_TRIGGERS = (
    "SELECT t.tgname, c.relname, pg_get_triggerdef(t.oid), t.tgenabled IN ('O', 'A') FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace"
)
_FUNCTION = "SELECT prosrc, prosecdef, proconfig FROM pg_proc WHERE proname = %s AND pronamespace = 'public'::regnamespace"
_MIGHTY = (
    "SELECT rolname, array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,"
    " CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,"
    " CASE WHEN rolreplication THEN 'REPLICATION' END], NULL)"
    " FROM pg_roles WHERE rolname = ANY(%s)"
)
_MEMBERS = (
    "SELECT m.rolname, r.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles r ON r.oid = a.roleid"
    " WHERE m.rolname = ANY(%s)"
)
_SETTINGS = (
    "SELECT coalesce(r.rolname, 'everybody'), s"
    " FROM pg_db_role_setting d LEFT JOIN pg_roles r ON r.oid = d.setrole, unnest(d.setconfig) AS s"
    " WHERE split_part(s, '=', 1) IN ('session_replication_role', 'row_security', 'search_path')"
)
_RULES = "SELECT tablename, rulename FROM pg_rules WHERE schemaname = 'public' AND rulename <> '_RETURN'"
_TABLES = (
    "SELECT name FROM unnest(%s::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.relname = name AND c.relkind = 'r'"
    " AND c.relnamespace = 'public'::regnamespace) ORDER BY name"
)
_OWNERS = (
    "SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public' AND tableowner <>"
    " (SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'alembic_version')"
)


def _made(table: str, when: str) -> str:
    return f"BEFORE {when} ON public.{table} FOR EACH {'STATEMENT' if when == _ALL else 'ROW'}"


TRIGGERS = {
    **{name: (table, f"{_made(table, when)} EXECUTE FUNCTION refuse_change()") for name, (table, when) in _REFUSED.items()},
    **{name: ("subject_keys", f"{made} EXECUTE FUNCTION refuse_unshredding()") for name, made in _ERASED.items()},
    **{name: ("case_facts", made) for name, made in fact_counts.TRIGGERS.items()},
}
"""Every trigger of the database: by name its table and how it was made."""


def drift(connection: Plain) -> Iterator[str]:
    """What is not as it should be, a line each. `connection` is of a role that reads the directory."""
    for (table,) in connection.execute(_TABLES, [list(metadata.tables)]).fetchall():
        yield f"{table} is no table"
    yield from _triggers(connection)
    yield from _roles(connection)
    yield from wall.drift(connection)
    yield from (f"the wall's offices are stale: {line}" for line in wall.shadow_drift(connection))


def _triggers(connection: Plain) -> Iterator[str]:
    held = {str(name): (str(table), str(text), bool(on)) for name, table, text, on in connection.execute(_TRIGGERS).fetchall()}
    for name, (table, made) in sorted(TRIGGERS.items()):
        if name not in held:
            yield f"trigger {name} on {table} is missing"
            continue
        _, text, on = held[name]
        if text != f"CREATE TRIGGER {name} {made}":
            yield f"trigger {name} was changed"
        elif not on:
            yield f"trigger {name} on {table} is off"
    for name in sorted(held.keys() - TRIGGERS.keys()):
        yield f"trigger {name} on {held[name][0]} is a stranger's"
    for name, body in (("refuse_change", REFUSAL), ("refuse_unshredding", UNSHREDDING), *fact_counts.BODIES.items()):
        if [tuple(row) for row in connection.execute(_FUNCTION, [name]).fetchall()] != [(body, False, None)]:
            yield f"function {name} was changed"
    for table, rule in connection.execute(_RULES).fetchall():
        yield f"rule {rule} on {table} is a stranger's"


def _roles(connection: Plain) -> Iterator[str]:
    for role, rights in connection.execute(_MIGHTY, [list(ROLES)]).fetchall():
        yield from (f"role {role} has {right}" for right in rights)
    for member, role in connection.execute(_MEMBERS, [list(ROLES)]).fetchall():
        yield f"role {member} was made a member of {role}"
    for role, setting in connection.execute(_SETTINGS).fetchall():
        yield f"{setting} is set for {role}"
    for table, owner in connection.execute(_OWNERS).fetchall():
        yield f"{owner} owns {table}"
