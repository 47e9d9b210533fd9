"""Servers of the tests' own that take what leaves the house: real sockets, with whatever bad luck is asked for."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ops.process import free_port


@dataclass
class Mailbox:
    """A mail server. `answer` is what it says to a message's end, `to_sender` to MAIL, `to_recipient` to each RCPT."""

    port: int = 0
    answer: str = "250 OK"
    to_sender: str = "250 OK"
    to_recipient: str = "250 OK"
    letters: list[tuple[list[str], Message]] = field(default_factory=list[tuple[list[str], Message]])

    async def handle_MAIL(self, *said: Any) -> str:  # noqa: N802 -- the library's hook: server, session, envelope, address, options
        _, _, envelope, address, _ = said
        if self.to_sender.startswith("2"):
            envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(self, *said: Any) -> str:  # noqa: N802 -- the library's hook: server, session, envelope, address, options
        _, _, envelope, address, _ = said
        if self.to_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, *said: Any) -> str:  # noqa: N802 -- the library's hook: server, session, envelope
        envelope: Envelope = said[2]
        if self.answer.startswith("2"):
            content = envelope.content or b""
            self.letters.append((envelope.rcpt_tos, message_from_bytes(content if isinstance(content, bytes) else content.encode())))
        return self.answer


@asynccontextmanager
async def mail_server(port: int | None = None, *, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Mailbox]:
    """A mail server on a port of its own (or one where nobody answered before); with `tls` it takes nothing before STARTTLS."""
    box = Mailbox(port or free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port, tls_context=tls, require_starttls=tls is not None)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@asynccontextmanager
async def curt_server(greeting: bytes | None) -> AsyncGenerator[int]:
    """A server that says one thing to whoever comes and closes, or nothing at all and waits; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if greeting is None:
                await reader.read()
            else:
                writer.write(greeting)
                await writer.drain()
        finally:
            writer.close()

    port = free_port()
    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        try:
            yield port
        finally:
            server.close()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate for this machine that nobody vouches for but itself: a server's context, and the file to trust it by."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of the tests")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1), [])
    made = made.add_extension(here, critical=False).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "mail.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "mail.pem", folder / "key.pem")
    return context, folder / "mail.pem"


@dataclass
class Hook:
    """A web server that takes POSTs. `answers` are given one after another, the last for ever: a status, headers beside it, or silence."""

    port: int = 0
    answers: list[tuple[int, dict[str, str]] | None] = field(default_factory=lambda: [(200, {})])
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.calls]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if value}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.calls.append((headers, body))
            self.reached.set()
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:  # takes it and says nothing until the other side goes
                await reader.read()
                return
            status, more = answer
            lines = [f"HTTP/1.1 {status} X", "Content-Length: 0", "Connection: close", *(f"{k}: {v}" for k, v in more.items()), "", ""]
            writer.write("\r\n".join(lines).encode())
            await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def web_server(answers: list[tuple[int, dict[str, str]] | None] | None = None) -> AsyncGenerator[Hook]:
    hook = Hook(free_port())
    if answers:
        hook.answers = answers
    server = await asyncio.start_server(hook.serve, "127.0.0.1", hook.port)
    async with server:
        try:
            yield hook
        finally:
            server.close()
