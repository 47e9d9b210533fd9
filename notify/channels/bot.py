"""Chat bots of an office (WeCom, DingTalk, Feishu, Lark) through Apprise, whose protocols differ and change."""

import logging
from dataclasses import dataclass

from apprise import Apprise, NotifyFormat

from notify.channel import Later, Letter, Refused

SCHEMES = ("wecombot", "dingtalk", "feishu", "lark")


def acceptable(url: str) -> bool:
    """Whether it is the address of a bot we know how to speak to, in Apprise's notation (`wecombot://key`)."""
    scheme = url.partition("://")[0].lower()
    if scheme not in SCHEMES:
        return False
    return Apprise.instantiate(url, suppress_exceptions=True) is not None  # pyright: ignore[reportUnknownMemberType] -- the library's own gap


@dataclass(frozen=True, slots=True)
class Bot:
    """`letter.to` is the bot's address."""

    async def send(self, letter: Letter) -> None:
        """Apprise says only whether it was taken; what was not is tried again."""
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its words may hold the address, which is a secret
        bot = Apprise()
        if not bot.add(letter.to):  # pyright: ignore[reportUnknownMemberType] -- the library's own gap
            raise Refused("address_not_acceptable")
        if not await bot.async_notify(title=letter.subject, body=letter.short, body_format=NotifyFormat.TEXT):
            raise Later("not_taken")
