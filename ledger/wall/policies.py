"""Of every table who may read and write it: what each caller may as the role `app`, and what the product may in its own name.

An expression is PostgreSQL's, about one row. What it asks of the caller stands in a sub-select of its own, so that PostgreSQL works it
out once a statement and not once a row. A table without a line here cannot be migrated to (`ops/wall.py`): whoever adds one decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from domain.access import MAY_ASK_ERASURE, MAY_GIVE_STATUS_CODE, MAY_LINK, SUBSIDY_STATES

_ME = "(SELECT wall_user())"
_SIGNED_IN = f"{_ME} IS NOT NULL"
_PERSON = "(SELECT wall_person())"
_ALL = "(SELECT wall_everything())"
_SYSTEM = "(SELECT wall_has_role('system_administrator'))"
_SECURITY = "(SELECT wall_has_role('security_administrator'))"
_ADMINISTRATOR = "(SELECT wall_has_role('system_administrator', 'security_administrator'))"
_AUDITOR = "(SELECT wall_has_role('auditor'))"
_READS_PROOFS = "(SELECT wall_has_role('auditor', 'supervisor', 'approver', 'bureau_officer'))"
_SUPERVISOR = "(SELECT wall_has_role('supervisor'))"


def _reach(column: str, what: str) -> str:
    return f"{column} = ANY ((SELECT wall_reach('{what}'))::text[])"


def _any(*clauses: str) -> str:
    return " OR ".join(clauses)


_SUBSIDY = ", ".join(f"'{state}'" for state in sorted(SUBSIDY_STATES))
_GLASS = "case_id = ANY ((SELECT wall_glass())::uuid[])"
"""The caller stands behind the case's wall and reads through it for a while."""
_CASE = (
    f"(NOT (excluded && (SELECT wall_codes())) OR {_GLASS}) AND ("
    + _any(
        _reach("centre", "centre"),
        _reach("outlet", "outlet"),
        _reach("owner", "owner"),
        "lawyers && (SELECT wall_reach('lawyer'))",
        _reach("unit", "unit"),
        f"state = 'assigned' AND {_reach('unit', 'unit_unnamed')}",
        _reach("accepted_by", "accepted_by"),
        f"state IN ({_SUBSIDY}) AND {_reach('centre', 'subsidy_centre')}",
        _ALL,
    )
    + ")"
)
_INQUIRY = _any(
    _reach("centre", "centre"),
    _reach("outlet", "outlet"),
    _reach("owner", "owner"),
    _reach("owner", "keeper"),
    _reach("handing_to", "keeper"),
    _ALL,
)


def _of_case(case_id: str) -> str:
    """Whether the caller reaches the case of that id: the case list's own policy answers, being applied inside the sub-select too.

    `case_id` must name its table: in the sub-select a bare name would be the case list's own.
    """
    return f"EXISTS (SELECT FROM case_list l WHERE l.case_id = {case_id})"


def _of_inquiry(case_id: str) -> str:
    return f"EXISTS (SELECT FROM inquiries q WHERE q.inquiry_id = {case_id})"


def _of_kind(table: str) -> str:
    case_id = f"{table}.case_id"
    return f"CASE {table}.kind WHEN 'case' THEN {_of_case(case_id)} ELSE {_of_inquiry(case_id)} END"


def _of_any(table: str) -> str:
    """Whether the caller reaches the case or the inquiry of that id."""
    return f"{_of_case(f'{table}.case_id')} OR {_of_inquiry(f'{table}.case_id')}"


