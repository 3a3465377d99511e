"""The SQL of reports of visits: presets, orders, and the view `reports.visit` that their lines are read from."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from openward.care.reports.orders import COLUMNS, Choice, Order, OrderStatus, Preset, Span
from openward.care.work import OrganizationKey, Work
from openward.infra.db import Record

_BATCH = 2000  # lines
_PATIENCE_S = 3600.0  # millions of visits are put in order before the first line comes
_ORDER = (
    "select key, organization, from_at, to_at, columns, rooms, statuses, status, content, created_at, expires_at"
    " from reports.encounter_report"
)
_PRESET = "select key, organization, name, columns, rooms, statuses from reports.preset"
_CHOSEN = (
    "organization = $1 and starts_at >= $2 and starts_at < $3"
    " and ($4::uuid[] is null or room = any($4)) and ($5::text[] is null or status = any($5))"
)


def _choice(row: Record) -> Choice:
    rooms, statuses = row["rooms"], row["statuses"]
    return Choice(
        tuple(row["columns"]),
        None if rooms is None else tuple(rooms),
        None if statuses is None else tuple(statuses),
    )


def _preset(row: Record) -> Preset:
    return Preset(row["key"], OrganizationKey(row["organization"]), row["name"], _choice(row))


def _order(row: Record) -> Order:
    return Order(
        row["key"],
        OrganizationKey(row["organization"]),
        Span(row["from_at"], row["to_at"]),
        _choice(row),
        OrderStatus(row["status"]),
        row["content"],
        row["created_at"],
        row["expires_at"],
    )


def _listed(values: Sequence[object] | None) -> list[object] | None:
    return None if values is None else list(values)


async def set_zone(work: Work, zone: str) -> None:
    """Moments are told in this zone until the end of the transaction; UTC when the database does not know it."""
    try:
        async with work.tx.transaction():
            await work.tx.execute("select set_config('TimeZone', $1, true)", zone)
    except asyncpg.InvalidParameterValueError:
        return


async def lines(work: Work, organization: OrganizationKey, span: Span, choice: Choice) -> AsyncIterator[bytes]:
    """CSV lines of the visits that start in the span, the end not included, in pieces of 2,000."""
    cells = " || ',' || ".join(f"reports.cell({name})" for name in choice.columns if name in COLUMNS)
    # The order of the inner query keeps it apart, so that the value of each cell is computed once.
    cursor = await work.tx.cursor(
        f"select {cells} from (select * from reports.visit where {_CHOSEN} order by starts_at, key) v",  # noqa: S608
        organization,
        span.start,
        span.end,
        _listed(choice.rooms),
        _listed(choice.statuses),
        timeout=_PATIENCE_S,
    )
    while rows := await cursor.fetch(_BATCH, timeout=_PATIENCE_S):
        yield "".join([f"{row[0]}\r\n" for row in rows]).encode()


async def people(work: Work, organization: OrganizationKey, span: Span, choice: Choice) -> list[UUID]:
    """Whose visits those are."""
    rows = await work.tx.fetch(
        f"select distinct person from reports.visit_of where {_CHOSEN}",  # noqa: S608 -- constant
        organization,
        span.start,
        span.end,
        _listed(choice.rooms),
        _listed(choice.statuses),
        timeout=_PATIENCE_S,
    )
    return [row["person"] for row in rows]


async def presets(work: Work, organization: OrganizationKey) -> list[Preset]:
    """The presets of an organization, by name."""
    rows = await work.tx.fetch(f"{_PRESET} where organization = $1 order by lower(name)", organization)
    return [_preset(row) for row in rows]


async def preset(work: Work, key: UUID) -> Preset | None:
    """One preset of whatever organization."""
    row = await work.tx.fetchrow(f"{_PRESET} where key = $1", key)
    return None if row is None else _preset(row)


async def insert_preset(work: Work, made: Preset) -> bool:
    """Keep a new preset; False when the name is taken."""
    done = await work.tx.fetchval(
        "insert into reports.preset (key, organization, name, columns, rooms, statuses, created_at, updated_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict do nothing returning true",
        made.key,
        made.organization,
        made.name,
        list(made.choice.columns),
        _listed(made.choice.rooms),
        _listed(made.choice.statuses),
        work.now,
    )
    return bool(done)


async def update_preset(work: Work, changed: Preset) -> bool:
    """Write a preset anew; False when the name is taken."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "update reports.preset set name = $2, columns = $3, rooms = $4, statuses = $5, updated_at = $6"
                " where key = $1",
                changed.key,
                changed.name,
                list(changed.choice.columns),
                _listed(changed.choice.rooms),
                _listed(changed.choice.statuses),
                work.now,
            )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def delete_preset(work: Work, key: UUID) -> None:
    """A preset goes; reports that were ordered by it keep what it said."""
    await work.tx.execute("delete from reports.preset where key = $1", key)


