"""The SQL of messages that leave: `ehr.delivery`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from openward.care.ehr.outgoing import Answered, Delivery, Kind, State, Verdict
from openward.care.ehr.settings import Provider
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import to_json

_SHOWN = (
    "key, organization, person, provider, message, task, kind, event_type, document, replaces, state, attempts, due_at,"
    " status, reason, created_at, last_at, sent_at"
)
_verdicts = msgspec.json.Decoder(Verdict)


def _delivery(row: asyncpg.Record) -> Delivery:
    person = row["person"]
    return Delivery(
        key=row["key"],
        organization=OrganizationKey(row["organization"]),
        person=None if person is None else PersonKey(person),
        provider=Provider(row["provider"]),
        message=row["message"],
        task=row["task"],
        kind=Kind(row["kind"]),
        event_type=row["event_type"],
        document=row["document"],
        replaces=row["replaces"],
        state=State(row["state"]),
        attempts=row["attempts"],
        due_at=row["due_at"],
        status=row["status"],
        reason=row["reason"],
        created_at=row["created_at"],
        last_at=row["last_at"],
        sent_at=row["sent_at"],
    )


async def insert(work: Work, one: Delivery, verdict: Verdict | None, body_sealed: bytes | None) -> bool:
    """Keep a new message; False when its push has one of this kind already."""
    done = await work.tx.execute(
        "insert into ehr.delivery (key, organization, person, provider, message, task, kind, event_type, document,"
        " replaces, state, due_at, created_at, verdict, body_sealed)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        " on conflict (task, kind) where task is not null do nothing",
        one.key,
        one.organization,
        one.person,
        one.provider,
        one.message,
        one.task,
        one.kind,
        one.event_type,
        one.document,
        one.replaces,
        one.state,
        one.due_at,
        one.created_at,
        None if verdict is None else to_json(verdict),
        body_sealed,
    )
    return bool(done == "INSERT 0 1")


async def lock(work: Work, key: UUID) -> tuple[Delivery, Verdict | None, bytes | None] | None:
    """A message, its row locked, with its verdict and sealed body; None for an unknown one."""
    row = await work.tx.fetchrow(
        f"select {_SHOWN}, verdict, body_sealed from ehr.delivery where key = $1 for no key update",  # noqa: S608
        key,
    )
    if row is None:
        return None
    verdict = None if row["verdict"] is None else _verdicts.decode(row["verdict"])
    return _delivery(row), verdict, row["body_sealed"]


async def is_behind(work: Work, one: Delivery) -> bool:
    """Whether another message of the same push is to go first."""
    return bool(
        await work.tx.fetchval(
            "select exists (select from ehr.delivery where task = $1 and state = $2 and key < $3)",
            one.task,
            State.WAITING,
            one.key,
        )
    )


async def lease(work: Work, key: UUID, until: datetime) -> None:
    """Count an attempt, and keep others from the message until then."""
    await work.tx.execute("update ehr.delivery set attempts = attempts + 1, due_at = $2 where key = $1", key, until)


async def put_body(work: Work, key: UUID, body_sealed: bytes) -> None:
    """Keep what is sent."""
    await work.tx.execute("update ehr.delivery set body_sealed = $2 where key = $1", key, body_sealed)


async def settle(work: Work, key: UUID, state: State, due_at: datetime | None, answered: Answered) -> None:
    """Write what came of an attempt."""
    await work.tx.execute(
        "update ehr.delivery set state = $2, due_at = $3, status = $4, reason = $5, last_at = $6,"
        " sent_at = case when $2 = 'sent' then $6::timestamptz else sent_at end where key = $1",
        key,
        state,
        due_at,
        answered.status,
        answered.reason,
        work.now,
    )


async def of_task(work: Work, task: UUID) -> list[Delivery]:
    """The messages of a push, in the order in which they go."""
    rows = await work.tx.fetch(f"select {_SHOWN} from ehr.delivery where task = $1 order by key", task)  # noqa: S608
    return [_delivery(row) for row in rows]


async def has_open_result(work: Work, message: UUID) -> bool:
    """Whether the result of this order is still to be sent."""
    return bool(
        await work.tx.fetchval(
            "select exists (select from ehr.delivery where message = $1 and kind = $2 and state = $3)",
            message,
            Kind.RESULTS,
            State.WAITING,
        )
    )


async def revive(work: Work, organization: OrganizationKey, key: UUID | None, most: int) -> list[UUID]:
    """Let a message that was given up, or (None) all of them, be sent again; which ones."""
    rows = await work.tx.fetch(
        "update ehr.delivery set state = $4, attempts = 0, due_at = $5 where key = any(array(select key from"
        " ehr.delivery where organization = $1 and state = $3 and ($2::uuid is null or key = $2)"
        " order by created_at, key limit $6 for update)) returning key",
        organization,
        key,
        State.GIVEN_UP,
        State.WAITING,
        work.now,
        most,
    )
    return [row["key"] for row in rows]


async def body_of(work: Work, organization: OrganizationKey, key: UUID) -> tuple[Delivery, bytes] | None:
    """A message of this organization with its sealed body; None when it has no such one, or it was not made yet."""
    row = await work.tx.fetchrow(
        f"select {_SHOWN}, body_sealed from ehr.delivery where organization = $1 and key = $2"  # noqa: S608
        " and body_sealed is not null",
        organization,
        key,
    )
    return None if row is None else (_delivery(row), row["body_sealed"])


async def count_given_up(work: Work, organization: OrganizationKey, most: int) -> int:
    """How many messages of an organization were given up; counted up to `most`."""
    found: int = await work.tx.fetchval(
        "select count(*) from (select from ehr.delivery where organization = $1 and state = 'given-up' limit $2) one",
        organization,
        most,
    )
    return found


async def get(work: Work, organization: OrganizationKey, key: UUID) -> Delivery | None:
    """A message of this organization, None when it has no such one."""
    row = await work.tx.fetchrow(
        f"select {_SHOWN} from ehr.delivery where organization = $1 and key = $2",  # noqa: S608 -- constant names
        organization,
        key,
    )
    return None if row is None else _delivery(row)


async def of_organization(
    work: Work,
    organization: OrganizationKey,
    state: State | None,
    person: PersonKey | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Delivery]:
    """What left or is to leave for an organization, newest first."""
    at, key = before or (None, None)
    rows = await work.tx.fetch(
        f"select {_SHOWN} from ehr.delivery where organization = $1 and ($2::text is null or state = $2)"  # noqa: S608
        " and ($3::uuid is null or person = $3) and ($4::timestamptz is null or (created_at, key) < ($4, $5::uuid))"
        " order by created_at desc, key desc limit $6",
        organization,
        state,
        person,
        at,
        key,
        limit,
    )
    return [_delivery(row) for row in rows]


async def forgotten(work: Work, before: datetime, most: int) -> list[UUID]:
    """Messages whose time came before this and that nobody took."""
    rows = await work.tx.fetch(
        "select key from ehr.delivery where due_at < $1 and state = $2 order by due_at limit $3",
        before,
        State.WAITING,
        most,
    )
    return [row["key"] for row in rows]


async def forget(work: Work, before: datetime) -> None:
    """Remove what is older and over."""
    await work.tx.execute("delete from ehr.delivery where created_at < $1 and due_at is null", before)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey, persons: Sequence[PersonKey]) -> None:
    """Give the messages of one organization about these patients, and about nobody, to another; drop its others."""
    await work.tx.execute(
        "update ehr.delivery set organization = $2 where organization = $1"
        " and (person is null or person = any($3::uuid[]))",
        source,
        target,
        list(persons),
    )
    await work.tx.execute("delete from ehr.delivery where organization = $1", source)
