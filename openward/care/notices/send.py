"""Sending mail: kept and deferred in the caller's transaction, composed and handed over by a job."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from openward.care import identity
from openward.care.identity import Kind
from openward.care.notices import store
from openward.care.notices.compose import compose, exists
from openward.care.work import Actor, ActorKind, Origin, Tools, Work, new_key
from openward.infra.db import Pool
from openward.infra.jobs import Deferred
from openward.infra.mail import MailFailed, MailRefused, Message, open_sender

JOB = "notices.deliver"
_COLUMN = "notices.message.content"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is kept of a mail: that it was sent, not what it said. `status` is waiting, sent or refused."""

    key: UUID
    template: str
    recipient: str
    person: UUID | None
    organization: UUID | None
    status: str
    created_at: datetime
    sent_at: datetime | None


async def send(
    work: Work,
    template: str,
    to: str,
    *,
    person: UUID | None = None,
    organization: UUID | None = None,
    receiver: UUID | None = None,
    **values: Any,
) -> None:
    """Mail `template`, filled in with plain `values`, to an address, if and only if this work commits.

    `person` and `organization` say whom it is about, for the history; `receiver` whose mailbox it is, where that is
    somebody else. Who is signed in is its sender. The values may hold keys, hence they wait sealed.
    """
    if not exists(template):
        raise ValueError(f"no template {template!r}")
    key = new_key(work)
    content = work.tools.keyring.seal(msgspec.json.encode(values), _COLUMN, key)
    sender = work.actor.person if work.actor.kind is ActorKind.PERSON else None
    await store.insert(work, key, template, to, person, organization, content, sender, receiver or person)
    if organization is not None:
        await identity.mint(work, key, Kind.MESSAGE)  # only programs of organizations ask for mails by name
    work.tasks.append(Deferred(JOB, {"message": str(key)}, key=f"{JOB}:{key}"))


async def history(
    work: Work,
    *,
    recipient: str | None = None,
    person: UUID | None = None,
    before: datetime | None = None,
    limit: int = 100,
) -> list[Notice]:
    """What was sent to an address or about a person, newest first."""
    return [Notice(**dict(row)) for row in await store.history(work, recipient, person, before, limit)]


class Gate(Protocol):
    """What a job that opens its own works is given."""

    pool: Pool
    tools: Tools

    def now(self) -> datetime:
        """The moment, aware UTC."""
        ...


@asynccontextmanager
async def _work(gate: Gate) -> AsyncIterator[Work]:
    async with gate.pool.acquire() as connection, connection.transaction():
        actor = Actor(ActorKind.SERVICE, credential=f"job:{JOB}")
        yield Work(connection, actor, gate.now(), gate.tools, origin=Origin("", f"JOB {JOB}"))


async def deliver(gate: Gate, data: Mapping[str, Any]) -> None:
    """The job: read the message, hand it over outside any transaction, note what became of it.

    A job that dies between the last two steps hands it over twice, which is better than a key that never comes; by its
    number mail systems see that it is the same.
    """
    key = UUID(data["message"])
    async with _work(gate) as work:
        row = await store.waiting(work, key)
    if row is None:
        return
    settings = gate.tools.settings
    values = msgspec.json.decode(gate.tools.keyring.unseal(row["content"], _COLUMN, key))
    composed = compose(row["template"], {"product": settings.product_name, "home": settings.public_url} | values)
    sender = open_sender(settings.smtp_url, settings.outbox, settings.mail_from)
    status = "sent"
    try:
        letter = Message(row["recipient"], composed.subject, composed.text, composed.html)
        await sender.send(replace(letter, number=row["number"], written_at=row["created_at"]))
    except MailRefused:
        status = "refused"
    except MailFailed as failed:
        if not failed.is_final:
            async with _work(gate) as work:
                await store.defer(work, key)
            raise
        status = "refused"
    async with _work(gate) as work:
        await store.finish(work, key, status)