async def insert_order(work: Work, made: Order, sealed_password: bytes) -> None:
    """Keep a new order."""
    await work.tx.execute(
        "insert into reports.encounter_report (key, organization, from_at, to_at, columns, rooms, statuses, status,"
        " sealed_password, ordered_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        made.key,
        made.organization,
        made.span.start,
        made.span.end,
        list(made.choice.columns),
        _listed(made.choice.rooms),
        _listed(made.choice.statuses),
        made.status.value,
        sealed_password,
        work.actor.credential,
        work.now,
    )


async def order(work: Work, key: UUID) -> Order | None:
    """One order of whatever organization."""
    row = await work.tx.fetchrow(f"{_ORDER} where key = $1", key)
    return None if row is None else _order(row)


async def count_try(work: Work, key: UUID) -> int | None:
    """One more try at a pending order: how many there were; None when it is not pending any more."""
    tries: int | None = await work.tx.fetchval(
        "update reports.encounter_report set tries = tries + 1 where key = $1 and status = 'pending' returning tries",
        key,
    )
    return tries


async def lock_pending(work: Work, key: UUID) -> tuple[Order, bytes] | None:
    """A pending order with its password, held; None when somebody else holds it or it is not pending any more."""
    row = await work.tx.fetchrow(
        f"{_ORDER.replace('select ', 'select sealed_password, ', 1)} where key = $1 and status = 'pending'"
        " for update skip locked",
        key,
    )
    return None if row is None else (_order(row), row["sealed_password"])


async def complete(work: Work, key: UUID, content: str, size_bytes: int, expires_at: datetime) -> None:
    """The file is built; the password is not needed any more."""
    await work.tx.execute(
        "update reports.encounter_report set status = 'completed', content = $2, size_bytes = $3, expires_at = $4,"
        " finished_at = $5, sealed_password = null where key = $1",
        key,
        content,
        size_bytes,
        expires_at,
        work.now,
    )


async def fail(work: Work, key: UUID) -> None:
    """No file will be built."""
    await work.tx.execute(
        "update reports.encounter_report set status = 'failed', finished_at = $2, sealed_password = null"
        " where key = $1 and status = 'pending'",
        key,
        work.now,
    )


async def waiting(work: Work, before: datetime, limit: int) -> list[UUID]:
    """Orders that have been pending since then."""
    rows = await work.tx.fetch(
        "select key from reports.encounter_report where status = 'pending' and created_at < $1"
        " order by created_at limit $2",
        before,
        limit,
    )
    return [row["key"] for row in rows]


async def take_expired(work: Work, limit: int) -> list[str]:
    """Files whose time is over; no order names them any more."""
    rows = await work.tx.fetch(
        "update reports.encounter_report r set content = null from (select key, content from reports.encounter_report"
        " where content is not null and expires_at <= $1 order by expires_at limit $2 for update skip locked) old"
        " where r.key = old.key returning old.content",
        work.now,
        limit,
    )
    return [row["content"] for row in rows]


async def kept(work: Work, contents: Sequence[str]) -> set[str]:
    """Those of these files that an order names."""
    rows = await work.tx.fetch(
        "select content from reports.encounter_report where content = any($1::text[])", list(contents)
    )
    return {row["content"] for row in rows}


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Give presets and orders another organization; a name that is taken there is made longer."""
    await work.tx.execute(
        "update reports.preset p set organization = $2, name = case when exists (select from reports.preset o"
        "  where o.organization = $2 and lower(o.name) = lower(p.name))"
        "  then p.name || ' ' || right(p.key::text, 12) else p.name end where organization = $1",
        source,
        target,
    )
    await work.tx.execute(
        "update reports.encounter_report set organization = $2 where organization = $1", source, target
    )
