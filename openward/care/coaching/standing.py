"""How patients stand with what is due: for the list of those who coach, and for calendars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from openward.care import audit
from openward.care.coaching import rules, standing_store
from openward.care.coaching.standing_store import Day
from openward.care.work import OrganizationKey, PersonKey, Work

DAYS_BACK = 6
"""What was due on so many days before today, and was not done, is still asked for."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What one patient has to do: numbers of items, one for each action and part of the day that it is due in.

    today: due today; done: of these, done; late: of these, open after their part of the day; missed: open on the six
    days before; week_due and week_done: of all seven days; skipped: said to be left out on one of these days.
    """

    person: PersonKey
    actions: int
    today: int
    done: int
    late: int
    missed: int
    week_due: int
    week_done: int
    skipped: int

    @property
    def overdue(self) -> int:
        """What should be done by now."""
        return self.late + self.missed


@dataclass(frozen=True, slots=True)
class Standings:
    """A page of standings: `count` on all pages, `waiting` of everybody who was asked about with something overdue."""

    page: tuple[Standing, ...]
    count: int
    waiting: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """What is due of one patient on one day; `people` are all who have something due on that day."""

    day: date
    person: PersonKey
    due: int
    done: int
    people: int


async def standings(
    work: Work,
    organization: OrganizationKey,
    people: Sequence[PersonKey],
    *,
    only_overdue: bool = False,
    by_need: bool = True,
    offset: int = 0,
    limit: int = 25,
) -> Standings:
    """How these people stand: in the order given, or who has most overdue first. Two statements, whatever they are."""
    zones = await standing_store.zones(work, organization)
    days = [one for zone in zones for one in _up_to_now(zone, work.now)]
    rows, count, waiting = await standing_store.standings(
        work, organization, people, days, only_overdue=only_overdue, by_need=by_need, offset=offset, limit=limit
    )
    page = tuple(Standing(PersonKey(row["person"]), *list(row.values())[1:9]) for row in rows)
    audit.note_all(work, "read", "plan", [one.person for one in page], organization)
    return Standings(page, count, waiting)


async def due_on_days(
    work: Work, organization: OrganizationKey, people: Sequence[PersonKey], first: date, last: date, *, most: int
) -> list[DayCount]:
    """What is due of these people from one day through another, at most `most` people a day, most open first."""
    zones = await standing_store.zones(work, organization)
    wanted = [first + n * _DAY for n in range((last - first).days + 1)]
    days = [_day(zone, one, work.now) for zone in zones for one in wanted]
    rows = await standing_store.by_day(work, organization, people, days, most)
    found = [DayCount(row["day"], PersonKey(row["person"]), row["due"], row["done"], row["people"]) for row in rows]
    audit.note_all(work, "read", "plan", list(dict.fromkeys(one.person for one in found)), organization)
    return found


def _up_to_now(zone: str, now: datetime) -> list[Day]:
    today = now.astimezone(ZoneInfo(zone)).date()
    return [_day(zone, today - n * _DAY, now) for n in range(DAYS_BACK + 1)]


def _day(zone: str, day: date, now: datetime) -> Day:
    info = ZoneInfo(zone)
    starts, ends = (datetime.combine(one, time(), info) for one in (day, day + _DAY))
    gone = rules.seconds_of_day(now, info) if rules.local_day(now, info) == day else None
    return Day(zone, day, starts, ends, day.isoweekday() % 7, gone)
