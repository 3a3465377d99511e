"""SQL of `coaching.result`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from openward.care.coaching.model import Asked, Outcome, Result
from openward.care.coaching.store import written
from openward.care.work import Work
from openward.infra.db import Record, from_json, to_json

_COLUMNS = (
    "id, plan, action, type, thread, metric_type, occurred_at, occurred_on, time_zone, part_of_day, value, is_skipped,"
    " note, channel, observation, created_at, created_by, updated_at, updated_by"
)
_SELECT = f"select {_COLUMNS} from coaching.result"  # noqa: S608 -- constants


def _result(row: Record) -> Result:
    value = from_json(row["value"]) or {}
    outcome = Outcome(
        occurred_at=row["occurred_at"],
        value=value.get("value"),
        unit=value.get("unit"),
        metric_type=row["metric_type"],
        window=row["part_of_day"],
        time_zone=row["time_zone"],
        is_skipped=row["is_skipped"],
        note=row["note"],
    )
    return Result(
        row["id"].hex(),
        row["plan"],
        row["action"],
        row["type"],
        row["thread"],
        outcome,
        row["channel"],
        written(row),
        row["observation"],
    )


def _value(outcome: Outcome) -> str | None:
    if outcome.value is None:
        return None
    return to_json({"value": outcome.value} | ({} if outcome.unit is None else {"unit": outcome.unit}))


async def insert(work: Work, made: Sequence[tuple[Result, date]]) -> None:
    """Keep results, each with its day in the plan's zone; one that is there of the same measurement stays as it is."""
    await work.tx.executemany(
        f"insert into coaching.result ({_COLUMNS})"  # noqa: S608 -- constants
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $16, $17)"
        " on conflict do nothing",
        [
            (
                bytes.fromhex(one.id),
                one.plan,
                one.action,
                one.type,
                one.thread,
                one.outcome.metric_type,
                one.outcome.occurred_at,
                day,
                one.outcome.time_zone or "UTC",
                one.outcome.window,
                _value(one.outcome),
                one.outcome.is_skipped,
                one.outcome.note,
                one.channel,
                one.observation,
                work.now,
                work.actor.person,
            )
            for one, day in made
        ],
    )


async def get(work: Work, ids: Sequence[str]) -> list[Result]:
    """Results by id."""
    rows = await work.tx.fetch(f"{_SELECT} where id = any($1::bytea[])", [bytes.fromhex(one) for one in ids])
    return [_result(row) for row in rows]


async def on_day(work: Work, action: UUID, day: date, window: str | None) -> list[Result]:
    """What was checked off of an action on a day, for a window or for none."""
    rows = await work.tx.fetch(
        f"{_SELECT} where action = $1 and occurred_on = $2 and part_of_day is not distinct from $3"
        " and metric_type is null order by created_at, id",
        action,
        day,
        window,
    )
    return [_result(row) for row in rows]


async def delete(work: Work, ids: Sequence[str]) -> None:
    """Take results back."""
    await work.tx.execute(
        "delete from coaching.result where id = any($1::bytea[])", [bytes.fromhex(one) for one in ids]
    )


async def since(work: Work, actions: Sequence[UUID], day: date) -> list[Result]:
    """The results of actions from a day on, in the order in which they came about."""
    rows = await work.tx.fetch(
        f"{_SELECT} where action = any($1::uuid[]) and occurred_on >= $2 order by occurred_at, id", list(actions), day
    )
    return [_result(row) for row in rows]


async def latest(work: Work, actions: Sequence[UUID]) -> list[Result]:
    """The latest result of each action that has one, in the order of the actions."""
    rows = await work.tx.fetch(
        "select r.* from unnest($1::uuid[]) with ordinality given(action, place) cross join lateral"
        " (select * from coaching.result r where r.action = given.action order by occurred_at desc, id desc limit 1) r"
        " order by given.place",
        list(actions),
    )
    return [_result(row) for row in rows]


