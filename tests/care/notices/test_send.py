"""Mail: composed from templates, handed over by a job, remembered without its content."""

import asyncio
import json
from dataclasses import replace
from uuid import UUID

import pytest
from jinja2 import UndefinedError

from openward.care import notices
from openward.care.notices.compose import FOLDER
from openward.care.reactions import JOBS
from openward.care.work import Tools, Work
from openward.gateway.job import handlers
from openward.gateway.request import Gate, finish
from openward.infra.db import Pool
from openward.infra.jobs import Runner
from openward.infra.mail import list_outbox

pytestmark = pytest.mark.anyio

NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))
VALUES = {
    "name": "Ana <b>Ruiz</b>",
    "invited_by": "Willow",
    "link": "http://openward.test/signup/confirm?key=k&x=1",
    "days": 31,
    "has_account": True,
    "clinic": "Willow & Oak",
    "is_admin": True,
    "is_staff": True,
    "partner": "Dexcom",
    "code": "ABC123",
    "clinician": "Dr. Okafor",
    "moved": 2,
    "patients": 2,
    "refused": 1,
    "source": "Elm",
    "target": "Oak",
    "what": "a telephone call",
    "title": "How <b>it</b> goes",
    "when": "Tuesday, 20 February 2018, 14:00 (America/New_York)",
    "place": "Room 2",
    "host": "hooks.example.org",
    "product": "Openward",
    "home": "http://openward.test",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("has_name", [True, False])
def test_every_template_says_the_same_in_both_forms(name: str, has_name: bool) -> None:
    values = (
        VALUES
        if has_name
        else VALUES
        | {
            "name": "",
            "invited_by": "",
            "has_account": False,
            "clinic": "",
            "is_admin": False,
            "is_staff": False,
            "place": "",
        }
    )
    mail = notices.compose(name, values)
    assert mail.subject
    assert "\n" not in mail.subject
    source = (FOLDER / f"{name}.txt").read_text("utf-8")
    if "{{ link }}" in source:
        assert str(VALUES["link"]) in mail.text
        assert 'href="http://openward.test/signup/confirm?key=k&amp;x=1"' in mail.html
    for word in ("code", "home"):
        if f"{{{{ {word} }}}}" in source:
            assert str(VALUES[word]) in mail.text
            assert str(VALUES[word]) in mail.html
    assert "<b>Ruiz" not in mail.html
    assert "\n\n\n" not in mail.text.strip()
    assert max(map(len, mail.text.splitlines())) < 180


def test_a_missing_value_is_an_error_of_ours() -> None:
    with pytest.raises(UndefinedError):
        notices.compose("password_reset", {"product": "x"})


def test_nobody_writes_a_paragraph_into_our_mail() -> None:
    name = "Ana\r\nBcc: x@y.zz\n\nBuy now at http://evil.example " + "x" * 500
    mail = notices.compose("careteam_invitation", VALUES | {"name": name})
    assert "\n" not in mail.subject
    assert mail.subject.startswith("Ana Bcc: x@y.zz Buy now")
    assert "x" * 200 not in mail.text


async def test_a_mail_goes_out_when_the_work_commits_and_is_forgotten(pool: Pool, tools: Tools, work: Work) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        sending = replace(work, tx=connection, tasks=[], recorded=[], audited=[])
        link = "http://openward.test/password/reset?key=verysecret"
        await notices.send(sending, "password_reset", "mail-1@example.org", link=link, days=7)
        await finish(sending)
        await transaction.commit()
    row = await pool.fetchrow("select * from notices.message where recipient = 'mail-1@example.org'")
    assert b"verysecret" not in row["content"]
    payload = await pool.fetchval(
        "select payload from jobs.pgqueuer where entrypoint = 'notices.deliver' order by id desc limit 1"
    )
    assert json.loads(payload) == {"message": str(row["key"])}
    gate = Gate(pool, tools.settings, tools)
    for _ in range(2):
        await notices.deliver(gate, {"message": str(row["key"])})
    _, found = list_outbox(tools.settings.outbox, limit=1000)
    (mail,) = [one for one in found if one.to == "mail-1@example.org"]
    assert "verysecret" in mail.text
    async with pool.acquire() as connection:
        (kept,) = await notices.history(replace(work, tx=connection), recipient="mail-1@example.org")
    assert (kept.template, kept.status) == ("password_reset", "sent")
    assert kept.sent_at is not None
    assert await pool.fetchval("select content from notices.message where key = $1", row["key"]) is None


async def test_a_mail_that_cannot_be_sent_is_noted(pool: Pool, tools: Tools, work: Work) -> None:
    async with pool.acquire() as connection:
        sending = replace(work, tx=connection, tasks=[])
        await notices.send(sending, "no_account", "not an address", link="http://openward.test/signup")
    key = await pool.fetchval("select key from notices.message where recipient = 'not an address'")
    await notices.deliver(Gate(pool, tools.settings, tools), {"message": str(key)})
    assert await pool.fetchval("select status from notices.message where key = $1", key) == "refused"
    await notices.deliver(Gate(pool, tools.settings, tools), {"message": str(UUID(int=0))})


async def test_a_work_that_fails_sends_nothing(work: Work) -> None:
    await notices.send(work, "no_account", "mail-2@example.org", link="http://openward.test/signup")
    assert len(work.tasks) == 1
    assert len(await notices.history(work, recipient="mail-2@example.org")) == 1
    with pytest.raises(ValueError, match="no template"):
        await notices.send(work, "no_such_template", "mail-2@example.org")


async def test_the_job_runner_hands_a_mail_over(pool: Pool, tools: Tools, work: Work) -> None:
    async with pool.acquire() as connection, connection.transaction():
        sending = replace(work, tx=connection, tasks=[], recorded=[], audited=[])
        await notices.send(sending, "no_account", "mail-3@example.org", link="http://openward.test/signup")
        await finish(sending)
    runner = Runner(pool, handlers(Gate(pool, tools.settings, tools), {"notices.deliver": JOBS["notices.deliver"]}), {})
    status = "select status from notices.message where recipient = 'mail-3@example.org'"
    running = asyncio.create_task(runner.run())
    try:
        for _ in range(400):
            if await pool.fetchval(status) == "sent":
                break
            await asyncio.sleep(0.05)
        assert await pool.fetchval(status) == "sent"
    finally:
        runner.stop()
        await running
