"""Write docs/access.md from `domain/access.py`, the commands' classes and the database's policies. `--check` only compares.

The matrix is worked out, not typed: every role is held at every kind of office where it makes sense, every case stands in every relation to
that office and that person, and the policy is asked. Tests ask the same of PostgreSQL under row-level security.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import domain.stages  # noqa: E402, F401 -- fills the vocabulary; found only once the root is on the path
from api.list_reading import ACROSS_ROLES  # noqa: E402
from domain.access import ASSESSMENT_EVENTS, Principal, actor, may_see, withheld  # noqa: E402
from domain.command import COMMANDS, Command, Role  # noqa: E402
from domain.directory import CaseScope, Directory, Office, OfficeKind, OfficeOpened  # noqa: E402
from ledger.wall.policies import OPEN, TABLES  # noqa: E402

DOC = ROOT / "docs" / "access.md"
SINCE = date(2020, 1, 1)
ME, UNIT, LAWYER = "P-ME", "U-MINE", "L-ME"


def _office(code: str, kind: OfficeKind, parent: str | None, county: str, bureau: str | None = None) -> Office:
    level = "city" if county == "city" else "county"
    return Office(code=code, name=code, name_en=code, short=code, kind=kind, parent=parent, bureau=bureau, level=level, county=county)


def city() -> Directory:
    """The smallest city in which every relation occurs: two counties, one of them with two centres, outlets, bureaus."""
    offices = [
        _office("B-CITY", "bureau", None, "city"),
        _office("C-CITY", "centre", "B-CITY", "city", "B-CITY"),
        _office("W-CITY", "work_station", "C-CITY", "city"),
        _office("B-HERE", "bureau", "B-CITY", "here"),
        _office("C-HERE", "centre", "B-HERE", "here", "B-HERE"),
        _office("C-NEAR", "centre", "B-HERE", "here", "B-HERE"),
        _office("W-HERE", "work_station", "C-HERE", "here"),
        _office("V-HERE", "village_liaison", "C-HERE", "here"),
        _office("D-HERE", "duty_lawyer_office", "C-HERE", "here"),
        _office("B-FAR", "bureau", "B-CITY", "far"),
        _office("C-FAR", "centre", "B-FAR", "far", "B-FAR"),
        _office("W-FAR", "work_station", "C-FAR", "far"),
    ]
    return Directory.fold(OfficeOpened(since=SINCE, office=office) for office in offices)


HELD: tuple[tuple[Role, str, str], ...] = (
    ("liaison", "V-HERE", "an outlet"),
    ("receptionist", "W-HERE", "an outlet"),
    ("receptionist", "C-HERE", "a centre"),
    ("caseworker", "C-HERE", "a centre"),
    ("approver", "C-HERE", "a centre"),
    ("duty_lawyer", "D-HERE", "a duty office"),
    ("unit_manager", "C-HERE", "a unit"),
    ("lawyer", "C-HERE", "a unit"),
    ("finance_officer", "C-HERE", "a centre"),
    ("supervisor", "C-HERE", "a centre"),
    ("supervisor", "B-HERE", "a county's bureau"),
    ("supervisor", "B-CITY", "the city's bureau"),
    ("bureau_officer", "B-HERE", "a county's bureau"),
    ("bureau_officer", "B-CITY", "the city's bureau"),
    ("auditor", "B-CITY", "the city's bureau"),
    ("system_administrator", "B-CITY", "the city's bureau"),
    ("security_administrator", "B-CITY", "the city's bureau"),
)
"""Every role with an office it is held at, and what kind of place that is."""


@dataclass(frozen=True, slots=True)
class Relation:
    """How a case stands to the person or to the office the role is held at."""

    code: str
    said: str
    case: CaseScope


def relations(office: str, directory: Directory) -> Iterator[Relation]:
    """Every relation a case can have to somebody with a role at that office. Nobody's unit, lawyer or owner is theirs unless it is said."""
    centre = directory.centre_of(office)
    here = centre.code if centre else "C-CITY" if office == "B-CITY" else "C-HERE"
    base = CaseScope(centre="C-FAR", outlet="W-FAR", unit="U-OTHER", owner="P-OTHER", lawyers=("L-OTHER",), state="in_representation")
    own = replace(base, centre=here, outlet=None)
    yield Relation("outlet", "received at the very office", replace(own, outlet=office))
    yield Relation("centre", "of the office's own centre (a bureau's: of the centre it set up), received elsewhere", own)
    yield Relation("county", "of another centre of the county", replace(base, centre="C-NEAR", outlet=None))
    yield Relation("above", "of the city's centre, received at one of its outlets", replace(base, centre="C-CITY", outlet="W-CITY"))
    other = "W-HERE" if office != "W-HERE" else "V-HERE"
    yield Relation("below", "of the county's centre, received at another of its outlets", replace(base, centre="C-HERE", outlet=other))
    yield Relation("far", "of another county", base)
    yield Relation("first", "of another county, first taken in by the person", replace(base, owner=ME))
    yield Relation("accepted", "of another county, accepted first by the person", replace(base, accepted_by=(ME,)))
    yield Relation("lawyer", "of another county, the person its lawyer", replace(base, unit=UNIT, lawyers=(LAWYER,)))
    yield Relation("unit", "of another county, led by another lawyer of the person's unit", replace(base, unit=UNIT))
    yield Relation(
        "unnamed", "of another county, the person's unit's, no lawyer named", replace(base, unit=UNIT, lawyers=(), state="assigned")
    )
    yield Relation("paying", "of the office's own centre, its closing file accepted", replace(own, state="file_accepted"))
    yield Relation("walled", "of the office's own centre, behind a wall that names the person", replace(own, excluded=frozenset({ME})))


