"""What goes out over HTTP: the SMS gateway and signed webhooks (Standard Webhooks: id, timestamp, HMAC-SHA256)."""

import asyncio
import ipaddress
import json
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from notify.channel import Later, Letter, Refused

SECONDS = 10.0
_AGAIN = frozenset({408, 425, 429})


def acceptable(url: str) -> bool:
    """Whether something may be sent there: http or https, to a named host; no address that only the machine's own neighbours have."""
    try:
        at = urlsplit(url)
        well = at.scheme in ("http", "https") and at.port != 0 and not at.username and not at.password
        host = (at.hostname or "").encode("idna").decode()
    except ValueError:  # brackets without an address, a port that is none, a name that no DNS takes
        return False
    if not well or not host:
        return False
    try:
        return not _near(ipaddress.ip_address(host))
    except ValueError:
        return True


def _near(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Link-local addresses, where clouds keep their secrets, and those that are no host's. A centre's own private network is allowed."""
    return address.is_link_local or address.is_multicast or address.is_unspecified


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """A gateway that takes `{id, to, text}` as JSON, signed like a webhook under a key that both hold."""

    url: str
    key: str

    async def send(self, letter: Letter) -> None:
        await _post(self.url, letter.id, {"id": letter.id, "to": letter.to, "text": letter.short}, (self.key,))


@dataclass(frozen=True, slots=True)
class SignedWebhook:
    """A program of the office's own that wants to know: `letter.to` is its address."""

    async def send(self, letter: Letter) -> None:
        body = {"type": letter.kind, "timestamp": letter.at.astimezone(UTC).isoformat(), "data": dict(letter.data)}
        await _post(letter.to, letter.id, body, letter.secrets)


async def _post(url: str, id_: str, body: dict[str, Any], secrets: tuple[str, ...]) -> None:
    """Raises `Later` for 408, 425, 429, 5xx and silence, `Refused` for every other answer that is none of 2xx."""
    said = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    now = datetime.now(UTC)  # noqa: TID251 -- a signature holds for the moment it is sent at
    signatures = " ".join(Webhook(secret).sign(id_, now, said) for secret in secrets)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "yuanshou",
        "webhook-id": id_,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures,
    }
    await _check_host(url)
    try:
        async with (
            httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", url, content=said.encode(), headers=headers) as answer,
        ):
            status, after = answer.status_code, answer.headers.get("retry-after", "")
    except httpx.TimeoutException as fault:
        raise Later("timeout") from fault
    except httpx.HTTPError as fault:
        raise Later(type(fault).__name__) from fault
    if 200 <= status < 300:
        return
    if status in _AGAIN or status >= 500:
        raise Later(f"http_{status}", float(after) if after.isascii() and after.isdigit() else None)
    raise Refused(f"http_{status}", gone=status == 410)


async def _check_host(url: str) -> None:
    """Raises `Refused` where a name leads to an address that is not acceptable."""
    if not acceptable(url):
        raise Refused("address_not_acceptable")
    host = urlsplit(url).hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as fault:
        raise Later("unknown_host") from fault
    if any(_near(ipaddress.ip_address(str(entry[4][0]).partition("%")[0])) for entry in found):
        raise Refused("address_not_acceptable")
