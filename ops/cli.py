"""The `yuanshou` command."""

import asyncio
import json
import os
import signal
import sys
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import psycopg
import typer
from filelock import FileLock, Timeout
from rich.console import Console
from rich.table import Table

from ops import postgres
from ops.home import Home
from ops.process import BUSY, EngineError, find, held_by

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Yuanshou runs the work of legal-aid centres. YUANSHOU_HOME (./var) is where a system keeps its things; "
    "DATABASE_URL and TEMPORAL_ADDRESS replace the embedded engines.",
)
_terminal = Console(stderr=True, highlight=False)
AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON on standard output.")]


def say(text: str) -> None:
    """A line for the person at the terminal; standard output is for answers."""
    _terminal.print(text, markup=False, soft_wrap=True)


def give_up(text: str, status: int = 1) -> NoReturn:
    say(text)
    raise typer.Exit(status)


def public_port() -> int:
    """`YUANSHOU_PORT`, else 8000."""
    value = os.environ.get("YUANSHOU_PORT") or "8000"
    if not value.isdigit() or not 0 < int(value) < 65536:
        give_up(f"YUANSHOU_PORT is {value!r}, which is no port number", BUSY)
    return int(value)


@app.command()
def up(
    example: Annotated[bool, typer.Option(envvar="YUANSHOU_EXAMPLE", help="Load the worked example and its accounts.")] = True,
) -> None:
    """Run the whole system in the foreground until Ctrl-C.

    Exit status: 0 stopped as asked, 1 something did not come up, 2 the home or the port is taken.
    """
    from ops.supervisor import Programs, Supervisor

    home, port = Home.of(), public_port()
    programs = Programs() if example else Programs(seed=None)
    os.environ["YUANSHOU_EXAMPLE"] = "1" if example else "0"

    def ready(at: str) -> None:
        announce(home, at)

    raise typer.Exit(Supervisor(home, port, say, programs, ready).run())


def announce(home: Home, address: str) -> None:
    """Where the system is and who to sign in as."""
    say(f"\nYuanshou is ready: {address}\n")
    if home.logins_file.exists():
        fields = ("username", "password", "role", "office", "name")
        table = Table(*fields, title="Sign in as", title_justify="left")
        for login in json.loads(home.logins_file.read_text(encoding="utf-8")):
            table.add_row(*(str(login[field]) for field in fields))
        wide = Console(stderr=True, highlight=False, width=max(_terminal.width, 120))  # a password cut short lets nobody in
        wide.print(table, crop=False)
    say("Ctrl-C stops it; the next start goes on where this one was.")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is missing on this machine and in this home, and how to mend it.

    Exit status: 0 nothing is wrong, 1 something is.
    """
    from ops.doctor import examine

    home = Home.of()
    findings = examine(home, public_port(), address(home, "app"), address(home, "owner"), address(home, "worker"))
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            mark = {True: "ok", False: "BAD", None: "-"}[finding.ok]
            typer.echo(f"{mark:>3}  {finding.what:<14} {finding.found}")
            if finding.mend and finding.ok is not True:
                typer.echo(f"     -> {finding.mend}")
    raise typer.Exit(1 if any(finding.ok is False for finding in findings) else 0)


@app.command(name="migrate")
def migrate_(as_json: AsJson = False) -> None:
    """Bring the database to the newest shape, as its owner; the embedded one is started for it when it is down.

    Exit status: 0 it is up to date, 1 it could not be brought there, 2 another start holds the home.
    """
    home = Home.of()
    owner = address(home, "owner")
    try:
        if owner and (os.environ.get("DATABASE_URL") or answers(owner)):
            _migrate(owner, as_json)
            return
        home.create()
        with FileLock(home.lock_file, timeout=0):
            cluster = postgres.ensure(home)
            server = postgres.start(cluster)
            try:
                _migrate(cluster.dsn("owner"), as_json)
            finally:
                postgres.stop(server)
    except Timeout:
        give_up(held_by(home), BUSY)
    except (EngineError, psycopg.OperationalError) as fault:
        give_up(str(fault))


def _migrate(owner: str, as_json: bool) -> None:
    from ops.migration import migrate, pending

    applied = pending(owner)
    if migrate(owner):
        say("the wall of row-level security was put up")
    if as_json:
        typer.echo(json.dumps({"applied": applied}))
    else:
        say(f"applied: {', '.join(applied)}" if applied else "nothing to apply")


@app.command(name="import")
def import_(
    kind: Annotated[str, typer.Argument(help="offices, people, units, lawyers, townships or tariffs.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV (UTF-8 or GBK) or XLSX.")],
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would change.")] = False,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From which day rows hold that do not say; today.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a table into the directory: all of it, or nothing where a row is faulty. Taken in again it changes nothing.

    Exit status: 0 written (or nothing to write, or previewed without a fault), 1 a fault, 2 no such kind or no database.
    """
    from api.imports import KINDS, Sent
    from api.problem import Problem, document
    from domain.directory.sheets import ImportKind
    from ops.importing import lines, take_in

    found: ImportKind | None = next((each for each in KINDS if each == kind), None)
    if found is None:
        give_up(f"{kind!r} is none of {', '.join(KINDS)}", BUSY)
    dsn = address(Home.of(), "worker")  # in the product's own name: the terminal is nobody's session
    if not dsn:
        give_up("there is no database yet: start the system first, or set DATABASE_URL", BUSY)
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    try:
        with file.open("rb") as opened:
            sent = Sent(found, file.name, opened, since.date() if since else now.date())
            report = take_in(dsn, sent, only_preview=preview, now=now)
    except Problem as problem:
        give_up(f"{file.name}: {document(problem, 'en')['detail']}")
    except psycopg.OperationalError as fault:
        give_up(str(fault), BUSY)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        for line in lines(report):
            typer.echo(line)
    raise typer.Exit(1 if report["faulty"] else 0)