def inquiry_relations(office: str, directory: Directory) -> Iterator[Relation]:
    """The same of consultations and duty requests, which have no unit and no lawyer, but may wait to be taken over."""
    nobodys = {"unit": None, "lawyers": (), "state": "open"}
    for relation in relations(office, directory):
        if relation.code in ("outlet", "centre", "county", "above", "below", "far"):
            yield replace(relation, case=replace(relation.case, **nobodys))
    far = CaseScope(centre="C-FAR", outlet="W-FAR", owner="P-OTHER", state="open")
    yield Relation("first", "of another county, first taken in by the person", replace(far, owner=ME, keepers=(ME,)))
    yield Relation("handed", "of another county, handed to the person and not yet taken over", replace(far, keepers=("P-OTHER", ME)))


def _relations(stream: str | None, office: str, directory: Directory) -> Iterator[Relation]:
    return inquiry_relations(office, directory) if stream in ("consultation", "duty") else relations(office, directory)


def person(role: Role, office: str) -> Principal:
    """Somebody with that role and no other; only who is of a unit has a unit."""
    member = role in ("lawyer", "unit_manager")
    return Principal("me", ME, ((role, office),), LAWYER if role == "lawyer" else None, UNIT if member else None)


def reached(role: Role, office: str, directory: Directory) -> dict[str, bool]:
    """Of every relation whether the policy shows the case."""
    who = person(role, office)
    return {r.code: may_see(who, r.case, directory) for r in relations(office, directory)}


def inquired(role: Role, office: str, directory: Directory) -> dict[str, bool]:
    """Of every relation whether the policy shows the consultation or duty request."""
    who = person(role, office)
    return {r.code: may_see(who, r.case, directory) for r in inquiry_relations(office, directory)}


def commanded(name: str, role: Role, office: str, directory: Directory) -> dict[str, bool]:
    """Of every relation whether the policy lets the role issue the command; `open` for one that opens the stream."""
    who, command = person(role, office), COMMANDS[name]
    if not command.states:
        return {"open": actor(who, name, None, directory) is not None}
    return {r.code: actor(who, name, r.case, directory) is not None for r in _relations(command.stream, office, directory)}


INTRO = f"""# Who may see and do what

This page is written by `scripts/access_doc.py` from `domain/access.py`, the commands' own classes and `ledger/wall/policies.py`,
and a test holds it to them: change the code, then run the script. The same matrix is asked of the API's policy and, as SQL under
row-level security, of PostgreSQL (`tests/unit/test_access_matrix.py`, `tests/integration/test_wall_matrix.py`): no cell may differ.

There are two walls. The **policy** is pure Python, asked on every request. The **database** asks again, by itself: each transaction
carries the caller's opaque token in `app.session`; a function of the tables' owner finds the session, the account, the person and the
roles of the day (Asia/Shanghai), and each table's policy compares (`ledger/wall`). Who reaches a case sees it less what the role does
not need (below, and the data of {len(ASSESSMENT_EVENTS)} kinds of event of the assessment). Whoever a case's own wall names sees
nothing of the case, whatever the role.
"""


def page() -> str:
    """The whole document."""
    directory = city()
    reach = (*_reach_table(directory), *_inquiry_table(directory), *_withheld_table(directory))
    return "\n".join([INTRO, *reach, *_reads(), *_commands(directory), *_tables()]) + "\n"


def _codes() -> list[Relation]:
    return list(relations("C-HERE", city()))


def _reach_table(directory: Directory) -> Iterator[str]:
    yield "## Which cases a role reaches\n\nThe case stands so to the office at which the role is held, or to the person:\n"
    yield from (f"- **{relation.code}**: {relation.said}" for relation in _codes())
    codes = [relation.code for relation in _codes()]
    yield f"\n| role | held at | {' | '.join(codes)} |\n|---|---|{'---|' * len(codes)}"
    for role, office, said in HELD:
        found = reached(role, office, directory)
        yield f"| {role} | {said} | {' | '.join('●' if found[code] else '' for code in codes)} |"
    yield ""


