"""The second wall as a thing of the database: built by the owner after the migrations, looked over by `yuanshou doctor`.

Functions and policies are no migration of their own: they follow `domain/access.py` and are made anew whole, in one transaction, whenever
their text and what stands in the database differ. Every policy and the view carry a mark of the text they were made from and of the form
PostgreSQL keeps them in, so that a change by hand shows whichever of the two it touched.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import LiteralString, cast

import psycopg

import ledger.wall
from domain.directory import DIRECTORY_EVENTS, Directory
from domain.upcasting import lifted
from ledger.directory import STREAMS
from ledger.schema import metadata
from ledger.wall.policies import OPEN, ROLES, TABLES, grants_of, policies_of
from ledger.wall.shadow import comparing, refreshing
from ops.process import EngineError

type Plain = psycopg.Connection[tuple[object, ...]]

FUNCTIONS = (Path(ledger.wall.__file__).parent / "functions.sql").read_text(encoding="utf-8")
NEEDED = frozenset({"app", "worker"})
"""Database roles without which there is no wall: one for what people do, one for what the product does in its own name."""
_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
_BY_COLUMN = frozenset({"SELECT", "INSERT", "UPDATE", "REFERENCES"})
"""Rights that may be given on a column alone."""
_BODIES = dict(cast("list[tuple[str, str]]", re.findall(r"CREATE FUNCTION (\w+)\(.*?AS \$\$(.*?)\$\$;", FUNCTIONS, re.DOTALL)))
_VIEWS = ("wall_now", "wall_offices_now")
_VIEWS_MARK = sha256(FUNCTIONS.partition("CREATE FUNCTION")[0].encode()).hexdigest()[:16]
_POLICIES = """
    SELECT c.relname, p.polname, coalesce(obj_description(p.oid, 'pg_policy'), ''),
           md5(concat_ws('|', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), p.polcmd, p.polpermissive,
               (SELECT string_agg(r.rolname, ',' ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY (p.polroles))))
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid AND c.relnamespace = 'public'::regnamespace
"""


def build(connection: Plain) -> bool:
    """Bring the wall and the directory's shadow to what they should be, as the tables' owner; whether anything had to be done.

    Where the database has no roles `app` and `worker`, one role does everything and there is no wall. Raises `EngineError` for a table
    that nobody has said anything of.
    """
    unknown = sorted(metadata.tables.keys() - TABLES.keys() - OPEN.keys())
    if unknown:
        raise EngineError(f"nobody has said who may read {', '.join(unknown)}: give each a line in ledger/wall/policies.py")
    with connection.transaction():
        if standing := _roles(connection) >= NEEDED:
            done = next(drift(connection), None) is not None
            if done:
                _take_down(connection)
                _put_up(connection)
        else:
            _take_down(connection)
            _make_functions(connection)
            done = True
        for statement, given in refreshing(_directory(connection)):
            connection.execute(statement, given)
    return done and standing


def drift(connection: Plain) -> Iterator[str]:
    """What differs from the wall as it should be, a line each; what the migrations and `build` made has none."""
    roles = _roles(connection)
    for name in sorted(NEEDED - roles):
        yield f"there is no database role {name}"
    if not roles >= NEEDED:
        return
    yield from _open_tables(connection)
    yield from _policies(connection, roles)
    yield from _functions(connection)
    yield from _grants(connection, roles)


def shadow_drift(connection: Plain) -> Iterator[str]:
    """Tables of the directory's shadow that hold something else than the directory. To be asked by who may read them and the ledger."""
    for name, statement, given in comparing(_directory(connection)):
        row = connection.execute(statement, given).fetchone()
        if row and row[0]:
            yield f"{row[0]} rows of {name}"


def strangers(connection: Plain) -> list[str]:
    """Tables that are none of the product's and that its role for people may read all the same."""
    tables = _names(
        connection,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
        " AND has_any_column_privilege('app', oid, 'SELECT')",
    )
    return sorted(set(tables) - TABLES.keys() - OPEN.keys())


def _roles(connection: Plain) -> frozenset[str]:
    return frozenset(_names(connection, "SELECT rolname FROM pg_roles WHERE rolname IN ('app', 'worker', 'reader', 'auditor')"))


def _names(connection: Plain, query: LiteralString) -> list[str]:
    return [str(row[0]) for row in connection.execute(query)]


def _owner(connection: Plain) -> str:
    return _names(connection, "SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'cases'")[0]


def _run(connection: Plain, statement: str) -> None:
    connection.execute(cast("LiteralString", statement))  # composed of this program's own words


