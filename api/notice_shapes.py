"""What the routes of notices take and answer, for the OpenAPI document, with an example of each."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from api.answers import CASE_ID
from api.case_shapes import Shape
from api.notices import DeliveryState, NewEndpoint
from domain.notices import Channel, LetterKind, MessageKind, PersonalChannel, Quiet, Urgency, Wishes
from domain.values import Code

type Json = dict[str, Any]


class MyWishes(Shape):
    """How a person wants to be told beside the in-app inbox."""

    email: str | None
    phone: str | None
    channels: dict[PersonalChannel, list[Urgency]]
    digest: bool = Field(description="The morning's digest by e-mail too.")
    quiet: Quiet | None = Field(description="Null: told at any hour.")
    language: Literal["zh-CN", "en"]


class LetterPreview(Shape):
    kind: LetterKind
    urgency: Urgency
    subject: str
    text: str
    short: str = Field(description="For an SMS or a bot; empty for the digest, which leaves by e-mail alone.")


class Endpoint(Shape):
    """A program or chat bot of an office."""

    endpoint_id: UUID
    channel: Literal["webhook", "bot"]
    office: Code
    label: str
    kinds: list[MessageKind]
    active: bool
    made_by: Code


class EndpointMade(Endpoint):
    secret: str | None = Field(description="A webhook's signing key, told this once.")


class EndpointSwitched(Shape):
    endpoint_id: UUID
    active: bool


class Delivery(Shape):
    """Something that left the house, is to leave it, or could not."""

    id: str
    channel: Channel
    person: Code | None
    endpoint_id: UUID | None
    kind: LetterKind
    state: DeliveryState
    attempts: int
    fault: str | None = Field(description="Why the last try failed: a short code.")
    created_at: AwareDatetime
    next_at: AwareDatetime | None
    sent_at: AwareDatetime | None


class Replayed(Shape):
    id: str
    state: Literal["waiting"]


class Told(Shape):
    """A rung or notice of a case and a person it was brought to; `person` is null where it reached nobody yet."""

    kind: MessageKind
    clock: str | None
    limit: str | None
    due_on: date | None
    late: bool
    rang_at: AwareDatetime
    functions: list[str]
    person: Code | None
    name: str | None
    told_at: AwareDatetime | None
    read_at: AwareDatetime | None
    channels: list[Delivery]


WISHES: Json = {
    "email": "han@example.org", "phone": "13800001111", "channels": {"email": ["warned", "missed"], "sms": ["missed"]},
    "digest": True, "quiet": {"begins": "21:00:00", "ends": "07:30:00", "days_off": True}, "language": "zh-CN",
}  # fmt: skip
_ENDPOINT: Json = {
    "endpoint_id": "9f1c0f5e-3b7a-4f0c-8a52-0c5e0f6a1b2c", "channel": "webhook", "office": "C-CITY", "label": "办公系统",
    "kinds": ["deadline_missed"], "active": True, "made_by": "P-XU-HUI",
}  # fmt: skip
ENDPOINT: Json = _ENDPOINT
MADE: Json = _ENDPOINT | {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}
SWITCHED: Json = {"endpoint_id": _ENDPOINT["endpoint_id"], "active": False}
_ID = f"{CASE_ID}/examine_application/1/2/4/P-HAN/email"
DELIVERY: Json = {
    "id": _ID, "channel": "email", "person": "P-HAN", "endpoint_id": None, "kind": "deadline_missed", "state": "dead", "attempts": 80,
    "fault": "smtp_554", "created_at": "2026-12-01T00:00:10+08:00", "next_at": None, "sent_at": None,
}  # fmt: skip
REPLAYED: Json = {"id": _ID, "state": "waiting"}
TOLD: Json = {
    "kind": "deadline_missed", "clock": "examine_application/1", "limit": "examine_application", "due_on": "2026-11-30", "late": False,
    "rang_at": "2026-12-01T00:00:01+08:00", "functions": ["owner", "supervisor"], "person": "P-HAN", "name": "韩梅",
    "told_at": "2026-12-01T00:00:10+08:00", "read_at": None, "channels": [DELIVERY],
}  # fmt: skip
LETTER: Json = {
    "kind": "deadline_warned", "urgency": "warned", "subject": "期限提醒：定援申〔2026〕第12号 审查申请 2026年12月28日到期",
    "text": "市法律援助中心：定援申〔2026〕第12号的“审查申请”将于2026年12月28日到期，请及时办理。", "short": "【法律援助】…",
}  # fmt: skip
BODIES: Mapping[str, tuple[type[BaseModel], Json]] = {
    "say_my_wishes": (Wishes, WISHES),
    "make_endpoint": (
        NewEndpoint,
        {
            "channel": "webhook",
            "office": "C-CITY",
            "label": "办公系统",
            "address": "https://oa.example.org/hook",
            "kinds": ["deadline_missed"],
        },
    ),
}
