"""Where a process finds its engines and keys: environment variables, read once at a composition root."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit


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
class SmtpSettings:
    """The mail server: `smtp://`, `smtp+starttls://` or `smtps://`, `user@host:port`; what stands in From."""

    url: str
    sender: str
    password: str | None


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """The SMS gateway and the key that its requests are signed with."""

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """Another office's witness: where it answers (the C2SP submission prefix), and the vkey of its cosignatures."""

    url: str
    vkey: str


@dataclass(frozen=True, slots=True)
class TsaSettings:
    """A time-stamp authority (RFC 3161): where it answers, and the PEM file of the certificates that it is believed under."""

    url: str
    roots: Path


@dataclass(frozen=True, slots=True)
class SealingSettings:
    """Where the signer keeps what it signed, and where checkpoints are put outside the database."""

    signer: Path
    anchors: Path
    """The directory anchor: one file a checkpoint."""
    anchors_outside: bool = False
    """Whether that directory was named, so that it lies elsewhere than the installation's own files."""
    anchor_emails: tuple[str, ...] = ()
    """Addresses beside the auditors' own that get the daily letter with the checkpoints."""
    witness: WitnessSettings | None = None
    tsa: TsaSettings | None = None
    anchor_max_age: timedelta = timedelta(hours=26)
    """How old the last anchor outside the installation may become before it is an alarm."""
    checkpoint_max_age: timedelta = timedelta(minutes=5)
    """How long an event may wait for a checkpoint before it is an alarm."""

    @classmethod
    def of(cls, home: Path) -> "SealingSettings":
        """Read from the environment. Raises `SettingsFault`."""
        folder = os.environ.get("YUANSHOU_ANCHOR_DIR")
        return cls(
            signer=home / "signer",
            anchors=Path(folder) if folder else home / "anchors",
            anchors_outside=bool(folder),
            anchor_emails=tuple(filter(None, (each.strip() for each in os.environ.get("YUANSHOU_ANCHOR_EMAILS", "").split(",")))),
            witness=_witness(),
            tsa=_tsa(),
            anchor_max_age=timedelta(hours=_number("YUANSHOU_ANCHOR_MAX_AGE_HOURS", 26)),
            checkpoint_max_age=timedelta(minutes=_number("YUANSHOU_CHECKPOINT_MAX_AGE_MINUTES", 5)),
        )


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
    public_url: str = "http://127.0.0.1:8000"
    """Where people open the pages: links in letters begin with it."""
    smtp: SmtpSettings | None = None
    sms: SmsSettings | None = None
    sealing: SealingSettings = field(default_factory=lambda: SealingSettings(Path("var/signer"), Path("var/anchors")))
    shred_list: Path = Path("var", "shredded")
    """The list of the erased (`ledger.shredlist`), outside the database."""

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
            public_url=_public(f"http://127.0.0.1:{port}"),
            smtp=_smtp(),
            sms=_sms(),
            sealing=SealingSettings.of(home),
            shred_list=Path(os.environ.get("YUANSHOU_SHRED_LIST") or home / "shredded"),
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
    """The provider that the environment names, if any."""
    issuer = os.environ.get("YUANSHOU_OIDC_ISSUER")
    if not issuer:
        return None
    client_id = os.environ.get("YUANSHOU_OIDC_CLIENT_ID")
    if not client_id:
        raise SettingsFault("YUANSHOU_OIDC_CLIENT_ID is not set, though YUANSHOU_OIDC_ISSUER is")
    return OidcSettings(issuer, client_id, _secret("YUANSHOU_OIDC_CLIENT_SECRET_FILE"), f"{_public(address)}/sign-in/oidc/callback")


def _public(address: str) -> str:
    return os.environ.get("YUANSHOU_PUBLIC_URL", address).rstrip("/")


def _secret(name: str) -> str | None:
    """What stands in the file that a variable names. Secrets stand in files, so that no list of processes shows them."""
    file = os.environ.get(name)
    try:
        return (Path(file).read_text(encoding="utf-8").strip() or None) if file else None
    except OSError as fault:
        raise SettingsFault(f"{name} cannot be read: {fault.strerror}") from fault


def _smtp() -> SmtpSettings | None:
    url = os.environ.get("YUANSHOU_SMTP_URL")
    if not url:
        return None
    at = urlsplit(url)
    if at.scheme not in ("smtp", "smtp+starttls", "smtps") or not at.hostname or at.password:
        raise SettingsFault("YUANSHOU_SMTP_URL is smtp://, smtp+starttls:// or smtps://[user@]host[:port]; the password stands in a file")
    sender = os.environ.get("YUANSHOU_SMTP_FROM")
    if not sender or "@" not in sender:
        raise SettingsFault("YUANSHOU_SMTP_FROM is not set, or is no address, though YUANSHOU_SMTP_URL is set")
    return SmtpSettings(url, sender, _secret("YUANSHOU_SMTP_PASSWORD_FILE"))


def _sms() -> SmsSettings | None:
    url = os.environ.get("YUANSHOU_SMS_URL")
    if not url:
        return None
    key = _secret("YUANSHOU_SMS_KEY_FILE")
    if key is None:
        raise SettingsFault("YUANSHOU_SMS_KEY_FILE is not set or empty, though YUANSHOU_SMS_URL is set")
    return SmsSettings(url, key)


def _witness() -> WitnessSettings | None:
    url, vkey = os.environ.get("YUANSHOU_WITNESS_URL"), os.environ.get("YUANSHOU_WITNESS_VKEY")
    if not url:
        return None
    if not vkey:
        raise SettingsFault("YUANSHOU_WITNESS_VKEY is not set, though YUANSHOU_WITNESS_URL is: it is the witness's public key")
    if urlsplit(url).scheme not in ("http", "https"):
        raise SettingsFault("YUANSHOU_WITNESS_URL is http:// or https://, the address in front of /add-checkpoint")
    return WitnessSettings(url.rstrip("/"), vkey)


def _tsa() -> TsaSettings | None:
    url, roots = os.environ.get("YUANSHOU_TSA_URL"), os.environ.get("YUANSHOU_TSA_CERT_FILE")
    if not url:
        return None
    if not roots:
        raise SettingsFault("YUANSHOU_TSA_CERT_FILE is not set, though YUANSHOU_TSA_URL is: a PEM file of the authority's root certificate")
    if urlsplit(url).scheme not in ("http", "https"):
        raise SettingsFault("YUANSHOU_TSA_URL is http:// or https://, the address of a time-stamp authority (RFC 3161)")
    return TsaSettings(url, Path(roots))


def _number(name: str, default: float) -> float:
    """A positive number. Raises `SettingsFault`."""
    given = os.environ.get(name)
    try:
        found = float(given) if given else default
    except ValueError:
        found = 0.0
    if not 0 < found < 1e6:
        raise SettingsFault(f"{name} is {given!r}: it is a number above 0")
    return found