_WITH_CASES = (
    "(SELECT wall_has_role('liaison', 'receptionist', 'caseworker', 'approver', 'duty_lawyer', 'unit_manager', 'lawyer', 'finance_officer',"
    " 'supervisor', 'bureau_officer', 'auditor'))"
)
"""Whoever has cases at all: no administrator of the system."""
_LINKER = f"(SELECT wall_has_role({', '.join(f"'{role}'" for role in MAY_LINK)}))"
_ERASER = f"(SELECT wall_has_role({', '.join(f"'{role}'" for role in MAY_ASK_ERASURE)}))"
_RENEWER = f"(SELECT wall_has_role({', '.join(f"'{role}'" for role in MAY_GIVE_STATUS_CODE)}))"
_STREAM_ID = "split_part(events.stream, '/', 2)::uuid"
_OWN_ACCOUNT = f"stream = 'account/' || {_ME}"
_EVENT_READ = (
    "CASE split_part(stream, '/', 1)"
    f" WHEN 'access' THEN {_AUDITOR}"
    f" WHEN 'case' THEN {_of_case(_STREAM_ID)}"
    f" WHEN 'consultation' THEN {_of_inquiry(_STREAM_ID)}"
    f" WHEN 'duty' THEN {_of_inquiry(_STREAM_ID)}"
    f" WHEN 'account' THEN {_any(_SECURITY, _AUDITOR, _OWN_ACCOUNT)}"
    f" WHEN 'person' THEN {_WITH_CASES}"
    f" WHEN 'status' THEN {_of_case(_STREAM_ID)}"
    f" ELSE {_SIGNED_IN} END"
)
_OF_CASES = "ledger = 'case'"
_EVENT_ADD = (
    f"{_OF_CASES} AND CASE split_part(stream, '/', 1)"
    " WHEN 'case' THEN false WHEN 'consultation' THEN false WHEN 'duty' THEN false WHEN 'access' THEN false"
    f" WHEN 'directory' THEN {_ADMINISTRATOR} OR type = 'person_away' AND {_SIGNED_IN}"
    f" WHEN 'account' THEN {_any(_SECURITY, _OWN_ACCOUNT)}"
    f" WHEN 'person' THEN {_LINKER} AND type IN ('people_linked', 'people_unlinked')"
    f" WHEN 'status' THEN {_RENEWER} AND {_of_case(_STREAM_ID)}"
    f" ELSE {_SIGNED_IN} END"
)
_KNOWN_PERSON = "EXISTS (SELECT FROM case_people c WHERE c.subject_id = people.subject_id)"
_OWN_SESSION = "token_hash = sha256(convert_to(current_setting('app.session', true), 'UTF8'))"
_OWN_COMMAND = f"principal = {_ME}"


