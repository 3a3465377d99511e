"""Mail reaches a real SMTP server or the outbox, and nothing in it can become a header."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import anyio
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from openward.infra.mail import (
    MailFailed,
    MailRefused,
    Message,
    OutboxSender,
    SmtpSender,
    list_outbox,
    open_sender,
    read_outbox,
)

pytestmark = [
    pytest.mark.anyio,
    # The test's server asks for a login without encryption, on this machine only.
    pytest.mark.filterwarnings("ignore:Requiring AUTH"),
]
SENDER = "Openward <no-reply@clinic.example>"


class Mailbox:
    """A mail server's memory; it refuses one address for good and one for now."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        if to.startswith("gone@"):
            return "550 no such user"
        if to.startswith("full@"):
            return "452 full"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def check_login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data.login == b"us er" and data.password == b"p@ss", handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=free, authenticator=check_login, auth_require_tls=False, auth_required=True
    )
    controller.start()
    yield free
    controller.stop()


async def test_smtp_with_login(mailbox: Mailbox, port: int) -> None:
    sender = SmtpSender(f"smtp://us%20er:p%40ss@127.0.0.1:{port}", SENDER)
    message = Message("Zoë Q <zoe@example.org>", "Grüße", "Hallö\n", "<p>Hallö</p>", {"X-Kind": "signup"})
    message_id = await sender.send(message)
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"], mail["X-Kind"]) == ("Zoë Q <zoe@example.org>", "Grüße", "signup")
    assert mail["Message-ID"] == message_id
    assert mail.get_body(("plain",)).get_content().strip() == "Hallö"  # type: ignore[union-attr]
    assert mail.get_body(("html",)).get_content().strip() == "<p>Hallö</p>"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("url", "to", "final"),
    [
        ("smtp://us%20er:p%40ss@127.0.0.1:{port}", "gone@example.org", True),
        ("smtp://us%20er:p%40ss@127.0.0.1:{port}", "full@example.org", False),
        ("smtp://us%20er:wrong@127.0.0.1:{port}", "zoe@example.org", False),
        ("smtp://us%20er:p%40ss@127.0.0.1:{port}?starttls=required", "zoe@example.org", False),
        ("smtp://127.0.0.1:1", "zoe@example.org", False),
    ],
)
async def test_failures_say_whether_to_try_again(mailbox: Mailbox, port: int, url: str, to: str, final: bool) -> None:
    with pytest.raises(MailFailed) as caught:
        await SmtpSender(url.format(port=port), SENDER).send(Message(to, "s", "t"))
    assert caught.value.is_final is final
    assert "example.org" not in str(caught.value)
    assert mailbox.mails == []


@pytest.mark.parametrize(
    "message",
    [
        Message("a@b.example\nBcc: x@y.example", "s", "t"),
        Message("a@b.example, c@d.example", "s", "t"),
        Message("", "s", "t"),
        Message("nobody", "s", "t"),
        Message("a@b.example", "s\r\nBcc: x@y.example", "t"),
        Message("a@b.example", "s\u2028Bcc: x@y.example", "t"),
        Message("a@b.example", "s", "t", headers={"X-A": "v\nBcc: x@y.example"}),
        Message("a@b.example", "s", "t", headers={"X-A: v\nBcc": "x@y.example"}),
        Message("a@b.example", "s", "t", headers={"bcc": "x@y.example"}),
    ],
)
async def test_nothing_becomes_a_header(tmp_path: Path, message: Message) -> None:
    with pytest.raises(MailRefused):
        await OutboxSender(tmp_path, SENDER).send(message)
    assert list_outbox(tmp_path) == (0, [])


@pytest.mark.parametrize("place", ["to", "subject", "header"])
async def test_encoded_line_breaks_do_not_become_headers(tmp_path: Path, place: str) -> None:
    trick = "=?utf-8?q?a=0D=0ABcc:_x=40y.example?="
    message = Message(
        f"{trick} <a@b.example>" if place == "to" else "a@b.example",
        trick if place == "subject" else "s",
        "t",
        headers={"X-A": trick} if place == "header" else {},
    )
    try:
        await OutboxSender(tmp_path, SENDER).send(message)
    except MailRefused:
        return
    (mail,) = list_outbox(tmp_path)[1]
    written = await anyio.Path(tmp_path / mail.name).read_bytes()
    assert message_from_bytes(written, policy=policy.compat32)["Bcc"] is None


async def test_outbox_is_private_paged_and_newest_first(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    sender = open_sender("", folder, SENDER)
    for number in range(5):
        await sender.send(Message("a@b.example", f"Nr {number} – é", "text", "<b>html</b>"))
    (folder / "notes.txt").write_text("not a mail")
    total, page = list_outbox(folder, offset=1, limit=2)
    assert total == 5
    assert [mail.subject for mail in page] == ["Nr 3 – é", "Nr 2 – é"]
    assert page[0].at > page[1].at
    assert (page[0].to, page[0].text.strip()) == ("a@b.example", "text")
    assert page[0].html is not None
    assert page[0].html.strip() == "<b>html</b>"
    assert read_outbox(folder, page[0].name) == page[0]
    assert read_outbox(folder, "../outbox/" + page[0].name) is None
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.eml")} == {0o600}


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "smtp://mail.example?starttls=perhaps"])
def test_a_wrong_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP"):
        SmtpSender(url, SENDER)
