"""A witness as a process of its own, for another office: `python -m workers.witness`.

`--keys` is a file with the vkeys of the installations to be watched, one a line: their `checkpoint.vkeys` one after another. It is read
at the start. The first start makes the witness's own key in its folder and says its vkey, which goes into `YUANSHOU_WITNESS_VKEY` there.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import logs, note
from ledger.durable import draft_of
from notify.witness import Witness


def _key(path: Path) -> Ed25519PrivateKey:
    """The witness's key, made where there is none (0600)."""
    if not path.exists():
        draft = draft_of(path, Ed25519PrivateKey.generate().private_bytes_raw().hex())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii").strip()))


def opened(home: Path, name: str, keys: Path) -> Witness:
    """The witness of a folder. Raises `NoteFault` where a key is not written as one; FileNotFoundError where there are none."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    watched = [key for key, _ in note.parse_vkeys(keys.read_text(encoding="utf-8"))]
    return Witness(home, name, _key(home / "key"), watched, lambda: int(time.time()))


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m workers.witness", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("YUANSHOU_WITNESS_HOME", "witness")), help="its folder")
    parser.add_argument("--name", required=True, help="its name, such as bureau.example/witness")
    parser.add_argument("--keys", type=Path, required=True, help="the vkeys of whom it watches")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    given = parser.parse_args(arguments)
    logs.configure("witness")
    witness = opened(given.home, given.name, given.keys)
    sys.stdout.write(json.dumps({"vkey": str(witness.vkey), "address": f"http://{given.host}:{given.port}"}) + "\n")
    sys.stdout.flush()
    uvicorn.run(witness.app(), host=given.host, port=given.port, log_config=None, access_log=False, server_header=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