def _inquiry_table(directory: Directory) -> Iterator[str]:
    yield "## Which consultations and duty requests a role reaches\n"
    codes = [relation.code for relation in inquiry_relations("C-HERE", directory)]
    yield "As of cases, and **handed**: of another county, handed to the person and not yet taken over.\n"
    yield f"| role | held at | {' | '.join(codes)} |\n|---|---|{'---|' * len(codes)}"
    for role, office, said in HELD:
        found = inquired(role, office, directory)
        yield f"| {role} | {said} | {' | '.join('●' if found[code] else '' for code in codes)} |"
    yield ""


def _withheld_table(directory: Directory) -> Iterator[str]:
    yield "## What a role that reaches the case is not shown\n\n| role | fields of the case that are absent |\n|---|---|"
    for role, places in groupby(HELD, key=lambda held: held[0]):
        offices = [office for _, office, _ in places]
        hidden = next(
            (
                withheld(person(role, office), r.case, directory)
                for office in offices
                for r in relations(office, directory)
                if may_see(person(role, office), r.case, directory)
            ),
            None,
        )
        yield f"| {role} | {'reaches no case' if hidden is None else ', '.join(hidden) or 'none'} |"
    yield ""


def _reads() -> Iterator[str]:
    seen = "every role that reaches the case"
    yield "## Reads\n\n| what is read | by whom |\n|---|---|"
    yield f"| a case, its history, changes, limits, story, papers, files | {seen}, less what is withheld |"
    yield f"| case list, search, deadlines, my queue | {seen}: a list shows no case that its page denies |"
    yield f"| histories across cases | {', '.join(sorted(ACROSS_ROLES))}, of the cases they reach |"
    yield "| who read personal data and who was refused, with the reasons given | auditor; supervisor, of one case they reach at a time |"
    yield "| messages | their person alone |"
    yield "| the directory, rules, calendars | everybody signed in |"
    yield "| accounts and sessions | their own; security_administrator and (accounts) auditor those of all |\n"
    yield "Whatever of this is personal is recorded before it is shown ([ledger of reads](ledger.md#the-ledger-of-reads)). A reason that is"
    yield "given is free text, so it is sealed, and shown to who may ask who read; what a colleague read is told to who gives one.\n"


def _commands(directory: Directory) -> Iterator[str]:
    """A table a stream: what is allowed where, by relation. Roles that may issue none of them have no column."""
    yield "## Commands\n\nA cell names the relations (above) in which the role may issue the command; whether the case allows it then"
    yield "is a matter of its state ([lifecycle](lifecycle.md)). `open`: the command opens a stream, at an office of the person's choice;"
    yield "`every one`: all relations, but no case behind a wall that names the person."
    yield "`system` is the product itself: its commands come from the worker and from nobody else."
    for stream, kinds in groupby(sorted(COMMANDS.values(), key=_stream), key=_stream):
        commands = sorted(kinds, key=lambda c: (c.room, c.name))
        used = {role for command in commands for role in command.roles}
        held = [(role, office, said) for role, office, said in HELD if role in used]
        yield f"\n### On a {stream}\n\n| command | {' | '.join(f'{role}, {said}' for role, _, said in held)} | system |"
        yield f"|---|{'---|' * len(held)}---|"
        for command in commands:
            cells = [_cell(commanded(command.name, role, office, directory)) for role, office, _ in held]
            yield f"| `{command.name}` | {' | '.join(cells)} | {'●' if 'system' in command.roles else ''} |"
    yield ""


def _stream(command: type[Command]) -> str:
    return command.stream or "stream of any kind"


def _cell(found: Mapping[str, bool]) -> str:
    codes = [code for code, allowed in found.items() if allowed]
    everything = len(codes) > 1 and codes == [code for code in found if code != "walled"]
    return "every one" if everything else ", ".join(codes)


def _tables() -> Iterator[str]:
    yield "## The database's own wall\n\nEach table's rows, as the role `app` under a session sees and writes them. The worker's own role"
    yield "reads and writes for the product; the owner's is for migrations alone; the roles under `beside` read every row.\n"
    yield "| table | reads | adds | changes | removes | beside | why |\n|---|---|---|---|---|---|---|"
    for table, wall in sorted(TABLES.items()):
        rules = (wall.read, wall.add, wall.change, wall.remove)
        cells = (f"`{rule.replace('|', chr(92) + '|')}`" if rule else "nobody" for rule in rules)
        beside = ", ".join([*wall.told, *(f"{role} where `{which}`" for role, which in wall.told_some.items())])
        yield f"| {table} | {' | '.join(cells)} | {beside} | {wall.why} |"
    yield ""
    yield from (f"Without row-level security: `{table}`. {why}" for table, why in OPEN.items())


def main(arguments: list[str]) -> int:
    """Exit status 1 where `--check` finds the page out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    if not parser.parse_args(arguments).check:
        DOC.write_text(page(), encoding="utf-8")
        return 0
    if DOC.exists() and DOC.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write("docs/access.md is out of date: run scripts/access_doc.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
