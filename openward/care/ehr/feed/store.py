"""The SQL of what feeds sent: `ehr.feed_message`, `ehr.feed_patient`, `ehr.feed_visit`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from openward.care.ehr.feed.model import OPEN, Envelope, Feed, Message, Outcome, State
from openward.care.work import OrganizationKey, PersonKey, Work

_SHOWN = "key, organization, feed, control_id, kind, state, reason, person, appointment, count, received_at, handled_at"


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that came before."""

    key: UUID
    digest: bytes
    state: State
    reason: str | None
    answer: bytes | None


async def insert(work: Work, key: UUID, feed: Feed, envelope: Envelope, sealed: bytes) -> bool:
    """Keep a message; False when one of this number is there. Waits for one that is being handled just now."""
    done = await work.tx.execute(
        "insert into ehr.feed_message (key, organization, feed, control_id, digest, kind, content_sealed, state,"
        " received_at, handled_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict do nothing",
        key,
        feed.organization,
        feed.key,
        envelope.control_id,
        envelope.digest,
        envelope.kind,
        sealed,
        State.FAILED,
        work.now,
    )
    return not str(done).endswith(" 0")


async def lock(work: Work, feed: UUID, control_id: str) -> Kept | None:
    """The message of this number, its row locked, counted once more."""
    row = await work.tx.fetchrow(
        "update ehr.feed_message set count = count + 1 where feed = $1 and control_id = $2"
        " returning key, digest, state, reason, answer",
        feed,
        control_id,
    )
    if row is None:
        return None
    return Kept(row["key"], row["digest"], State(row["state"]), row["reason"], row["answer"])


async def settle(work: Work, key: UUID, outcome: Outcome, answer: bytes | None) -> None:
    """Write what became of a message and what its sender was told."""
    await work.tx.execute(
        "update ehr.feed_message set state = $2, reason = $3, person = $4, appointment = $5, answer = $6,"
        " handled_at = $7 where key = $1",
        key,
        outcome.state,
        outcome.reason,
        outcome.person,
        outcome.appointment,
        answer,
        work.now,
    )


def _message(row: asyncpg.Record) -> Message:
    return Message(**{name: row[name] for name in _SHOWN.split(", ")} | {"state": State(row["state"])})


async def of_organization(
    work: Work, organization: OrganizationKey, only_open: bool, before: tuple[datetime, UUID] | None, limit: int
) -> list[Message]:
    """What came for an organization, newest first, without the messages themselves."""
    at, key = before or (None, None)
    rows = await work.tx.fetch(
        f"select {_SHOWN} from ehr.feed_message where organization = $1"  # noqa: S608 -- constant names
        " and (not $2 or state in ('failed', 'refused'))"
        " and ($3::timestamptz is null or (received_at, key) < ($3, $4::uuid))"
        " order by received_at desc, key desc limit $5",
        organization,
        only_open,
        at,
        key,
        limit,
    )
    return [_message(row) for row in rows]


async def hold(work: Work, organization: OrganizationKey, key: UUID) -> tuple[Message, bytes] | None:
    """A message of this organization and its sealed content, locked."""
    row = await work.tx.fetchrow(
        f"select {_SHOWN}, content_sealed from ehr.feed_message"  # noqa: S608 -- constant names
        " where organization = $1 and key = $2 for no key update",
        organization,
        key,
    )
    return None if row is None else (_message(row), row["content_sealed"])


async def count_open(work: Work, organization: OrganizationKey) -> int:
    """How many messages of an organization wait for somebody."""
    return int(
        await work.tx.fetchval(
            "select count(*) from ehr.feed_message where organization = $1 and state = any($2)",
            organization,
            [str(state) for state in OPEN],
        )
    )


async def is_newer(work: Work, organization: OrganizationKey, person: PersonKey, said_at: datetime) -> bool:
    """Note how new what is said of a patient is; False, with nothing noted, when something newer was said before."""
    return bool(
        await work.tx.fetchval(
            "insert into ehr.feed_patient as p (organization, person, said_at, received_at) values ($1, $2, $3, $4)"
            " on conflict (organization, person) do update set said_at = excluded.said_at,"
            " received_at = excluded.received_at"
            # A sender whose clock is more than a day ahead must not silence all who come after it.
            " where p.said_at <= excluded.said_at or p.said_at > p.received_at + interval '1 day' returning true",
            organization,
            person,
            said_at,
            work.now,
        )
    )


async def is_visit_newer(work: Work, organization: OrganizationKey, external_id: str, said_at: datetime) -> bool:
    """The same of a visit; whoever speaks of it at the same time waits."""
    return bool(
        await work.tx.fetchval(
            "insert into ehr.feed_visit as v (organization, external_id, said_at, received_at)"
            " values ($1, $2, $3, $4) on conflict (organization, external_id) do update set"
            " said_at = excluded.said_at, received_at = excluded.received_at"
            " where v.said_at <= excluded.said_at or v.said_at > v.received_at + interval '1 day' returning true",
            organization,
            external_id,
            said_at,
            work.now,
        )
    )


async def sweep(work: Work, before: datetime) -> None:
    """Remove messages that are old and wait for nobody."""
    await work.tx.execute(
        "delete from ehr.feed_message where received_at < $1 and state not in ('failed', 'refused')", before
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Give what came for one organization to another."""
    await work.tx.execute("update ehr.feed_message set organization = $2 where organization = $1", source, target)
    for table, name in (("feed_patient", "person"), ("feed_visit", "external_id")):
        await work.tx.execute(
            f"insert into ehr.{table} select $2, {name}, said_at, received_at from ehr.{table}"  # noqa: S608
            " where organization = $1 on conflict do nothing",
            source,
            target,
        )
        await work.tx.execute(f"delete from ehr.{table} where organization = $1", source)  # noqa: S608
