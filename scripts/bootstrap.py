"""From `python3` and nothing else to a ready `.venv`. Runs on any Python from 3.8 on, standard library only.

    bootstrap.py run          the runtime requirements and the project itself
    bootstrap.py dev          those and what the checks and tests need
    bootstrap.py lock         make the locked requirements anew
    bootstrap.py wheel NAME   install the tool locked in scripts/locks/NAME.txt into the user's cache, print its folder

Every step is keyed by the hash of its inputs: when nothing has changed, nothing is done.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOCKS = ROOT / "scripts" / "locks"
STAMP = VENV / "yuanshou-installed.json"
OLDEST = (3, 12)
WANTED = "3.13"
NAMES = ("python3.13", "python3.12", "python3.14", "python3", "python")


class Stuck(Exception):  # noqa: N818 - what stands in the way, said to a person
    """A step cannot be done on this machine; the message says what would mend it."""


def say(text: str) -> None:
    sys.stderr.write(f"yuanshou: {text}\n")
    sys.stderr.flush()


def digest(*paths: Path) -> str:
    """SHA-256 over the paths' contents, in order, as hex."""
    total = hashlib.sha256()
    for path in paths:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def cache() -> Path:
    """The user's cache of this project: `$XDG_CACHE_HOME/yuanshou`, else `~/.cache/yuanshou`."""
    base = os.environ.get("XDG_CACHE_HOME")
    home = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    found = home / "yuanshou"
    found.mkdir(parents=True, exist_ok=True)
    return found


def call(arguments: Sequence[object], advice: str, *, env: dict[str, str] | None = None, typed: bytes | None = None) -> None:
    """Run a program; a failure is a `Stuck` with the advice."""
    try:
        subprocess.run([str(one) for one in arguments], check=True, env=env, input=typed)
    except (OSError, subprocess.CalledProcessError) as fault:
        raise Stuck(f"{advice}\n  ({fault})") from fault


def pip() -> str:
    """An interpreter that has pip: this one, else a private venv's. Debian's bare python3 has neither pip nor ensurepip."""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
        return sys.executable
    place = cache() / "pip"
    if not (place / "bin" / "python").exists() or not list(place.glob("lib/*/site-packages/pip")):
        shutil.rmtree(place, ignore_errors=True)
        call([sys.executable, "-m", "venv", place], "python3 has neither pip nor venv; on Debian: apt-get install python3-venv")
    return str(place / "bin" / "python")


def uv() -> str:
    """The pinned uv: the one on PATH if it is that version, else installed by pip, hashed, into the user's cache."""
    lock = LOCKS / "uv.txt"
    version = lock.read_text().split()[0].split("==")[1]
    on_path = shutil.which("uv")
    if on_path:
        answer = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=False).stdout
        if answer.split()[1:2] == [version]:
            return on_path
    place = cache() / f"uv-{version}-{digest(lock)[:12]}"
    if not (place / "bin" / "uv").exists():
        say(f"installing uv {version} into the cache")
        with tempfile.TemporaryDirectory(dir=str(cache())) as scratch:
            call(
                [
                    pip(),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--require-hashes",
                    "--no-deps",
                    "--only-binary",
                    ":all:",
                    "--target",
                    scratch,
                    "-r",
                    lock,
                ],
                "uv could not be installed: is the package index reachable (PIP_INDEX_URL, proxy)?",
                env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            )
            settle(Path(scratch), place)
    return str(place / "bin" / "uv")


def settle(scratch: Path, place: Path) -> None:
    """Move a finished folder to its name; another process that was quicker has made the same one."""
    ready = Path(tempfile.mkdtemp(dir=str(place.parent)))
    ready.chmod(0o755)
    for entry in scratch.iterdir():
        entry.replace(ready / entry.name)
    try:
        ready.replace(place)
    except OSError:
        shutil.rmtree(ready)
        if not place.exists():
            raise


