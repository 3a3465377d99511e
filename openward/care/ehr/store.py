"""The SQL of messages that came in: `ehr.message`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from openward.care.ehr.model import Message, MessageRef, Outcome, Status
from openward.care.ehr.order import Order
from openward.care.ehr.settings import Provider
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import to_json

_orders = msgspec.json.Decoder(Order)
_ANSWERED = [Status.DONE, Status.FAILED]
_REF = "key, name, data_model, event_type"


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept order that may have to be handled."""

    ref: MessageRef
    provider: Provider
    order: Order
    received_at: datetime
    status: Status
    unmatched_mrn: str | None


async def insert(
    work: Work, ref: MessageRef, provider: Provider, content: bytes, order: Order | None, status: Status
) -> None:
    """Keep a message, whole."""
    await work.tx.execute(
        "insert into ehr.message (key, name, data_model, event_type, provider, content, facts, source, source_number,"
        " order_number, procedure_code, status, received_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
        " $12, $13)",
        ref.key,
        ref.name,
        ref.data_model,
        ref.event_type,
        provider,
        content,
        None if order is None else to_json(order),
        order and order.source,
        order and order.source_number,
        order and order.number,
        order and order.procedure_code,
        status,
        work.now,
    )


_KEPT = f"{_REF}, provider, facts, received_at, status, unmatched_mrn"


def _kept(row: asyncpg.Record) -> Kept:
    return Kept(
        ref=MessageRef(row["key"], row["name"], row["data_model"], row["event_type"]),
        provider=Provider(row["provider"]),
        order=_orders.decode(row["facts"]),
        received_at=row["received_at"],
        status=Status(row["status"]),
        unmatched_mrn=row["unmatched_mrn"],
    )


async def open_order(work: Work, key: UUID) -> Kept | None:
    """An order that waits or that nobody could be matched with, None for any other message."""
    row = await work.tx.fetchrow(
        f"select {_KEPT} from ehr.message where key = $1 and facts is not null"  # noqa: S608 -- constant names
        " and (status = $2 or unmatched_mrn is not null)",
        key,
        Status.WAITING,
    )
    return None if row is None else _kept(row)


async def failed_order(work: Work, organization: OrganizationKey, key: UUID) -> Kept | None:
    """An order of this organization that failed, its row locked; None for any other message."""
    row = await work.tx.fetchrow(
        f"select {_KEPT} from ehr.message where key = $1 and organization = $2 and provider = $3"  # noqa: S608
        " and facts is not null and status = $4 for no key update",
        key,
        organization,
        Provider.REDOX,
        Status.FAILED,
    )
    return None if row is None else _kept(row)


async def open_until(work: Work, last: Kept, most: int) -> list[Kept]:
    """What the sender of an order sent before it and is still open, and the order itself, in the order of arrival.

    For an order that waits these are the ones that wait; for an unmatched one, those of the same patient.
    """
    rows = await work.tx.fetch(
        f"select {_KEPT} from ehr.message where provider = $1 and source = $2 and facts is not null"  # noqa: S608
        f" and {'status = $6' if last.unmatched_mrn is None else 'unmatched_mrn = $6'}"
        " and (received_at, key) <= ($3, $4) order by received_at, key limit $5",
        last.provider,
        last.order.source,
        last.received_at,
        last.ref.key,
        most,
        Status.WAITING if last.unmatched_mrn is None else last.unmatched_mrn,
    )
    return [_kept(row) for row in rows]


async def is_repeated(work: Work, kept: Kept) -> bool:
    """Whether the same order, by its own number or by that of the message, was answered before."""
    order = kept.order
    return bool(
        await work.tx.fetchval(
            "select exists (select from ehr.message where provider = $1 and source = $2 and source_number = $3"
            "  and key <> $6 and status = any($7))"
            " or exists (select from ehr.message where provider = $1 and source = $2 and order_number = $4"
            "  and procedure_code = $5 and key <> $6 and status = any($7))",
            kept.provider,
            order.source,
            order.source_number,
            order.number,
            order.procedure_code,
            kept.ref.key,
            _ANSWERED,
        )
    )


async def is_superseded(work: Work, kept: Kept, organization: OrganizationKey, person: PersonKey) -> bool:
    """Whether an order that came later was matched with this patient already."""
    return bool(
        await work.tx.fetchval(
            "select exists (select from ehr.matched_message a join ehr.message m on m.key = a.message"
            " where a.organization = $1 and a.person = $2 and a.provider = $3 and (m.received_at, m.key) > ($4, $5))",
            organization,
            person,
            kept.provider,
            kept.received_at,
            kept.ref.key,
        )
    )