def _take_down(connection: Plain) -> None:
    for table, name in connection.execute(
        "SELECT c.relname, p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid AND c.relnamespace = 'public'::regnamespace"
    ).fetchall():
        _run(connection, f"DROP POLICY {name} ON {table}")
    for table in TABLES:
        _run(connection, f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")
    made = "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = ANY(%s)"
    for (function,) in connection.execute(made, [list(_BODIES)]).fetchall():
        _run(connection, f"DROP FUNCTION {function}")
    _run(connection, f"DROP VIEW IF EXISTS {', '.join(_VIEWS)}")


def _make_functions(connection: Plain) -> None:
    _run(connection, FUNCTIONS)
    connection.execute("SELECT set_config('search_path', 'public', true)")
    for name in _VIEWS:
        form = connection.execute("SELECT md5(pg_get_viewdef(%s::regclass))", [name]).fetchone()
        _run(connection, f"COMMENT ON VIEW {name} IS '{_VIEWS_MARK} {form[0] if form else ''}'")


def _put_up(connection: Plain) -> None:
    _make_functions(connection)
    roles, owner = _roles(connection), _owner(connection)
    for table in (*TABLES, *OPEN):
        for role, rights in grants_of(table).items():
            if role in roles:
                _run(connection, f"REVOKE ALL ON {table} FROM {role}")
                if rights:
                    _run(connection, f"GRANT {', '.join(sorted(rights))} ON {table} TO {role}")
    for table in TABLES:
        _run(connection, f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        for policy in policies_of(table, owner, roles):
            _run(connection, policy.sql)
    kept = {(table, name): form for table, name, _, form in connection.execute(cast("LiteralString", _POLICIES)).fetchall()}
    for table in TABLES:
        for policy in policies_of(table, owner, roles):
            _run(connection, f"COMMENT ON POLICY {policy.name} ON {table} IS '{policy.mark} {kept[table, policy.name]}'")


def _open_tables(connection: Plain) -> Iterator[str]:
    rows = connection.execute(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)",
        [list(TABLES)],
    ).fetchall()
    for table, enabled, forced in sorted(rows, key=lambda row: str(row[0])):
        if not enabled:
            yield f"row-level security is off on {table}"
        elif not forced:
            yield f"row-level security is not forced on {table}"


def _policies(connection: Plain, roles: frozenset[str]) -> Iterator[str]:
    rows = connection.execute(cast("LiteralString", _POLICIES)).fetchall()
    held = {(str(table), str(name)): (str(comment), str(form)) for table, name, comment, form in rows}
    owner = _owner(connection)
    wanted = {(table, policy.name): policy for table in TABLES for policy in policies_of(table, owner, roles)}
    for table, name in sorted(wanted.keys() - held.keys()):
        yield f"policy {name} on {table} is missing"
    for table, name in sorted(held.keys() - wanted.keys()):
        yield f"policy {name} on {table} is a stranger's"
    for key in sorted(wanted.keys() & held.keys()):
        comment, form = held[key]
        if comment != f"{wanted[key].mark} {form}":
            yield f"policy {key[1]} on {key[0]} was changed"


def _functions(connection: Plain) -> Iterator[str]:
    query = (
        "SELECT p.proname, p.prosrc, p.prosecdef AND p.provolatile = 's' AND p.proparallel = 's'"
        " AND p.proconfig = ARRAY['search_path=pg_catalog, public']"
        " AND p.proowner = (SELECT relowner FROM pg_class WHERE oid = 'public.cases'::regclass)"
        " FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
    )
    held = {str(name): (str(body), bool(sound)) for name, body, sound in connection.execute(query).fetchall()}
    for name, body in _BODIES.items():
        if name not in held:
            yield f"function {name} is missing"
        elif held[name] != (body, True):
            yield f"function {name} was changed"
    query = (
        "SELECT c.relname, obj_description(c.oid, 'pg_class'), md5(pg_get_viewdef(c.oid)) FROM pg_class c"
        " WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace"
    )
    views = {str(name): (comment, form) for name, comment, form in connection.execute(query, [list(_VIEWS)]).fetchall()}
    for name in _VIEWS:
        comment, form = views.get(name, (None, None))
        if comment != f"{_VIEWS_MARK} {form}":
            yield f"view {name} is missing or was changed"


def _grants(connection: Plain, roles: frozenset[str]) -> Iterator[str]:
    for role in ROLES:
        if role not in roles:
            continue
        for table in (*TABLES, *OPEN, *_VIEWS):
            wanted = grants_of(table).get(role, frozenset[str]()) if table not in _VIEWS else frozenset[str]()
            yield from _rights(connection, role, table, wanted)


def _rights(connection: Plain, role: str, table: str, wanted: Iterable[str]) -> Iterator[str]:
    query = "SELECT r, has_table_privilege(%s, %s, r) FROM unnest(%s::text[]) AS r"
    held = {str(right) for right, may in connection.execute(query, [role, f"public.{table}", list(_RIGHTS)]).fetchall() if may}
    query = "SELECT r FROM unnest(%s::text[]) AS r WHERE has_any_column_privilege(%s, %s, r)"
    held |= {str(right) for (right,) in connection.execute(query, [sorted(_BY_COLUMN), role, f"public.{table}"]).fetchall()}
    yield from (f"{role} lacks {right} on {table}" for right in sorted(set(wanted) - held))
    yield from (f"{role} has {right} on {table}" for right in sorted(held - set(wanted)))


def _directory(connection: Plain) -> Directory:
    query = "SELECT type, schema_version, body FROM events WHERE stream = ANY(%s) ORDER BY position"
    rows = cast("list[tuple[str, int, bytes]]", connection.execute(query, [STREAMS]).fetchall())
    return Directory.fold(
        DIRECTORY_EVENTS[kind].model_validate_json(lifted(kind, version, DIRECTORY_EVENTS[kind].schema_version, bytes(body)))
        for kind, version, body in rows
    )