async def latest_of(work: Work, plans: Sequence[UUID]) -> list[Result]:
    """The latest result of each of these plans; each action is asked for its own, by an index."""
    rows = await work.tx.fetch(
        "select distinct on (r.plan) r.* from coaching.action a cross join lateral"
        " (select * from coaching.result r where r.action = a.key order by occurred_at desc, id desc limit 1) r"
        " where a.plan = any($1::uuid[]) order by r.plan, r.occurred_at desc, r.id desc",
        list(plans),
    )
    return [_result(row) for row in rows]


async def measured_since(work: Work, plan: UUID, start: datetime, limit: int) -> list[Result]:
    """What was measured since then that is no observation, such as steps; latest first."""
    rows = await work.tx.fetch(
        f"{_SELECT} where plan = $1 and metric_type is not null and observation is null and occurred_at >= $2"
        " order by occurred_at desc, id desc limit $3",
        plan,
        start,
        limit,
    )
    return [_result(row) for row in rows]


async def of_observation(work: Work, plan: UUID, observation: str) -> list[Result]:
    """The results of a plan that were made of one measurement."""
    rows = await work.tx.fetch(f"{_SELECT} where plan = $1 and observation = $2", plan, observation)
    return [_result(row) for row in rows]


async def days_done(
    work: Work, actions: Sequence[UUID], first: date
) -> tuple[dict[UUID, set[date]], dict[UUID, datetime]]:
    """The days from `first` on with a result, and when the latest of these was written; by action."""
    rows = await work.tx.fetch(
        "select action, array_agg(distinct occurred_on) days, max(created_at) latest from coaching.result"
        " where action = any($1::uuid[]) and occurred_on >= $2 and not is_skipped group by action",
        list(actions),
        first,
    )
    return {row["action"]: set(row["days"]) for row in rows}, {row["action"]: row["latest"] for row in rows}


async def times(work: Work, plan: UUID) -> dict[bytes, datetime]:
    """When each result of a plan came about."""
    rows = await work.tx.fetch("select id, occurred_at from coaching.result where plan = $1", plan)
    return {row["id"]: row["occurred_at"] for row in rows}


async def put_days(work: Work, days: Mapping[bytes, date]) -> None:
    """Write the days of results anew."""
    await work.tx.execute(
        "update coaching.result r set occurred_on = given.day from unnest($1::bytea[], $2::date[]) given(id, day)"
        " where r.id = given.id",
        list(days),
        list(days.values()),
    )


def _where(asked: Asked) -> tuple[str, list[Any]]:
    parts, values = ["plan = $1"], [asked.plan]

    def add(text: str, value: Any) -> None:
        if value is not None:
            values.append(value)
            parts.append(text.format(f"${len(values)}"))

    add("action = any({}::uuid[])", None if asked.actions is None else list(asked.actions))
    add("thread = any({}::text[])", None if asked.threads is None else list(asked.threads))
    spans = {"occurred_at": asked.occurred, "created_at": asked.created, "updated_at": asked.updated}
    for column, (start, end) in spans.items():
        add(f"{column} >= {{}}", start)
        add(f"{column} < {{}}", end)
    return " and ".join(parts), values


async def count(work: Work, asked: Asked) -> int:
    """How many results match."""
    where, values = _where(asked)
    query = f"select count(*) from coaching.result where {where}"  # noqa: S608 -- constants and places
    return int(await work.tx.fetchval(query, *values))


async def page(work: Work, asked: Asked, limit: int, after: tuple[datetime, str] | None, offset: int) -> list[Result]:
    """Results that match, oldest first, behind the time and id of the last one seen or from `offset` on."""
    where, values = _where(asked)
    if after is not None:
        values += [after[0], bytes.fromhex(after[1])]
        where += f" and (created_at, id) > (${len(values) - 1}, ${len(values)})"
    values += [limit, offset]
    rows = await work.tx.fetch(
        f"{_SELECT} where {where} order by created_at, id limit ${len(values) - 1} offset ${len(values)}", *values
    )
    return [_result(row) for row in rows]