def uv_environment() -> dict[str, str]:
    """The environment for uv, which reads no pip settings: where only pip was told of an index or certificates, pass them on."""
    env = dict(os.environ)
    env.pop("VIRTUAL_ENV", None)
    if "UV_DEFAULT_INDEX" not in env and "UV_INDEX_URL" not in env:
        index = env.get("PIP_INDEX_URL")
        if not index:
            answer = subprocess.run(
                [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
            )
            index = answer.stdout.strip() if answer.returncode == 0 else ""
        if index:
            env["UV_DEFAULT_INDEX"] = index
    if "PIP_CERT" in env:
        env.setdefault("SSL_CERT_FILE", env["PIP_CERT"])
    env.setdefault("UV_HTTP_TIMEOUT", env.get("PIP_DEFAULT_TIMEOUT", "120"))
    return env


def version_of(program: Path) -> tuple[int, int] | None:
    """The version a Python says it has, or None: a pyenv shim of an unset version is there but does not run."""
    try:
        answer = subprocess.run(
            [str(program), "-c", "import sys; print(*sys.version_info[:2], sys.implementation.name)"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = answer.stdout.split()
    return (int(words[0]), int(words[1])) if answer.returncode == 0 and words[2:] == ["cpython"] else None


def candidates() -> Iterator[Path]:
    """Pythons in the order they are tried: PATH, then those pyenv has built."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            yield Path(found)
    shims = [Path(entry).parent for entry in os.environ.get("PATH", "").split(os.pathsep) if Path(entry).name == "shims"]
    roots = dict.fromkeys([Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"), *shims])  # on PATH also where HOME is another
    for minor in ("3.13", "3.12", "3.14"):
        for root in roots:
            for folder in sorted((root / "versions").glob(minor + ".*"), reverse=True):
                yield folder / "bin" / "python"


def python() -> str:
    """A Python new enough for the system, else one that uv fetches."""
    for program in candidates():
        if (version_of(program) or (0, 0)) >= OLDEST:
            return str(program)
    say(f"no Python {OLDEST[0]}.{OLDEST[1]} or newer found: fetching {WANTED} with uv")
    call(
        [uv(), "python", "install", WANTED],
        f"no Python {OLDEST[0]}.{OLDEST[1]}+ here and none could be fetched: install one (Debian: python3.13 or python3.12;"
        f" or pyenv install {WANTED}) and run again",
        env=uv_environment(),
    )
    return WANTED


def environment() -> None:
    """`.venv` on a fitting Python; one that no longer runs (its Python was removed) is made anew."""
    if (version_of(VENV / "bin" / "python") or (0, 0)) < OLDEST:
        base = python()
        say(f"making .venv with {base}")
        call(
            [uv(), "venv", "--quiet", "--clear", "--python", base, VENV], "the virtual environment could not be made", env=uv_environment()
        )


def install(kind: str) -> None:
    """Bring `.venv` to the lock: exactly its packages, then the project itself, editable, built by the locked backend."""
    environment()
    before = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    if before.get("kind") == "dev":
        kind = "dev"  # `make run` after `make test` takes nothing away
    lock = ROOT / ("requirements-dev.txt" if kind == "dev" else "requirements.txt")
    now = {"kind": kind, "inputs": digest(lock, ROOT / "pyproject.toml")}
    if before == now and (VENV / "bin" / "yuanshou").exists():
        return
    say(f"installing {lock.name} into .venv")
    tool, env, target = uv(), uv_environment(), VENV / "bin" / "python"
    if STAMP.exists():
        STAMP.unlink()
    call([tool, "pip", "sync", "--quiet", "--require-hashes", "--python", target, lock], "the requirements could not be installed", env=env)
    call(
        [tool, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", target, "-e", ROOT],
        "the project could not be installed into .venv",
        env=env,
    )
    STAMP.write_text(json.dumps(now))


def wheel(name: str) -> Path:
    """A tool from its locked wheel, in a folder of the cache keyed by the lock."""
    lock = LOCKS / f"{name}.txt"
    if not lock.exists():
        raise Stuck(f"no lock for {name}: there are {', '.join(sorted(path.stem for path in LOCKS.glob('*.txt')))}")
    place = cache() / f"{name}-{digest(lock)[:12]}"
    if not place.exists():
        say(f"installing {lock.read_text().split()[0]} into the cache")
        with tempfile.TemporaryDirectory(dir=str(cache())) as scratch:
            call(
                [
                    uv(),
                    "pip",
                    "install",
                    "--quiet",
                    "--require-hashes",
                    "--no-deps",
                    "--python",
                    VENV / "bin" / "python",
                    "--target",
                    scratch,
                    "-r",
                    lock,
                ],
                f"{name} could not be installed",
                env=uv_environment(),
            )
            settle(Path(scratch), place)
    return place


def lock() -> None:
    """Make the locks anew from `pyproject.toml` and the tools' pins; hashed, for every platform, naming no host."""
    arguments = [uv(), "pip", "compile", "--quiet", "--upgrade", "--universal", "--python-version", ".".join(map(str, OLDEST))]
    arguments += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"]
    env = uv_environment()
    project = [ROOT / "pyproject.toml", "--group", "build"]
    call([*arguments, *project, "-o", ROOT / "requirements.txt"], "requirements.txt could not be locked", env=env)
    # the tests run on the very versions that are shipped
    call(
        [*arguments, *project, "--group", "dev", "-c", ROOT / "requirements.txt", "-o", ROOT / "requirements-dev.txt"],
        "requirements-dev.txt could not be locked",
        env=env,
    )
    for pinned in sorted(LOCKS.glob("*.txt")):
        # A tool keeps its version; what it stands on is looked for anew.
        pin = next(word for word in pinned.read_text().split() if word.partition("==")[0] == pinned.stem)
        call([*arguments, "-", "-o", pinned], f"{pin} could not be locked", env=env, typed=pin.encode())


def main(arguments: list[str]) -> int:
    try:
        if arguments[:1] in (["run"], ["dev"]):
            install(arguments[0])
        elif arguments == ["lock"]:
            lock()
        elif arguments[:1] == ["wheel"] and len(arguments) == 2:
            print(wheel(arguments[1]))  # noqa: T201 - the folder is the answer
        else:
            sys.stderr.write(__doc__)
            return 2
    except Stuck as fault:
        say(str(fault))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
