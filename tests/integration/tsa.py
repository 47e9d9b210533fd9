"""A time-stamp authority on this machine: HTTP around `openssl ts -reply`, under a root of its own. And `openssl ts -verify`, the judge."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """
[tsa]
default_tsa = stamps
[stamps]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def openssl() -> str:
    """The program. RuntimeError where it is not there: a test that cannot run fails."""
    found = shutil.which("openssl")
    if found is None:
        raise RuntimeError("no openssl on PATH: it is the time-stamp authority of these tests and the judge of what it stamped")
    return found


@dataclass
class Authority:
    url: str
    root: Path
    """The certificate it is believed under."""
    asked: int = 0


def _name(said: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, said)])


def _certificates(folder: Path) -> None:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now, root_name = datetime.now(UTC), _name("a root of the tests")
    begun = x509.CertificateBuilder().not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    root = (
        begun.subject_name(root_name)
        .issuer_name(root_name)
        .public_key(root_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    tsa = (
        begun.subject_name(_name("a time-stamp authority of the tests"))
        .issuer_name(root_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "tsa.pem").write_bytes(tsa.public_bytes(pem))
    (folder / "tsa.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    program = openssl()
    folder.mkdir(parents=True, exist_ok=True)
    _certificates(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.asked += 1
            query, reply = folder / f"{made.asked}.tsq", folder / f"{made.asked}.tsr"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            command = [program, "ts", "-reply", "-config", folder / "tsa.cnf", "-section", "stamps", "-queryfile", query, "-out", reply]
            subprocess.run(command, check=True, capture_output=True)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(reply.read_bytes())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 -- the library's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Authority(f"http://127.0.0.1:{server.server_port}/", folder / "root.pem")
    runs = threading.Thread(target=server.serve_forever)
    runs.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        runs.join()


def holds(data: Path, answer: Path, root: Path) -> bool:
    """What `openssl ts -verify` says."""
    command = [openssl(), "ts", "-verify", "-data", data, "-in", answer, "-CAfile", root]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
