"""The only SQL of the room: `observations.observation`, how many there are, and the view of who is in which group."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care.observations.model import Measured, Observation, Selection
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record, from_json, to_json

_COLUMNS = (
    "id",
    "organization",
    "person",
    "type",
    "occurred_at",
    "created_at",
    "value",
    "systolic",
    "diastolic",
    "canonical",
    "unit",
    "code_system",
    "code",
    "other",
    "created_by",
)
_SELECT = "select " + ", ".join(f"o.{name}" for name in _COLUMNS)
_COPY_FROM = 20
"""From this many rows on COPY is faster than single inserts."""
_PARTS = 16
_WALK = 5000
_FEW = 5000
_bytes = bytes.fromhex


def _observation(row: Record) -> Observation:
    organization, person = OrganizationKey(row["organization"]), PersonKey(row["person"])
    other = row["other"]
    measured = Measured(
        row["type"],
        row["occurred_at"],
        row["code_system"],
        row["code"],
        row["value"],
        row["systolic"],
        row["diastolic"],
        None if other is None else from_json(other),
        row["unit"],
        row["canonical"],
    )
    by = row["created_by"]
    return Observation(
        row["id"].hex(), organization, person, row["created_at"], measured, None if by is None else PersonKey(by)
    )


async def insert(work: Work, made: Sequence[Observation]) -> None:
    """Add observations of one organization, and count them."""
    records = [
        (
            _bytes(one.id),
            one.organization,
            one.person,
            (what := one.measured).type,
            what.occurred_at,
            one.created_at,
            what.value,
            what.systolic,
            what.diastolic,
            what.canonical,
            what.unit,
            what.code_system,
            what.code,
            None if what.other is None else to_json(what.other),
            one.created_by,
        )
        for one in made
    ]
    if len(records) >= _COPY_FROM:
        await work.tx.copy_records_to_table(
            "observation", schema_name="observations", columns=_COLUMNS, records=records
        )
    else:
        places = ", ".join(f"${place}" for place in range(1, len(_COLUMNS) + 1))
        await work.tx.executemany(
            f"insert into observations.observation ({', '.join(_COLUMNS)}) values ({places})",  # noqa: S608 -- constants
            records,
        )
    await work.tx.execute(
        "insert into observations.tally as t (organization, part, count) values ($1, pg_backend_pid() % $2, $3)"
        " on conflict (organization, part) do update set count = t.count + excluded.count",
        made[0].organization,
        _PARTS,
        len(made),
    )


async def lock_against_repeats(work: Work, organization: OrganizationKey) -> None:
    """Hold the organization's observations against others who look for repeats, too."""
    await work.tx.execute(
        "select pg_advisory_xact_lock(hashtextextended('observations:' || $1::text, 0))", str(organization)
    )


async def known(
    work: Work, organization: OrganizationKey, wanted: Sequence[tuple[PersonKey, str, datetime]]
) -> set[tuple[PersonKey, str, datetime]]:
    """Those of these (person, type, time) of which there is an observation."""
    rows = await work.tx.fetch(
        "select w.person, w.type, w.at from unnest($2::uuid[], $3::text[], $4::timestamptz[]) w(person, type, at)"
        " where exists (select from observations.observation o where o.person = w.person and o.type = w.type"
        "  and o.occurred_at = w.at and o.organization = $1)",
        organization,
        [person for person, _, _ in wanted],
        [kind for _, kind, _ in wanted],
        [at for _, _, at in wanted],
    )
    return {(PersonKey(row["person"]), row["type"], row["at"]) for row in rows}


async def get(work: Work, ids: Sequence[str]) -> list[Observation]:
    """Observations by id, in no order; unknown ones are absent."""
    rows = await work.tx.fetch(
        f"{_SELECT} from observations.observation o where o.id = any($1::bytea[])", [_bytes(one) for one in ids]
    )
    return [_observation(row) for row in rows]


async def count(work: Work, which: Selection) -> int:
    """How many there are; of a whole organization from its tally."""
    if which.person is not None:
        found = await work.tx.fetchval(
            "select count(*) from observations.observation where person = $1 and organization = $2",
            which.person,
            which.organization,
        )
    elif which.groups is not None:
        found = await _of_groups(work, which.organization, list(which.groups))
    else:
        found = await _tallied(work, which.organization)
    return int(found)


async def _of_groups(work: Work, organization: OrganizationKey, groups: list[UUID]) -> int:
    """How many people in these groups have: of few people each one's are counted off an index, of many all together."""
    places = "select person from observations.place where organization = $1 and patient_group = any($2::uuid[])"
    few = await work.tx.fetchval(
        f"select count(*) <= $3 from ({places} limit $3 + 1) p",  # noqa: S608 -- constants
        organization,
        groups,
        _FEW,
    )
    one_by_one = (
        "select coalesce(sum(o.n), 0)::bigint from (select distinct person"  # noqa: S608 -- constants
        f" from ({places}) p) p cross join lateral (select count(*) n from observations.observation"
        "  where person = p.person and organization = $1) o"
    )
    together = f"select count(*) from observations.observation where organization = $1 and person in ({places})"  # noqa: S608
    return int(await work.tx.fetchval(one_by_one if few else together, organization, groups))


