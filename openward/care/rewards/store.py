"""The SQL of `rewards`: programs, activations, rewards, earnings, fulfillments, and the view of groups."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.rewards.model import (
    Activation,
    Allotment,
    Earning,
    Fulfillment,
    Program,
    Reward,
    Selection,
    Terms,
    Unit,
    ends_at,
)
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record

# From each row of a kind to the activation that it belongs to, and to the program of that.
_PROGRAM = " join rewards.program p on p.key = a.program"
_FROM = {
    "activation": "rewards.activation a" + _PROGRAM,
    "reward": "rewards.reward r join rewards.activation a on a.key = r.activation" + _PROGRAM,
    "earning": "rewards.earning e join rewards.reward r on r.key = e.reward"
    " join rewards.activation a on a.key = r.activation" + _PROGRAM,
    "fulfillment": "rewards.fulfillment f join rewards.earning e on e.key = f.earning"
    " join rewards.reward r on r.key = e.reward join rewards.activation a on a.key = r.activation" + _PROGRAM,
}
_FULFILLED = " left join rewards.fulfillment f on f.earning = e.key"
_COLUMNS = {
    "activation": "a.*, p.unit, p.fulfills_as_earned, x.*",
    "reward": "r.*, a.organization, a.person, p.unit, e.earned_value, e.earned_at, f.fulfilled_value, f.fulfilled_at",
    "earning": "e.*, r.activation, a.organization, a.person, a.deactivated_at, a.expires_at, p.patient_group, p.unit,"
    " p.fulfills_as_earned, f.fulfilled_value, f.fulfilled_at",
    "fulfillment": "f.*, a.organization, a.person, p.unit",
}
_JOINED = {
    "activation": " cross join lateral (select count(*) allocated_count, coalesce(sum(r.allocated_value), 0)"
    " allocated_value, count(e.key) earned_count, coalesce(sum(e.earned_value), 0) earned_value"
    " from rewards.reward r left join rewards.earning e on e.reward = r.key where r.activation = a.key) x",
    "reward": " left join rewards.earning e on e.reward = r.key" + _FULFILLED,
    "earning": _FULFILLED,
    "fulfillment": "",
}
_LETTER = {"activation": "a", "reward": "r", "earning": "e", "fulfillment": "f"}
_SCOPE = (
    " where a.organization = $1 and ($2::uuid[] is null or a.person in (select person from rewards.place"
    "  where organization = $1 and patient_group = any($2::uuid[]))) and ($3::uuid is null or a.person = $3)"
)
_NARROWED = {
    "reward": " and ($4::uuid is null or a.key = $4) and ($5::text is null or r.thread = $5)",
    "earning": " and ($4::boolean is null or (f.key is null and $4 ="
    " (p.fulfills_as_earned or least(a.deactivated_at, a.expires_at) <= $5::timestamptz)))",
}


async def count(work: Work, kind: str, which: Selection) -> int:
    """How many of a kind there are."""
    query = f"select count(*) from {_FROM[kind]}{_JOINED[kind] if kind == 'earning' else ''}"  # noqa: S608 -- constants
    found = await work.tx.fetchval(query + _SCOPE + _NARROWED.get(kind, ""), *_values(work, kind, which))
    return int(found)


async def page(work: Work, kind: str, which: Selection, offset: int, limit: int, after: UUID | None) -> list[Record]:
    """Rows of a kind in the order in which they were made, from `offset` on or after the row of a key."""
    values = _values(work, kind, which)
    letter, place = _LETTER[kind], len(values)
    return list(
        await work.tx.fetch(
            f"select {_COLUMNS[kind]} from {_FROM[kind]}{_JOINED[kind]}{_SCOPE}"  # noqa: S608 -- constants
            f"{_NARROWED.get(kind, '')} and (${place + 1}::uuid is null or ({letter}.created_at, {letter}.key) >"
            f" (select created_at, key from rewards.{kind} where key = ${place + 1}))"
            f" order by {letter}.created_at, {letter}.key offset ${place + 2} limit ${place + 3}",
            *values,
            after,
            offset,
            limit,
        )
    )


def _values(work: Work, kind: str, which: Selection) -> list[object]:
    values: list[object] = [which.organization, None if which.groups is None else list(which.groups), which.person]
    if kind == "reward":
        values += [which.activation, which.thread]
    elif kind == "earning":
        values += [which.is_ready, work.now]
    return values


async def get(work: Work, kind: str, keys: Sequence[UUID]) -> list[Record]:
    """Rows of a kind by their keys, in no order; unknown ones are absent."""
    return list(
        await work.tx.fetch(
            f"select {_COLUMNS[kind]} from {_FROM[kind]}{_JOINED[kind]}"  # noqa: S608 -- constants
            f" where {_LETTER[kind]}.key = any($1::uuid[])",
            list(keys),
        )
    )


async def lock(work: Work, kind: str, keys: Sequence[UUID]) -> None:
    """Hold these rows until the end of this work, always in the same order."""
    await work.tx.execute(
        f"select from rewards.{kind} where key = any($1::uuid[]) order by key for update",
        list(keys),
    )


def activation(row: Record) -> Activation:
    """An activation with its sums."""
    names = ("key", "program", "activated_at", "deactivated_at", "expires_at", "created_at", "fulfills_as_earned")
    sums = ("allocated_count", "allocated_value", "earned_count", "earned_value")
    return Activation(
        **{name: row[name] for name in (*names, *sums)},
        organization=OrganizationKey(row["organization"]),
        person=PersonKey(row["person"]),
        unit=Unit(row["unit"]),
    )


def reward(row: Record) -> Reward:
    """A reward with what came of it."""
    return Reward(
        row["key"],
        OrganizationKey(row["organization"]),
        row["activation"],
        PersonKey(row["person"]),
        Allotment(row["description"], row["allocated_value"], row["allocated_at"], row["target_at"], row["thread"]),
        row["created_at"],
        Unit(row["unit"]),
        row["earned_value"],
        row["earned_at"],
        row["fulfilled_value"],
        row["fulfilled_at"],
    )


def earning(work: Work, row: Record) -> Earning:
    """An earning; it is ready when its program fulfills as earned, or its activation is over by now."""
    return Earning(
        row["key"],
        OrganizationKey(row["organization"]),
        row["reward"],
        row["activation"],
        row["patient_group"],
        PersonKey(row["person"]),
        row["earned_value"],
        row["earned_at"],
        row["created_at"],
        Unit(row["unit"]),
        row["fulfills_as_earned"] or ends_at(row["deactivated_at"], row["expires_at"]) <= work.now,
        row["fulfilled_value"],
        row["fulfilled_at"],
    )


def fulfillment(row: Record) -> Fulfillment:
    """A fulfillment."""
    return Fulfillment(
        row["key"],
        OrganizationKey(row["organization"]),
        row["earning"],
        PersonKey(row["person"]),
        row["fulfilled_value"],
        row["fulfilled_at"],
        row["created_at"],
        Unit(row["unit"]),
    )


async def is_activated(work: Work, program: UUID, person: PersonKey) -> bool:
    """Whether a patient has an activation of this program."""
    query = "select exists (select from rewards.activation where program = $1 and person = $2)"
    return bool(await work.tx.fetchval(query, program, person))


async def insert_activation(work: Work, made: Activation) -> bool:
    """Add one; False when the patient has one of this program."""
    tag = await work.tx.execute(
        "insert into rewards.activation"
        " (key, organization, program, person, activated_at, deactivated_at, expires_at, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (program, person) do nothing",
        made.key,
        made.organization,
        made.program,
        made.person,
        made.activated_at,
        made.deactivated_at,
        made.expires_at,
        made.created_at,
    )
    return bool(tag.endswith(" 1"))


async def insert_reward(work: Work, key: UUID, activated: UUID, wanted: Allotment) -> None:
    """Add one."""
    await work.tx.execute(
        "insert into rewards.reward"
        " (key, activation, thread, description, allocated_value, allocated_at, target_at, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        key,
        activated,
        wanted.thread,
        wanted.description,
        wanted.value,
        wanted.allocated_at,
        wanted.target_at,
        work.now,
    )


async def insert_earnings(work: Work, rows: Sequence[tuple[object, ...]]) -> None:
    """Add (key, reward, value, earned_at) of rewards that have none."""
    await work.tx.executemany(
        "insert into rewards.earning (key, reward, earned_value, earned_at, created_at) values ($1, $2, $3, $4, $5)",
        [(*row, work.now) for row in rows],
    )


async def insert_fulfillment(work: Work, made: Fulfillment) -> None:
    """Add one to an earning that has none."""
    await work.tx.execute(
        "insert into rewards.fulfillment (key, earning, fulfilled_value, fulfilled_at, created_at)"
        " values ($1, $2, $3, $4, $5)",
        made.key,
        made.earning,
        made.value,
        made.fulfilled_at,
        made.created_at,
    )


def terms(row: Record) -> Terms:
    """The terms of a program."""
    names = ("name", "start_at", "end_at", "budget_value", "duration_days", "fulfills_as_earned", "is_frozen")
    return Terms(
        **{name: row[name] for name in (*names, "tagline", "description")},
        unit=Unit(row["unit"]),
    )


def program(row: Record) -> Program:
    """A program."""
    return Program(
        row["key"], OrganizationKey(row["organization"]), row["patient_group"], terms(row), row["created_at"]
    )