@app.command()
def export(  # noqa: PLR0917 -- the verb's options
    form: Annotated[str, typer.Argument(help="xes, ocel2, ocel2-sqlite or csv; or bundle.")],
    case: Annotated[str | None, typer.Argument(help="Of a bundle: the case, by its id, case number or register number.")] = None,
    file: Annotated[Path | None, typer.Argument(dir_okay=False, help="Of a bundle: the file to write.")] = None,
    out: Annotated[Path | None, typer.Option("--out", dir_okay=False, help="The file to write.")] = None,
    reason: Annotated[str | None, typer.Option(help="Of a bundle: why the case is taken out; it is recorded.")] = None,
    types: Annotated[list[str] | None, typer.Option("--type", help="Of this type of event; may be given several times.")] = None,
    office: Annotated[str | None, typer.Option(help="Done in this office or one below it.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Of this legal day or a later one.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Of this legal day or an earlier one.")] = None,
    upto: Annotated[int | None, typer.Option(min=0, help="Up to this position of the ledger: the same file again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the histories of all cases for process mining, with stand-ins in place of the codes of cases and people.

    `yuanshou export bundle CASE FILE --reason WHY` writes one case for a court: the archive that its page gives, names opened; that it was
    read is recorded first. Exit status: 0 written, 1 it could not be, 2 no such form or no database.
    """
    if form == "bundle":
        _bundle(case, file or out, reason, as_json=as_json)
        return
    if out is None:
        give_up("name the file to write: --out FILE", BUSY)
    from api.exporting import WRITERS, Form
    from api.history_filters import Asked
    from ledger.keys import KeyFault
    from ops.exporting import write
    from readmodels.history import EventQuery

    found: Form | None = next((each for each in WRITERS if each == form), None)
    if found is None:
        give_up(f"{form!r} is none of {', '.join(WRITERS)}", BUSY)
    home = Home.of()
    dsn = address(home, "worker")
    if not dsn:
        give_up("there is no database yet: start the system first, or set DATABASE_URL", BUSY)
    query = EventQuery(
        types=tuple(types or ()), legal_from=since.date() if since else None, legal_to=until.date() if until else None, upto=upto
    )
    try:
        written = write(dsn, home.keys, found, Asked(query, office), out)
    except psycopg.OperationalError as fault:
        give_up(str(fault), BUSY)
    except (OSError, KeyFault) as fault:
        give_up(str(fault))
    if as_json:
        typer.echo(json.dumps({"file": str(written.path), "bytes": written.size, "upto": written.upto}))
    else:
        say(f"{written.path}: {written.size} bytes, up to position {written.upto}")


def _bundle(case: str | None, out: Path | None, reason: str | None, *, as_json: bool) -> None:
    from psycopg_pool import PoolTimeout

    import texts
    from api.problem import Problem
    from api.recorder import NotRecorded
    from ledger.keys import KeyFault
    from ledger.settings import SealingSettings, SettingsFault
    from ops.exporting import AskedCase, bundle

    if case is None or out is None or not reason:
        give_up("a bundle needs all three: yuanshou export bundle CASE FILE --reason WHY", BUSY)
    home = Home.of()
    worker = address(home, "worker")
    if not worker:
        give_up("there is no database yet: start the system first, or set DATABASE_URL", BUSY)
    try:
        made = bundle(worker, home.keys, SealingSettings.of(home.path).anchors, AskedCase(case, reason), out)
    except SettingsFault as fault:
        give_up(str(fault), BUSY)
    except Problem as problem:
        give_up(texts.refusal("en", problem.code, **problem.values)[1])
    except NotRecorded:
        give_up("the ledger of reads does not answer: what is not recorded is not given out")
    except (psycopg.OperationalError, PoolTimeout) as fault:
        give_up(str(fault), BUSY)
    except (OSError, KeyFault) as fault:
        give_up(str(fault))
    if as_json:
        told = {"file": str(made.path), "bytes": made.size, "manifest": made.manifest, "versions": made.versions, "later": made.later}
        typer.echo(json.dumps(told))
    else:
        say(f"{made.path}: {made.size} bytes, records 1 to {made.versions}; manifest.json SHA-256 {made.manifest}")


@app.command()
def dsn(
    owner: Annotated[bool, typer.Option("--owner", help="The owner's address: for migrations and repairs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the database's address for the application, password included.

    Exit status: 0 the database answers there, 1 it does not now (the address is that of the last run), 2 there is none yet.
    """
    home = Home.of()
    found = address(home, "owner" if owner else "app")
    if found is None:
        give_up(f"{home.path} has no database yet: `make run` makes it, or set DATABASE_URL", BUSY)
    up_now = answers(found)
    typer.echo(json.dumps({"dsn": found, "answers": up_now}) if as_json else found)
    if not up_now:
        give_up("the database does not answer there now: `make run` starts it")


@app.command()
def seed(as_json: AsJson = False) -> None:
    """Load the worked example into the running system, or go on where an earlier loading ended.

    Exit status: 0 it is complete, 1 it is not, 2 the system is not running.
    """
    home = running_home()
    from ops.example.load import main as load

    done = load(f"http://127.0.0.1:{os.environ['YUANSHOU_PORT']}", home, today=datetime.now(ZoneInfo("Asia/Shanghai")).date(), say=say)
    if as_json:
        typer.echo(json.dumps(asdict(done), ensure_ascii=False))
    elif done.already:
        say("the worked example is there already")
    else:
        say(f"the worked example: {done.cases} cases, {done.commands} commands, {done.replayed} of them from an earlier loading")
        for fault in done.faults:
            say(f"  {fault}")
    raise typer.Exit(done.status)


@app.command()
def rearm(as_json: AsJson = False) -> None:
    """Wake the workflow of every case that waits for something: after Temporal's data was lost or a backup restored.

    Exit status: 0 all were woken, 1 not, 2 the system is not running.
    """
    running_home()
    from ledger.settings import Settings
    from workers.rearm import rearm_all

    woken = rearm_all(Settings.from_environment())
    typer.echo(json.dumps({"woken": woken}) if as_json else f"{woken} cases woken")


@app.command()
def seal(
    adopt: Annotated[bool, typer.Option("--adopt", help="The signer's memory is lost: take up its last checkpoint that is found.")] = False,
    rotate_key: Annotated[
        bool, typer.Option("--rotate-key", help="Sign with a new key from now on; the one before signs too for a week.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign the ledgers' heads now and put them wherever there is an anchor.

    Exit status: 0 done, 1 a ledger was not sealed or a checkpoint not anchored, 2 the system is not running.
    """
    from ledger.keys import KeyFault
    from ledger.settings import Settings
    from ledger.signer import SealRefused
    from ops.sealing import Asked
    from ops.sealing import seal as run

    running_home()
    try:
        done = asyncio.run(run(Settings.from_environment(), Asked(rotate_key, adopt)))
    except (SealRefused, KeyFault) as fault:
        give_up(str(fault))
    except psycopg.OperationalError as fault:
        give_up(str(fault), BUSY)
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False, indent=1))
    else:
        for each in done["sealed"]:
            typer.echo(f"{each['ledger']}: {each['size']} events, root {each['root']}, {each['time']}")
        for each in (*done["refused"], *done["not_anchored"]):
            say(", ".join(f"{name} {value}" for name, value in each.items()))
    raise typer.Exit(1 if done["refused"] or done["not_anchored"] else 0)


@app.command(name="verify")
def verify_(  # noqa: PLR0917 -- the verb's options
    ledger: Annotated[list[str] | None, typer.Option("--ledger", help="Only this ledger: case or access; may be given twice.")] = None,
    since: Annotated[Path | None, typer.Option("--since", help="A checkpoint kept elsewhere: hash only what came after it.")] = None,
    vkeys: Annotated[Path | None, typer.Option("--vkeys", help="Public keys kept elsewhere, instead of the home's own.")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, max=64, help="Processes that hash; one a core if not said.")] = None,
    canonical: Annotated[bool, typer.Option("--canonical", help="Also: is every body canonical JSON?")] = False,
    personal: Annotated[bool, typer.Option("--personal", help="Also: does every personal value open where it stands?")] = False,
    files: Annotated[bool, typer.Option("--files", help="Also: is every evidence file the one that was recorded?")] = False,
    read_models: Annotated[bool, typer.Option("--read-models", help="Also: do read models and snapshots say what the events say?")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Also: are triggers, rights, policies and roles as they should be?")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All of these.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read every event again, hash it, and hold the ledger against every checkpoint and anchor.

    Exit status: 0 clean, 1 tampering (each finding names ledger, position, class and the nearest good checkpoint), 2 it could not be
    carried out, 3 clean but the last anchor is older than the policy.
    """
    from ledger.verify.claims import Trouble
    from ops.verifying import Asked, could_not_run, lines, run

    home = Home.of()
    asked = Asked(
        tuple(ledger or ()), since, vkeys, jobs, canonical or everything, personal or everything, files or everything,
        read_models or everything, schema or everything,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it gets the same answer as Ctrl-C does
    try:
        outcome = run(home, address(home, "worker"), asked, quiet=as_json)
    except Trouble as fault:
        told = could_not_run(home, asked, fault, datetime.now(UTC).isoformat())
        if as_json:
            typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        give_up(f"the verification could not be carried out: {fault}", BUSY)
    except (Exception, KeyboardInterrupt):  # noqa: BLE001 -- whatever broke it off is no verdict, and its status must not look like one
        traceback.print_exc()
        give_up("the verification was broken off", BUSY)
    if as_json:
        typer.echo(json.dumps(outcome.as_dict(), ensure_ascii=False, indent=1))
    else:
        for line in lines(outcome):
            typer.echo(line)
    raise typer.Exit(outcome.status)


@app.command(name="rebuild")
def rebuild_(
    models: Annotated[list[str] | None, typer.Argument(help="Read models by name; all where none is named.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether they hold what the ledger says.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make read models anew from the ledger while the system runs: readers see the old rows or the new ones, and Ctrl-C leaves the old.

    Exit status: 0 they hold what the ledger says, 1 they do not, or the ledger cannot be read, 2 no such model, no database, or another
    rebuild is at it.
    """
    from ops.rebuilding import as_dict, lines, run, unknown
    from readmodels.rebuild import AnotherRebuild, Unreadable

    names = models or []
    if strange := unknown(names):
        give_up(f"no read model is called {', '.join(strange)}", BUSY)
    dsn = address(Home.of(), "owner")
    if not dsn:
        give_up("there is no database yet: start the system first, or set DATABASE_URL", BUSY)
    try:
        report, seconds = run(dsn, names, only_check=check, quiet=as_json)
    except Unreadable as fault:
        give_up(f"the ledger cannot be read, nothing was written: {fault}")
    except AnotherRebuild:
        give_up("another rebuild is at it", BUSY)
    except psycopg.OperationalError as fault:
        give_up(str(fault), BUSY)
    if as_json:
        typer.echo(json.dumps(as_dict(report, seconds), ensure_ascii=False, indent=1))
    else:
        for line in lines(report, seconds):
            typer.echo(line)
    raise typer.Exit(0 if report.same else 1)


@app.command()
def shred(
    complete: Annotated[bool, typer.Option("--complete", help="Carry out what two people decided and is not complete.")] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Rewrite the tables of keys and search terms, so that no file of them holds what was deleted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say which erasures wait, which are complete, and whether the list of the erased and the database agree.

    Who is erased is decided by two people on the pages or the API; the terminal is nobody's session and only carries it out.
    Exit status: 0 nothing is left to be done, 1 something is, or the files forbid it meanwhile, 2 no database.
    """
    from ledger import logs
    from ledger.settings import Settings, SettingsFault
    from ops.shredding import lines, report

    logs.configure("shred")  # to standard error: standard output is for the report

    home = Home.of()
    worker = address(home, "worker")
    if not worker or not answers(worker):
        give_up("no database answers: start the system first, or set DATABASE_URL", BUSY)
    os.environ.setdefault("DATABASE_URL", worker)
    os.environ.setdefault("TEMPORAL_ADDRESS", "none")  # nothing is asked of it here
    os.environ["YUANSHOU_HOME"] = str(home.path)
    try:
        found = report(worker, address(home, "owner") if sweep else None, Settings.from_environment().shred_list, complete=complete)
    except (SettingsFault, EngineError, psycopg.OperationalError, OSError) as fault:
        give_up(str(fault))
    if as_json:
        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
    else:
        for line in lines(found):
            typer.echo(line)
    raise typer.Exit(0 if found.clean else 1)


accounts = typer.Typer(no_args_is_help=True, help="The first accounts of a system; later ones are made on its pages.")
app.add_typer(accounts, name="account")


class FirstRole(StrEnum):
    """Whom the first accounts are for."""

    SECURITY = "security_administrator"
    SYSTEM = "system_administrator"


@accounts.callback()
def account() -> None:
    """The first accounts of a system; later ones are made on its pages."""


@accounts.command()
def create(  # noqa: PLR0917 -- the verb's options
    username: str,
    person: Annotated[str, typer.Option(help="Code of the person in the directory; entered where it is not there.")],
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    role: Annotated[FirstRole, typer.Option(help="Each as long as nobody holds it.")] = FirstRole.SECURITY,
    office: Annotated[str, typer.Option(help="Code of the office; opened as the city's bureau where it is not there.")] = "B-CITY",
    office_name: Annotated[str, typer.Option(help="The office's name.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make the account of the first security or system administrator and print its first password, which the first sign-in changes.

    Exit status: 0 it is made, 1 it is not, 2 the system is not running.
    """
    from ledger.store import Database
    from ops.account import First, create_first

    running_home()
    first = First(username, role.value, person, name, office, office_name)

    async def make() -> str:
        async with Database(os.environ["DATABASE_WORKER_URL"], size=1, name="yuanshou-account") as database:
            return await create_first(database, first, datetime.now(UTC))

    try:
        password = asyncio.run(make())
    except EngineError as fault:
        give_up(str(fault))
    if as_json:
        typer.echo(json.dumps({"username": username, "first_password": password}))
    else:
        say(f"{username} ({role.value}) may sign in; the first password, to be changed then:")
        typer.echo(password)


def address(home: Home, role: str) -> str | None:
    """The database's address for a role: from the environment, else of the running or last run; None before the first."""
    given = os.environ.get("DATABASE_URL")
    if given:
        own = {"owner": "DATABASE_OWNER_URL", "worker": "DATABASE_WORKER_URL"}.get(role, "DATABASE_URL")
        return os.environ.get(own) or given
    port = home.running().get("postgres_port")
    if not isinstance(port, int) or not (home.keys / f"postgres-{role}").exists():
        return None
    return postgres.Cluster(home, Path(), port, None, None).dsn(role)


def answers(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn, connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


def running_home() -> Home:
    """The home, its engines' addresses put into this process's environment as the supervisor gives them to its own."""
    home = Home.of()
    run = home.running()
    if not (os.environ.get("DATABASE_URL") and os.environ.get("TEMPORAL_ADDRESS")) and find(run.get("supervisor")) is None:
        give_up(f"no system runs on {home.path}: `make run` starts it", BUSY)
    os.environ["YUANSHOU_HOME"] = str(home.path)
    os.environ.setdefault("DATABASE_WORKER_URL", address(home, "worker") or "")
    os.environ.setdefault("DATABASE_URL", address(home, "app") or "")
    os.environ.setdefault("TEMPORAL_ADDRESS", str(run.get("temporal_address", "")))
    os.environ.setdefault("YUANSHOU_PORT", str(run.get("address", ":8000")).rpartition(":")[2])
    return home


def main() -> None:
    """The entry point of `.venv/bin/yuanshou`."""
    app()


if __name__ == "__main__":
    sys.exit(main())