@dataclass(frozen=True, slots=True)
class Wall:
    """Who may do what to a table's rows. None: nobody may, as `app`. `why` says it where the expressions do not."""

    read: str | None = None
    add: str | None = None
    change: str | None = None
    remove: str | None = None
    worker: str = "SELECT, INSERT, UPDATE"
    """What the product may do in its own name."""
    told: tuple[str, ...] = ("auditor",)
    """Roles beside, for reports and audits, that read every row."""
    told_some: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of such roles those that read only the rows of an expression."""
    why: str = ""


_SHADOW = Wall(read=_SIGNED_IN, add=_ADMINISTRATOR, change=_ADMINISTRATOR, remove=_ADMINISTRATOR, worker="SELECT, INSERT, UPDATE, DELETE")
TABLES: Mapping[str, Wall] = {
    "case_list": Wall(read=_CASE, told=("reader", "auditor"), worker="SELECT, INSERT, UPDATE"),
    "cases": Wall(read=_of_kind("cases"), told=("reader", "auditor")),
    "inquiries": Wall(read=_INQUIRY, told=("reader", "auditor")),
    "events": Wall(
        read=_EVENT_READ,
        add=_EVENT_ADD,
        worker="SELECT, INSERT",
        told_some={"reader": _OF_CASES},
        why="A case's events are the worker's to write; registers are written by the transaction that was asked for it; reads by the worker"
        " alone, for auditors alone.",
    ),
    "access_reads": Wall(
        read=_any(_AUDITOR, f"({_SUPERVISOR} AND EXISTS (SELECT FROM case_list l WHERE l.case_id = ANY (access_reads.cases)))"),
        worker="SELECT, INSERT",
        why="Who read what, in ids: written with the ledger of reads. A supervisor is shown of a row the case that was asked for.",
    ),
    "inbox": Wall(
        read=_any(_OWN_COMMAND, _of_kind("inbox")),
        add=f"{_OWN_COMMAND} AND outcome IS NULL AND ({_of_kind('inbox')} OR wall_unopened(case_id))",
    ),
    "deeds": Wall(read=_any(_OWN_COMMAND, _AUDITOR), add=_OWN_COMMAND, change=_OWN_COMMAND),
    "files": Wall(read=_of_case("files.case_id"), add=_of_case("files.case_id"), told=()),
    "case_people": Wall(read=_of_kind("case_people"), worker="SELECT, INSERT, UPDATE, DELETE", told=()),
    "people": Wall(
        read=_WITH_CASES,
        add=f"{_LINKER} AND {_KNOWN_PERSON}",
        change=f"{_LINKER} AND {_KNOWN_PERSON}",
        worker="SELECT, INSERT, UPDATE, DELETE",
        told=(),
        why="A row names nobody and no case: a random id and keyed hashes. Who is in which case stands in case_people.",
    ),
    "search_tokens": Wall(
        read=_WITH_CASES,
        worker="SELECT, INSERT, UPDATE, DELETE",
        told=(),
        why="A keyed hash and a random id; the key is not in the database. To ask each bearer's cases would cost a search its budget.",
    ),
    "subject_keys": Wall(
        read=_SIGNED_IN,
        add=_SIGNED_IN,
        told=(),
        why="A row names no case and nobody: a random id and a key wrapped under one that is kept outside the database.",
    ),
    "erasures": Wall(
        read=_any(_AUDITOR, f"{_ERASER} AND EXISTS (SELECT FROM case_people c WHERE c.subject_id = erasures.subject_id)"),
        why="Asked, decided and carried out in the product's own name, once the API has seen who may: random ids, codes and days.",
    ),
    "clock_list": Wall(read=_of_kind("clock_list"), worker="SELECT, INSERT, UPDATE, DELETE", told=("reader", "auditor")),
    "replans": Wall(
        read=_SIGNED_IN,
        add=_SYSTEM,
        why="A change of the directory and how far it came, in numbers: nothing of a case.",
    ),
    "replan_cases": Wall(read=_of_kind("replan_cases")),
    "outbox": Wall(told=()),
    "messages": Wall(read=f"person = {_PERSON}", change=f"person = {_PERSON}", told=()),
    "contacts": Wall(
        read=f"person = {_PERSON}",
        add=f"person = {_PERSON}",
        change=f"person = {_PERSON}",
        told=(),
        why="Encrypted under a key outside the database; the worker reads them to send.",
    ),
    "saved_filters": Wall(
        read=f"person = {_PERSON}",
        add=f"person = {_PERSON}",
        change=f"person = {_PERSON}",
        remove=f"person = {_PERSON}",
        worker="SELECT, INSERT, UPDATE, DELETE",
        told=(),
        why="Codes and days of a page's address under a name of one's own; words searched for are not kept.",
    ),
    "endpoints": Wall(
        read=_SYSTEM,
        add=_SYSTEM,
        change=_SYSTEM,
        told=(),
        why="Addresses and keys are encrypted; the worker pauses one that is gone.",
    ),
    "deliveries": Wall(
        read=_any(_SYSTEM, f"person = {_PERSON}", _of_any("deliveries")),
        change=_SYSTEM,
        why="Who was told of which limit: codes and dates. A system administrator sees what could not be sent, and sends it again.",
    ),
    "accounts": Wall(
        read=_any(_SECURITY, _AUDITOR, f"username = {_ME}"),
        add=_SECURITY,
        change=_any(_SECURITY, f"username = {_ME}"),
        told=(),
        why="Signing in is done in the product's own name: before it there is no caller.",
    ),
    "sessions": Wall(
        read=_any(_OWN_SESSION, f"username = {_ME}", _SECURITY),
        add=f"kind = 'token' AND username = {_ME}",
        change=_any(_OWN_SESSION, f"username = {_ME}", _SECURITY),
        told=(),
        why="A session is opened in the product's own name, a token for programs by its person; that or a security administrator ends it.",
    ),
    "second_factors": Wall(
        read=_any(f"username = {_ME}", _SECURITY, _AUDITOR),
        add=f"username = {_ME}",
        change=f"username = {_ME}",
        remove=_SECURITY,
        told=(),
        why="Secrets are encrypted under a key outside the database; who may see a row sees that there is a second factor.",
    ),
    "oidc_links": Wall(
        read=_any(f"username = {_ME}", _SECURITY, _AUDITOR),
        add=_SECURITY,
        remove=_SECURITY,
        worker="SELECT",
    ),
    "sign_in_throttle": Wall(
        told=(), worker="SELECT, INSERT, UPDATE, DELETE", why="Counted in the product's own name, before there is a caller."
    ),
    "security_refusals": Wall(read=_any(_SECURITY, _AUDITOR), worker="SELECT, INSERT"),
    "broken_glass": Wall(read=f"person = {_PERSON}"),
    "imports": Wall(
        read=_any(_SYSTEM, _AUDITOR),
        add=_SYSTEM,
        change=_SYSTEM,
        remove=_SYSTEM,
        worker="SELECT, INSERT, UPDATE, DELETE",
        why="Tables for the directory: reference data of offices and staff, nothing of a case. `yuanshou import` runs as the worker.",
    ),
    "import_rows": Wall(
        read=_any(_SYSTEM, _AUDITOR),
        add=_SYSTEM,
        change=_SYSTEM,
        remove=_SYSTEM,
        worker="SELECT, INSERT, UPDATE, DELETE",
        why="As imports.",
    ),
    "handlings": Wall(
        read=_WITH_CASES,
        worker="SELECT, INSERT, UPDATE, DELETE",
        why="Codes of lawyers and days: everybody's turn is counted, whoever asks. A case's id tells nothing without its row.",
    ),
    "claims": Wall(
        read=_of_case("claims.case_id"),
        add=f"person = {_PERSON} AND {_of_case('claims.case_id')}",
        change=_of_case("claims.case_id"),
        remove=_of_case("claims.case_id"),
        worker="SELECT, INSERT, UPDATE, DELETE",
    ),
    **dict.fromkeys(
        ("tiles", "checkpoints", "anchors"),
        Wall(
            read=_READS_PROOFS,
            worker="SELECT, INSERT",
            told=("reader", "auditor"),
            why="Hashes and signatures over the whole ledger: they tell nothing of a case. The sealing writes them.",
        ),
    ),
    "verifications": Wall(
        read=_READS_PROOFS,
        add=f"{_AUDITOR} AND asked_by = {_PERSON} AND finished_at IS NULL",
        why="Asked for by an auditor in their own name; carried out and told of by the worker. It tells nothing of a case but positions.",
    ),
    "case_offices": Wall(read=_of_case("case_offices.case_id"), worker="SELECT, INSERT, UPDATE, DELETE", told=("reader", "auditor")),
    "stage_days": Wall(read=_of_case("stage_days.case_id"), worker="SELECT, INSERT, UPDATE, DELETE", told=("reader", "auditor")),
    "case_facts": Wall(read=_of_case("case_facts.case_id"), worker="SELECT, INSERT, UPDATE, DELETE", told=("reader", "auditor")),
    "fact_counts": Wall(
        worker="SELECT, INSERT, UPDATE, DELETE",
        told=("reader", "auditor"),
        why="Numbers over all of a centre's cases: asked in the product's own name, with the caller's reach in the question.",
    ),
    "followers": Wall(
        read=_any(_ADMINISTRATOR, _AUDITOR),
        told=("reader", "auditor"),
        why="How far lists have come, in numbers: nothing of a case.",
    ),
    "number_series": Wall(why="Numbers are drawn by the worker, with the event that carries them."),
    **dict.fromkeys(("wall_offices", "wall_people", "wall_grants"), _SHADOW),
}
OPEN: Mapping[str, str] = {
    "alembic_version": "The number of the last migration: nothing about a case or a person. Read by whoever starts or examines the system.",
}
"""Tables without row-level security, each with its reason."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy as it is created."""

    table: str
    name: str
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None

    @property
    def sql(self) -> str:
        """The statement that creates it."""
        parts = [f"CREATE POLICY {self.name} ON {self.table} FOR {self.command} TO {', '.join(self.roles)}"]
        parts += [f"USING ({self.using})"] if self.using else []
        parts += [f"WITH CHECK ({self.check})"] if self.check else []
        return " ".join(parts)

    @property
    def mark(self) -> str:
        """What tells this text from another; kept as the policy's comment."""
        return sha256(self.sql.encode()).hexdigest()[:16]


