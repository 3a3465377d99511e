"""SQL that counts what is due and what became of it, for many plans at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openward.care.coaching.model import USUAL_TIMES
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record, to_json


@dataclass(frozen=True, slots=True)
class Day:
    """A day of one time zone: its bounds, the weekday (0 is Sunday), and how far it is.

    gone_s: seconds of the clock that are over; None for any day but today.
    """

    zone: str
    day: date
    starts: datetime
    ends: datetime
    weekday: int
    gone_s: int | None


# One row for each action, day and part of the day on which it is due. The days of each zone are given with their
# bounds, so that nothing hangs on which zones the database knows.
_ITEMS = """
with plan as (
    select p.key, p.person, coalesce(p.time_zone, 'UTC') zone, $3::jsonb || p.window_times times
    from coaching.plan p where p.organization = $1 and p.person = any($2::uuid[])
), day as (
    select * from unnest($4::text[], $5::date[], $6::timestamptz[], $7::timestamptz[], $8::int[], $9::int[])
        d(zone, day, starts, ends, weekday, gone)
), due as (
    select plan.person, plan.times, d.day, d.gone, a.key, w.id, w.type
    from plan
    join coaching.action a on a.plan = plan.key and a.days is not null
    join day d on d.zone = plan.zone and d.weekday = any(a.days) and a.effective_from < d.ends
        and (a.effective_to is null or a.effective_to > d.starts)
    left join lateral jsonb_to_recordset(a.content->'windows') w(id text, type text) on true
), said as (
    select r.action, r.occurred_on, r.part_of_day, bool_or(not r.is_skipped) is_done
    from coaching.result r
    where r.action in (select key from due)
        and r.occurred_on between (select min(day) from day) and (select max(day) from day)
    group by 1, 2, 3
), item as (
    select due.person, due.day, due.gone is not null is_today, coalesce(said.is_done, false) is_done,
        not coalesce(said.is_done, true) is_skipped,
        due.type is not null and exists (
            select from jsonb_each_text(due.times) t
            where t.value::int > (due.times->>due.type)::int and t.value::int <= due.gone) is_over
    from due left join said on said.action = due.key and said.occurred_on = due.day
        and said.part_of_day is not distinct from due.id
)
"""
_STANDINGS = (
    _ITEMS  # noqa: S608 -- constants
    + """
, standing as (
    select person,
        count(*) filter (where is_today) today,
        count(*) filter (where is_today and is_done) done,
        count(*) filter (where is_today and is_over and not is_done and not is_skipped) late,
        count(*) filter (where not is_today and not is_done and not is_skipped) missed,
        count(*) week_due,
        count(*) filter (where is_done) week_done,
        count(*) filter (where is_skipped) skipped
    from item group by person
), held as (
    select plan.person, count(*) actions from plan join coaching.action a on a.plan = plan.key
    where a.effective_from <= $10 and (a.effective_to is null or a.effective_to > $10) group by plan.person
), listed as (
    select given.person, given.place,
        coalesce(held.actions, 0)::int actions,
        coalesce(today, 0)::int today, coalesce(done, 0)::int done, coalesce(late, 0)::int late,
        coalesce(missed, 0)::int missed, coalesce(week_due, 0)::int week_due, coalesce(week_done, 0)::int week_done,
        coalesce(skipped, 0)::int skipped
    from unnest($2::uuid[]) with ordinality given(person, place)
    left join standing s on s.person = given.person left join held on held.person = given.person
), counted as (
    select *, count(*) filter (where late + missed > 0) over () waiting from listed
)
select person, actions, today, done, late, missed, week_due, week_done, skipped, waiting, count(*) over () count
from counted where not $11 or late + missed > 0
order by case when $12 then -(late + missed) end, place offset $13 limit $14
"""
)
_BY_DAY = (
    _ITEMS  # noqa: S608 -- constants
    + """
select * from (
    select day, person, count(*)::int due, (count(*) filter (where is_done))::int done,
        (count(*) over (partition by day))::int people,
        row_number() over (partition by day order by count(*) filter (where not is_done) desc, person) place
    from item group by day, person
) counted where place <= $10 order by day, place
"""
)


async def zones(work: Work, organization: OrganizationKey) -> list[str]:
    """The time zones of an organization's plans."""
    rows = await work.tx.fetch(
        "select distinct coalesce(time_zone, 'UTC') zone from coaching.plan where organization = $1", organization
    )
    return [row["zone"] for row in rows]


def _values(organization: OrganizationKey, people: Sequence[PersonKey], days: Sequence[Day]) -> list[Any]:
    columns = ([getattr(one, name) for one in days] for name in ("zone", "day", "starts", "ends", "weekday", "gone_s"))
    return [organization, list(people), to_json(USUAL_TIMES), *columns]


async def standings(
    work: Work,
    organization: OrganizationKey,
    people: Sequence[PersonKey],
    days: Sequence[Day],
    *,
    only_overdue: bool,
    by_need: bool,
    offset: int,
    limit: int,
) -> tuple[list[Record], int, int]:
    """One row a person, how many there are on all pages, and how many have something overdue."""
    values = _values(organization, people, days)
    rows = await work.tx.fetch(_STANDINGS, *values, work.now, only_overdue, by_need, offset, limit)
    return rows, rows[0]["count"] if rows else 0, rows[0]["waiting"] if rows else 0


async def by_day(
    work: Work, organization: OrganizationKey, people: Sequence[PersonKey], days: Sequence[Day], most: int
) -> list[Record]:
    """One row a day and person, the first `most` of each day."""
    return list(await work.tx.fetch(_BY_DAY, *_values(organization, people, days), most))
