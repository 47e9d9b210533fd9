"""Make the secrets of a production installation: deploy/env/*.env, 0600, one file for each that must know them.

    python3 deploy/make_env.py

A file that is there is kept: passwords of a running installation do not change under it. Standard library only.
"""

import os
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "env"
ROLES = ("owner", "app", "worker", "reader", "auditor", "temporal")


def main() -> int:
    names = ("postgres.env", "app.env", "worker.env", "owner.env", "temporal.env")
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    there = [name for name in names if (FOLDER / name).exists()]
    if there:
        sys.stderr.write(f"kept as they are: {', '.join(there)}\n")
        return 0 if len(there) == len(names) else 1
    word = {role: secrets.token_urlsafe(32) for role in (*ROLES, "postgres")}
    app = f"DATABASE_URL=postgresql://app:{word['app']}@postgres:5432/yuanshou"
    worker = f"postgresql://worker:{word['worker']}@postgres:5432/yuanshou"
    owner = f"DATABASE_OWNER_URL=postgresql://owner:{word['owner']}@postgres:5432/yuanshou"
    _write("postgres.env", [f"POSTGRES_PASSWORD={word['postgres']}", *(f"{role.upper()}_PASSWORD={word[role]}" for role in ROLES)])
    # The HTTP process signs people in and waits for outcomes in the product's own name; the worker acts for nobody else.
    _write("app.env", [app, f"DATABASE_WORKER_URL={worker}"])
    _write("worker.env", [f"DATABASE_URL={worker}"])
    _write("owner.env", [app, owner])
    _write("temporal.env", [f"POSTGRES_PWD={word['temporal']}", f"SQL_PASSWORD={word['temporal']}"])
    return 0


def _write(name: str, lines: list[str]) -> None:
    with os.fdopen(os.open(FOLDER / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
