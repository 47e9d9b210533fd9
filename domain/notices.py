"""When a person may be told, by which channels, and how often it is tried: pure rules of notices beside the in-app inbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from domain.values import Model

if TYPE_CHECKING:
    from domain.clocks.calendar import Calendar

Channel = Literal["email", "sms", "bot", "webhook"]
PersonalChannel = Literal["email", "sms"]
Urgency = Literal["warned", "missed"]
MessageKind = Literal[
    "deadline_warned", "deadline_missed", "deadline_escalated", "clock_replanned", "glass_broken",
    "extension_asked", "extension_approved", "extension_refused",
]  # fmt: skip
URGENCY: Mapping[MessageKind, Urgency] = {
    "deadline_warned": "warned",
    "clock_replanned": "warned",
    "deadline_missed": "missed",
    "deadline_escalated": "missed",
    "glass_broken": "missed",
    "extension_asked": "warned",
    "extension_approved": "warned",
    "extension_refused": "warned",
}
"""How urgent each kind of message is. What is `missed` does not wait for the end of quiet hours."""
LetterKind = Literal[MessageKind, "digest"]
"""What leaves the house: messages about one case each, and the morning's digest."""
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)
KINDS: tuple[MessageKind, ...] = get_args(MessageKind)
GIVE_UP: Mapping[Channel, timedelta] = {
    "email": timedelta(days=3),
    "sms": timedelta(days=1),
    "bot": timedelta(days=1),
    "webhook": timedelta(days=3),
}
"""How long a channel is tried before the delivery counts as dead."""
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)

_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX = rf"^{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+{_LABEL}$"
"""A mailbox without quotes, comments or letters beyond ASCII (RFC 5321): what every server takes."""
EmailAddress = Annotated[str, StringConstraints(max_length=254, strip_whitespace=True, pattern=_MAILBOX)]
PhoneNumber = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?\d{6,15}$")]


class Quiet(Model):
    """Hours in which a person is not disturbed, over midnight where they end before they begin; `days_off`: days off wholly."""

    begins: time = time(21)
    ends: time = time(7, 30)
    days_off: bool = True


class Wishes(Model):
    """How a person wants to be told beside the in-app inbox."""

    email: EmailAddress | None = None
    phone: PhoneNumber | None = None
    channels: dict[PersonalChannel, tuple[Urgency, ...]] = Field(default_factory=dict[PersonalChannel, tuple[Urgency, ...]])
    digest: bool = False
    """The morning's digest by e-mail too."""
    quiet: Quiet | None = Quiet()
    """Absent: told at any hour."""
    language: Literal["zh-CN", "en"] = "zh-CN"

    def address(self, channel: PersonalChannel) -> str | None:
        return self.email if channel == "email" else self.phone

    def wanted(self, urgency: Urgency) -> tuple[PersonalChannel, ...]:
        """Channels for a message of that urgency to which an address is known."""
        return tuple(channel for channel, when in self.channels.items() if urgency in when and self.address(channel))


def release(now: datetime, quiet: Quiet | None, calendar: Calendar) -> datetime:
    """The first moment from `now` on at which the person may be told."""
    if quiet is None:
        return now
    moment = now.astimezone(calendar.zone)
    if _quiet_hour(moment.time(), quiet):
        day = moment.date() if moment.time() < quiet.ends else moment.date() + timedelta(days=1)
        moment = datetime.combine(day, quiet.ends, calendar.zone)
    if quiet.days_off and not calendar.is_workday(moment.date()):
        moment = datetime.combine(calendar.next_workday(moment.date()), quiet.ends, calendar.zone)
    return moment


def _quiet_hour(hour: time, quiet: Quiet) -> bool:
    if quiet.begins <= quiet.ends:
        return quiet.begins <= hour < quiet.ends
    return hour >= quiet.begins or hour < quiet.ends


def pause(attempts: int, dice: Random) -> timedelta:
    """How long to wait after the n-th failure: twice as long each time, up to an hour, a quarter more or less by chance."""
    whole = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 12), _LONGEST_PAUSE)
    return whole * dice.uniform(0.75, 1.25)
