"""Send one message: by SMTP, or into an outbox folder of `.eml` files that a page can show."""

import asyncio
import os
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import aiosmtplib

SMTP_TIMEOUT_S = 30.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
_OWN_HEADERS = {"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version"}
_NAME_SHAPE = re.compile(r"(\d{8}T\d{6}\.\d{6})Z-[0-9a-f]{8}\.eml\Z")
_TIME_FORMAT = "%Y%m%dT%H%M%S.%f"


class MailRefused(ValueError):
    """The message itself cannot be sent: a bad address or a header with forbidden characters."""


class MailFailed(Exception):
    """The mail server did not take the message; `is_final` says that trying again is of no use."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        """reason: a text without addresses or content."""
        super().__init__(reason)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person; `to` is an address, or a name with an address in angle brackets.

    Sent again under the same `number`, it is the same message: mail systems know it by its id, and the outbox has it
    once, where `written_at` is the same, too. None: another message each time, written now.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    number: UUID | None = None
    written_at: datetime | None = None


class MailSender(Protocol):
    """Whoever sends messages."""

    async def send(self, message: Message) -> str:
        """Send and return the Message-ID; raises MailRefused or MailFailed."""
        ...


def compose(message: Message, sender: str, now: datetime) -> EmailMessage:
    """The message in its standard form; MailRefused if anything in it could act as a header of its own."""
    mail = EmailMessage(policy=policy.SMTP)
    sender_address = _address(sender)
    mail["From"] = sender_address
    mail["To"] = _address(message.to)
    mail["Subject"] = _line(message.subject, "subject")
    mail["Date"] = format_datetime(now.astimezone(UTC))
    number = message.number
    mail["Message-ID"] = f"<{number}@{sender_address.domain}>" if number else make_msgid(domain=sender_address.domain)
    for name, value in message.headers.items():
        if not _HEADER_NAME.match(name) or name.lower() in _OWN_HEADERS or name.lower().startswith("content-"):
            raise MailRefused("a header may not have that name")
        mail[name] = _line(value, "header")
    mail.set_content(_body(message.text))
    if message.html is not None:
        mail.add_alternative(_body(message.html), subtype="html")
    # Encoded words can smuggle line breaks past the checks above; what is really written has the last word.
    if message_from_bytes(mail.as_bytes(), policy=policy.compat32).keys() != mail.keys():
        raise MailRefused("a header holds an encoded line break")
    return mail


def _line(text: str, what: str) -> str:
    if _CONTROL.search(text):
        raise MailRefused(f"the {what} holds a line break or another control character")
    return text


def _body(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _address(text: str) -> Address:
    found = getaddresses([_line(text, "address")])
    if len(found) != 1:
        raise MailRefused("a message goes to exactly one address")
    name, spec = found[0]
    try:
        address = Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, HeaderParseError):
        raise MailRefused("the address cannot be read") from None
    if not address.username or not address.domain or re.search(r"[\s,;<>]", spec):
        raise MailRefused("the address is not complete")
    return address


def open_sender(smtp_url: str, outbox: Path, sender: str) -> MailSender:
    """SMTP when an address is set, else the outbox folder."""
    return SmtpSender(smtp_url, sender) if smtp_url else OutboxSender(outbox, sender)


class SmtpSender:
    """Sends by SMTP: `smtp://` with STARTTLS where offered, `smtp://...?starttls=required`, `?starttls=no`, `smtps://`."""

    def __init__(self, url: str, sender: str) -> None:
        """url: smtp[s]://user:password@host:port; ValueError if it cannot be read."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("the SMTP address must look like smtp://user:password@host:port or smtps://host")
        starttls = parse_qs(parts.query).get("starttls", ["auto"])[0]
        if starttls not in {"auto", "required", "no"}:
            raise ValueError("starttls in the SMTP address is auto, required or no")
        self._sender = sender
        self._host = parts.hostname
        self._use_tls = parts.scheme == "smtps"
        self._start_tls = False if self._use_tls else {"auto": None, "required": True, "no": False}[starttls]
        self._port = parts.port or (465 if self._use_tls else 587 if parts.username else 25)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, message: Message) -> str:
        """Hand the message to the server within 30 seconds."""
        mail = compose(message, self._sender, datetime.now(UTC))
        try:
            await aiosmtplib.send(
                mail,
                hostname=self._host,
                port=self._port,
                username=self._username,
                password=self._password,
                use_tls=self._use_tls,
                start_tls=self._start_tls,
                timeout=SMTP_TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refusal.code for refusal in error.recipients]
            raise MailFailed("recipient refused", is_final=all(code >= 500 for code in codes)) from None
        except aiosmtplib.SMTPResponseException as error:
            # A refused login is the operator's mistake and will be mended, so it is worth another try.
            is_login = isinstance(error, aiosmtplib.SMTPAuthenticationError)
            raise MailFailed(f"SMTP code {error.code}", is_final=error.code >= 500 and not is_login) from None
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, TimeoutError) as error:
            raise MailFailed(type(error).__name__, is_final=False) from None
        return str(mail["Message-ID"])


class OutboxSender:
    """Writes each message as a file named by its time, so that names sort as the messages came."""

    def __init__(self, folder: Path, sender: str) -> None:
        """folder: made on first use, for its owner only."""
        self._folder = folder
        self._sender = sender

    async def send(self, message: Message) -> str:
        """Write the message, whole or not at all."""
        now = datetime.now(UTC)
        mail = compose(message, self._sender, now)
        at = (message.written_at or now).astimezone(UTC)
        which = message.number.hex[-8:] if message.number else secrets.token_hex(4)
        await asyncio.to_thread(self._write, f"{at:{_TIME_FORMAT}}Z-{which}.eml", mail.as_bytes())
        return str(mail["Message-ID"])

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._folder / f".{secrets.token_hex(4)}.part"  # two may write the same message
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self._folder / name)


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """A message of the outbox as a page shows it."""

    name: str
    at: datetime
    sender: str
    to: str
    subject: str
    text: str
    html: str | None


def list_outbox(folder: Path, *, offset: int = 0, limit: int = 50) -> tuple[int, list[OutboxMail]]:
    """How many messages there are, and one page of them, newest first."""
    try:
        names = sorted((name for name in os.listdir(folder) if _NAME_SHAPE.match(name)), reverse=True)
    except FileNotFoundError:
        return 0, []
    page = [read_outbox(folder, name) for name in names[offset : offset + limit]]
    return len(names), [mail for mail in page if mail is not None]


def read_outbox(folder: Path, name: str) -> OutboxMail | None:
    """One message by its file name; None for a name that is none of ours, or gone."""
    shape = _NAME_SHAPE.match(name)
    if shape is None:
        return None
    try:
        mail = message_from_bytes((folder / name).read_bytes(), policy=policy.default)
    except FileNotFoundError:
        return None
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return OutboxMail(
        name=name,
        at=datetime.strptime(shape[1], _TIME_FORMAT).replace(tzinfo=UTC),
        sender=str(mail["From"] or ""),
        to=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        text=str(text.get_content()) if text is not None else "",
        html=str(html.get_content()) if html is not None else None,
    )