def policies_of(table: str, owner: str, roles: frozenset[str]) -> Iterator[Policy]:
    """The policies of a table for the roles that the database has. The owner's lets the migrations and the wall's own functions pass."""
    wall = TABLES[table]
    yield Policy(table, "wall_owner", "ALL", (owner,), "true", "true")
    yield Policy(table, "wall_worker", "ALL", ("worker",), "true", "true")
    if told := tuple(role for role in wall.told if role in roles):
        yield Policy(table, "wall_told", "SELECT", told, "true", None)
    for role, which in wall.told_some.items():
        if role in roles:
            yield Policy(table, f"wall_told_{role}", "SELECT", (role,), which, None)
    if wall.read:
        yield Policy(table, "wall_read", "SELECT", ("app",), wall.read, None)
    if wall.add:
        yield Policy(table, "wall_add", "INSERT", ("app",), None, wall.add)
    if wall.change:
        yield Policy(table, "wall_change", "UPDATE", ("app",), wall.change, wall.change)
    if wall.remove:
        yield Policy(table, "wall_remove", "DELETE", ("app",), wall.remove, None)


ROLES = ("app", "worker", "reader", "auditor")
"""Database roles beside the owner."""


def grants_of(table: str) -> dict[str, frozenset[str]]:
    """What each role may do to a table."""
    if table in OPEN:
        return {role: frozenset({"SELECT"} if role in ("app", "worker") else ()) for role in ROLES}
    wall = TABLES[table]
    app = {"SELECT": wall.read, "INSERT": wall.add, "UPDATE": wall.change, "DELETE": wall.remove}
    rights = {role: frozenset({"SELECT"} if role in wall.told or role in wall.told_some else ()) for role in ROLES}
    rights["app"] = frozenset(right for right, given in app.items() if given)
    rights["worker"] = frozenset(wall.worker.split(", "))
    return rights