async def settle(work: Work, key: UUID, outcome: Outcome, organization: OrganizationKey | None) -> None:
    """Write what became of a message."""
    await work.tx.execute(
        "update ehr.message set status = $2, reason = $3, person = $4, unmatched_mrn = $5, organization = $6,"
        " handled_at = $7 where key = $1",
        key,
        outcome.status,
        outcome.reason,
        outcome.person,
        outcome.unmatched_mrn,
        organization,
        work.now,
    )


async def unmatched(work: Work, organization: OrganizationKey, mrn: str | None) -> list[UUID]:
    """The orders of an organization that nobody was matched with and that name this MRN (None: any, one at most)."""
    rows = await work.tx.fetch(
        "select key from ehr.message where organization = $1 and unmatched_mrn is not null"
        " and ($2::text is null or unmatched_mrn = $2) order by received_at, key limit $3",
        organization,
        mrn,
        1 if mrn is None else 100,
    )
    return [row["key"] for row in rows]


async def unmatched_any(work: Work, organization: OrganizationKey, mrns: list[str]) -> list[UUID]:
    """The orders of an organization that nobody was matched with and that name one of these MRNs."""
    rows = await work.tx.fetch(
        "select key from ehr.message where organization = $1 and unmatched_mrn = any($2::text[])"
        " order by received_at, key",
        organization,
        mrns,
    )
    return [row["key"] for row in rows]


async def by_name(work: Work, provider: Provider, name: str) -> tuple[MessageRef, Order | None] | None:
    """A message of this system and what it orders, None for an unknown name."""
    row = await work.tx.fetchrow(
        f"select {_REF}, facts from ehr.message where name = $1 and provider = $2",  # noqa: S608 -- constant names
        name,
        provider,
    )
    if row is None:
        return None
    facts = row["facts"]
    ref = MessageRef(row["key"], row["name"], row["data_model"], row["event_type"])
    return ref, None if facts is None else _orders.decode(facts)


async def content(work: Work, key: UUID) -> bytes | None:
    """A message as it came."""
    found: bytes | None = await work.tx.fetchval("select content from ehr.message where key = $1", key)
    return found


async def order_of(work: Work, key: UUID) -> tuple[bytes, datetime] | None:
    """A message as it came, and when."""
    row = await work.tx.fetchrow("select content, received_at from ehr.message where key = $1", key)
    return None if row is None else (row["content"], row["received_at"])


async def of_organization(
    work: Work,
    organization: OrganizationKey,
    before: tuple[datetime, UUID] | None,
    limit: int,
    reasons: Sequence[str] | None = None,
) -> list[Message]:
    """What was matched with an organization, newest first, without the messages themselves.

    reasons: only what failed for one of these.
    """
    at, key = before or (None, None)
    failed = "" if reasons is None else " and status = 'failed' and reason = any($5::text[])"
    rows = await work.tx.fetch(
        f"select {_REF}, provider, status, reason, person, procedure_code, received_at, handled_at from ehr.message"  # noqa: S608
        " where organization = $1 and ($2::timestamptz is null or (received_at, key) < ($2, $3::uuid))"
        f"{failed} order by received_at desc, key desc limit $4",
        organization,
        at,
        key,
        limit,
        *(() if reasons is None else (list(reasons),)),
    )
    return [_message(row) for row in rows]


async def count_failed(work: Work, organization: OrganizationKey, reasons: Sequence[str], most: int) -> int:
    """How many messages of an organization failed for one of these reasons; counted up to `most`."""
    found: int = await work.tx.fetchval(
        "select count(*) from (select from ehr.message where organization = $1 and status = 'failed'"
        " and reason = any($2::text[]) limit $3) one",
        organization,
        list(reasons),
        most,
    )
    return found


def _message(row: asyncpg.Record) -> Message:
    return Message(
        ref=MessageRef(row["key"], row["name"], row["data_model"], row["event_type"]),
        provider=Provider(row["provider"]),
        status=Status(row["status"]),
        reason=row["reason"],
        person=row["person"],
        procedure_code=row["procedure_code"],
        received_at=row["received_at"],
        handled_at=row["handled_at"],
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Give the messages of one organization to another."""
    await work.tx.execute("update ehr.message set organization = $2 where organization = $1", source, target)
