"""E-mail over SMTP (RFC 5321), with the words in plain text and in HTML."""

import html
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import unquote, urlsplit

import aiosmtplib

from notify.channel import Later, Letter, Refused

SECONDS = 20
_ASKED: dict[type[aiosmtplib.SMTPException], str] = {
    aiosmtplib.SMTPAuthenticationError: "smtp_auth",
    aiosmtplib.SMTPSenderRefused: "smtp_sender",
}
"""Which of our words a server refused, where it was not the letter."""


@dataclass(frozen=True, slots=True)
class Email:
    """`url`: `smtp://`, `smtp+starttls://` or `smtps://`, `user@host:port`; `sender` is the From address."""

    url: str
    sender: str
    password: str | None = None

    async def send(self, letter: Letter) -> None:
        """Raises `Refused` for an address or a letter that the server does not take (5xx), `Later` for everything else.

        What it says to its greeting, to our name, password or sender is about the installation and not about one letter: that is mended,
        and what waited goes out.
        """
        at = urlsplit(self.url)
        try:
            await aiosmtplib.send(
                self.message(letter),
                hostname=at.hostname,
                port=at.port,
                username=unquote(at.username) if at.username else None,
                password=self.password,
                use_tls=at.scheme == "smtps",
                start_tls=at.scheme == "smtp+starttls",
                timeout=SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as fault:
            codes = [each.code for each in fault.recipients]
            raise (Refused if all(code >= 500 for code in codes) else Later)(f"smtp_{codes[0]}") from fault
        except aiosmtplib.SMTPDataError as fault:
            raise (Refused if fault.code >= 550 else Later)(f"smtp_{fault.code}") from fault
        except aiosmtplib.SMTPResponseException as fault:
            raise Later(f"{_ASKED.get(type(fault), 'smtp')}_{fault.code}") from fault
        except aiosmtplib.SMTPException as fault:
            raise Later(type(fault).__name__) from fault

    def message(self, letter: Letter) -> EmailMessage:
        domain = self.sender.rpartition("@")[2]
        made = EmailMessage()
        made["From"], made["To"], made["Subject"] = self.sender, letter.to, letter.subject
        made["Date"] = format_datetime(letter.at)
        made["Message-ID"] = f"<{sha256(letter.id.encode()).hexdigest()[:40]}@{domain}>"
        made["Auto-Submitted"] = "auto-generated"
        made["List-Id"] = f"<reminders.{domain}>"
        made.set_content(letter.text)
        paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in letter.text.splitlines() if line)
        made.add_alternative(f"<!doctype html><html><body>{paragraphs}</body></html>", subtype="html")
        return made