async def page(
    work: Work, which: Selection, after: tuple[datetime, str] | None, offset: int, limit: int, count: int | None
) -> list[Observation]:
    """Latest first, ties by id downwards: behind `after`, or from `offset` on; `count` is how many there are in all.

    What is chosen is read off an index alone. Of people in groups each one's latest are taken and put in order, unless
    so much of the organization's is theirs that a walk through it soon meets enough.
    """
    conditions, values = "o.organization = $1", [which.organization, offset, limit]
    if after is not None:
        conditions += " and (o.occurred_at, o.id) < ($4, $5)"
        values += [after[0], _bytes(after[1])]
    order = "order by o.occurred_at desc, o.id desc"
    if which.person is not None:
        conditions += f" and o.person = ${len(values) + 1}"
        values.append(which.person)
    chosen = f"select o.id, o.occurred_at from observations.observation o where {conditions}"  # noqa: S608 -- constants
    if which.person is None and which.groups is not None and await _is_most(work, which, offset + limit, count):
        chosen += (
            " and exists (select from observations.place p where p.organization = $1 and p.person = o.person"
            f" and p.patient_group = any(${len(values) + 1}::uuid[]))"
        )
        values.append(list(which.groups))
    elif which.person is None and which.groups is not None:
        chosen = (
            "select o.id, o.occurred_at from (select distinct person from observations.place"  # noqa: S608 -- constants
            f" where organization = $1 and patient_group = any(${len(values) + 1}::uuid[])) p"
            f" cross join lateral ({chosen} and o.person = p.person {order} limit $2::bigint + $3::bigint) o"
        )
        values.append(list(which.groups))
    # Two statements, as a plan for both, made before the numbers are known, may read the whole table.
    rows = await work.tx.fetch(f"{chosen} {order} offset $2 limit $3", *values)
    found = {one.id: one for one in await get(work, [row["id"].hex() for row in rows])}
    return [found[row["id"].hex()] for row in rows]


async def _is_most(work: Work, which: Selection, wanted: int, count: int | None) -> bool:
    """Whether about `_WALK` observations of the organization hold as many of a selection as are wanted."""
    if not count:
        return False
    return wanted * await _tallied(work, which.organization) <= _WALK * count


async def _tallied(work: Work, organization: OrganizationKey) -> int:
    return int(
        await work.tx.fetchval(
            "select coalesce(sum(count), 0)::bigint from observations.tally where organization = $1", organization
        )
    )


async def latest(
    work: Work, person: PersonKey, organization: OrganizationKey | None, types: Sequence[str]
) -> list[Observation]:
    """The latest of each of these types; of one organization, or of all (None)."""
    rows = await work.tx.fetch(
        f"{_SELECT} from unnest($3::text[]) t(type) cross join lateral (select * from observations.observation o"  # noqa: S608 -- constants
        " where o.person = $1 and ($2::uuid is null or o.organization = $2) and o.type = t.type"
        " order by o.occurred_at desc, o.id desc limit 1) o order by o.occurred_at desc, o.id desc",
        person,
        organization,
        list(types),
    )
    return [_observation(row) for row in rows]


async def latest_of_many(
    work: Work, people: Sequence[PersonKey], organization: OrganizationKey, types: Sequence[str]
) -> list[Observation]:
    """The latest of each of these types of each person, latest first."""
    rows = await work.tx.fetch(
        f"{_SELECT} from unnest($1::uuid[]) p(person) cross join unnest($3::text[]) t(type)"  # noqa: S608 -- constants
        " cross join lateral (select * from observations.observation o where o.person = p.person"
        "  and o.organization = $2 and o.type = t.type order by o.occurred_at desc, o.id desc limit 1) o"
        " order by o.occurred_at desc, o.id desc",
        list(people),
        organization,
        list(types),
    )
    return [_observation(row) for row in rows]


async def at(
    work: Work, person: PersonKey, organization: OrganizationKey, kind: str, start: datetime, end: datetime
) -> list[Observation]:
    """Those of one type between two times, the later one excluded."""
    rows = await work.tx.fetch(
        f"{_SELECT} from observations.observation o where o.person = $1 and o.organization = $2 and o.type = $3"
        " and o.occurred_at >= $4 and o.occurred_at < $5",
        person,
        organization,
        kind,
        start,
        end,
    )
    return [_observation(row) for row in rows]


async def series(
    work: Work, person: PersonKey, organization: OrganizationKey, types: Sequence[str], start: datetime, most: int
) -> list[Observation]:
    """The newest of each of these types since a time, latest first."""
    rows = await work.tx.fetch(
        f"{_SELECT} from unnest($3::text[]) t(type) cross join lateral (select * from observations.observation o"  # noqa: S608 -- constants
        " where o.person = $1 and o.organization = $2 and o.type = t.type and o.occurred_at >= $4"
        " order by o.occurred_at desc, o.id desc limit $5) o order by o.occurred_at desc, o.id desc",
        person,
        organization,
        list(types),
        start,
        most,
    )
    return [_observation(row) for row in rows]


async def delete(work: Work, organization: OrganizationKey, person: PersonKey, key: str) -> Observation | None:
    """Take an observation away, and count it no more; what it was, None when there is none."""
    row = await work.tx.fetchrow(
        "delete from observations.observation where id = $1 and organization = $2 and person = $3 returning *",
        _bytes(key),
        organization,
        person,
    )
    if row is None:
        return None
    await work.tx.execute(
        "insert into observations.tally as t (organization, part, count) values ($1, pg_backend_pid() % $2, -1)"
        " on conflict (organization, part) do update set count = t.count - 1",
        organization,
        _PARTS,
    )
    return _observation(row)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """What the source has belongs to the target."""
    await work.tx.execute(
        "update observations.observation set organization = $2 where organization = $1", source, target
    )
    await work.tx.execute(
        "insert into observations.tally as t (organization, part, count)"
        " select $2, part, count from observations.tally where organization = $1"
        " on conflict (organization, part) do update set count = t.count + excluded.count",
        source,
        target,
    )
    await work.tx.execute("delete from observations.tally where organization = $1", source)
