"""The key of what a person typed and did not send: their browser keeps it sealed, and only they are given the key, while signed in."""

import hashlib
import hmac

from api.desk import Need, open_desk
from api.services import Services

_KEY = Need(None, quiet=True)
"""For browsers alone: a program keeps no drafts. That a page asks is no sign of somebody at work."""


async def key_of(services: Services, token: str) -> bytes:
    """32 bytes that follow from the house's key and the person: the same in every session of theirs, of no use to anybody else.

    After a change of the house's master key they are others, and drafts of before cannot be read any more. Raises `Problem` as `open_desk`.
    """
    async with open_desk(services, token, need=_KEY) as desk:
        person = desk.principal.person
    return hmac.new(services.keys.master.key(), f"drafts/{person}".encode(), hashlib.sha256).digest()
