"""The places for checkpoints that the environment sets up, in the order in which they are asked."""

from collections.abc import Sequence

from domain.notices import Channel as ChannelName
from ledger import contacts, stamps
from ledger.directory import DirectoryCache
from ledger.keys import Keys
from ledger.note import NoteFault, Vkey
from ledger.rules import current
from ledger.settings import SealingSettings, Settings, SettingsFault, TsaSettings
from ledger.store import WORKER, Database, clock
from notify.anchor import Anchor
from notify.anchors.directory import Directory
from notify.anchors.mail import Mail, Reader
from notify.anchors.timestamp import Timestamp
from notify.anchors.witness import Witness
from notify.channel import Channel
from workers.channels import channels_of


def anchors_of(settings: Settings, database: Database, master: Keys) -> list[Anchor]:
    """The witness first: its cosignature goes into what is stamped, the letter and the directory's file. Raises `SettingsFault`."""
    found: list[Anchor] = []
    sealing = settings.sealing
    if sealing.witness:
        try:
            found.append(Witness(sealing.witness.url, Vkey.parse(sealing.witness.vkey)))
        except NoteFault as fault:
            raise SettingsFault(f"YUANSHOU_WITNESS_VKEY: {fault}") from fault
    if sealing.tsa:
        found.append(_timestamp(sealing.tsa, sealing))
    channels: dict[ChannelName, Channel] = channels_of(settings)
    if "email" in channels:
        found.append(Mail(channels["email"], _Readers(database, master, sealing.anchor_emails), bool(sealing.anchor_emails)))
    return [*found, Directory(sealing.anchors, sealing.anchors_outside)]


def _timestamp(tsa: TsaSettings, sealing: SealingSettings) -> Timestamp:
    if not stamps.available():
        raise SettingsFault("YUANSHOU_TSA_URL is set, and the extra `timestamps` is not installed: install rfc3161-client")
    try:
        roots = stamps.roots_of(tsa.roots)
    except (OSError, ValueError) as fault:
        raise SettingsFault(f"YUANSHOU_TSA_CERT_FILE cannot be read as certificates: {fault}") from fault
    return Timestamp(tsa.url, roots, sealing.anchors, sealing.anchors_outside)


class _Readers:
    """Who gets the letter now: auditors of the directory who gave an address, and the addresses that were named."""

    def __init__(self, database: Database, master: Keys, named: Sequence[str]) -> None:
        self._database, self._master, self._named = database, master, named
        self._directory = DirectoryCache()

    async def __call__(self) -> list[Reader]:
        async with self._database.transaction(WORKER) as conn:
            directory, now = await self._directory.read(conn), await clock(conn)
            today = now.astimezone(current().zone).date()
            auditors = {person.code for person in directory.people() if any(role == "auditor" for role, _ in person.roles_on(today))}
            wishes = await contacts.wishes_of(conn, auditors, self._master)
        own = [Reader(wish.email, wish.language) for _, wish in sorted(wishes.items()) if wish.email]
        return [*own, *(Reader(address, "zh-CN") for address in self._named)]
