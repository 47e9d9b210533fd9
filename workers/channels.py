"""The ways out of the house that the environment sets up."""

from domain.notices import Channel as Name
from ledger.settings import Settings
from notify.channel import Channel
from notify.channels.bot import Bot
from notify.channels.email import Email
from notify.channels.web import SignedWebhook, SmsGateway


def channels_of(settings: Settings) -> dict[Name, Channel]:
    """E-mail and SMS where the environment names a server; webhooks and bots have addresses of their own."""
    found: dict[Name, Channel] = {"webhook": SignedWebhook(), "bot": Bot()}
    if settings.smtp is not None:
        found["email"] = Email(settings.smtp.url, settings.smtp.sender, settings.smtp.password)
    if settings.sms is not None:
        found["sms"] = SmsGateway(settings.sms.url, settings.sms.key)
    return found
