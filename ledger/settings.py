"""Where a process finds its engines and keys: environment variables, read once at a composition root."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class SettingsFault(Exception):  # noqa: N818 -- a fault of the environment
    """A variable that the process cannot do without is absent."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """The provider through which people may sign in, and where it sends them back to."""

    issuer: str
    client_id: str
    client_secret: str | None
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str
    worker_url: str
    """The same database as the role `worker`; `database_url` where the installation has one role for everything."""
    temporal_address: str
    keys: Path
    """The folder with the key files."""
    host: str
    port: int
    metrics_port: int | None
    example: bool
    answer_from: Literal["ledger", "temporal"]
    """Whose word a command's caller waits for: the ledger's commit, or Temporal's acknowledgement."""
    second_factor: Literal["required", "optional"] = "optional"
    """Whether approvers and administrators must set up a second factor before they may do anything else."""
    oidc: OidcSettings | None = None

    @classmethod
    def from_environment(cls) -> "Settings":
        """Raises `SettingsFault` naming the first variable that is missing."""

        def need(name: str) -> str:
            value = os.environ.get(name)
            if not value:
                raise SettingsFault(f"{name} is not set; `yuanshou up` sets it for the processes it starts")
            return value

        home = Path(os.environ.get("YUANSHOU_HOME", "var"))
        metrics = os.environ.get("YUANSHOU_METRICS_PORT")
        port = int(os.environ.get("YUANSHOU_PORT", "8000"))
        example = os.environ.get("YUANSHOU_EXAMPLE", "1") != "0"
        return cls(
            database_url=need("DATABASE_URL"),
            worker_url=os.environ.get("DATABASE_WORKER_URL") or need("DATABASE_URL"),
            temporal_address=need("TEMPORAL_ADDRESS"),
            keys=home / "keys",
            host=os.environ.get("YUANSHOU_HOST", "127.0.0.1"),
            port=port,
            metrics_port=int(metrics) if metrics else None,
            example=example,
            answer_from="temporal" if os.environ.get("YUANSHOU_ANSWER_FROM") == "temporal" else "ledger",
            second_factor=_second_factor(os.environ.get("YUANSHOU_SECOND_FACTOR"), example=example),
            oidc=_oidc(f"http://127.0.0.1:{port}"),
        )


def _second_factor(given: str | None, *, example: bool) -> Literal["required", "optional"]:
    """Required unless said otherwise; the worked example's people have none (`api.md`). Raises `SettingsFault` for another word."""
    match given or ("optional" if example else "required"):
        case "required":
            return "required"
        case "optional":
            return "optional"
        case other:
            raise SettingsFault(f"YUANSHOU_SECOND_FACTOR is {other!r}: it is required or optional")


def _oidc(address: str) -> OidcSettings | None:
    """The provider that the environment names, if any. The secret stands in a file, so that no list of processes shows it."""
    issuer = os.environ.get("YUANSHOU_OIDC_ISSUER")
    if not issuer:
        return None
    client_id = os.environ.get("YUANSHOU_OIDC_CLIENT_ID")
    if not client_id:
        raise SettingsFault("YUANSHOU_OIDC_CLIENT_ID is not set, though YUANSHOU_OIDC_ISSUER is")
    file = os.environ.get("YUANSHOU_OIDC_CLIENT_SECRET_FILE")
    try:
        secret = Path(file).read_text(encoding="utf-8").strip() if file else None
    except OSError as fault:
        raise SettingsFault(f"YUANSHOU_OIDC_CLIENT_SECRET_FILE cannot be read: {fault.strerror}") from fault
    public = os.environ.get("YUANSHOU_PUBLIC_URL", address).rstrip("/")
    return OidcSettings(issuer, client_id, secret or None, f"{public}/sign-in/oidc/callback")
