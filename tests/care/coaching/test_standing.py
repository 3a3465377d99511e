"""How patients stand with what is due: the counts of lists and calendars agree with what a day's items say."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from openward.care import coaching, organizations, patients
from openward.care.audit import Entry
from openward.care.coaching import ActionContent, Outcome, PartOfDay, PlanContent, Window
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.work import OrganizationKey, PersonKey, Work, new_key

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 11, 12, 30, tzinfo=UTC)  # a Wednesday
EVERY = tuple(range(7))
MORNING, EVENING = Window("a" * 24, PartOfDay.MORNING), Window("b" * 24, PartOfDay.EVENING)


@pytest.fixture
def noon(work: Work) -> Work:
    """Work at half past twelve in UTC."""
    work.now = NOON
    return work


async def a_place(work: Work) -> OrganizationKey:
    return (await organizations.create(work, Profile(name="Place"), admin=None)).key


async def a_plan(work: Work, place: OrganizationKey, name: str = "Ada Byron") -> tuple[PersonKey, UUID]:
    person = (await patients.create_custodial(work, place, Details(name, None))).person
    return person, (await coaching.of_patient(work, place, person)).key


async def act(work: Work, plan: UUID, begins: datetime = NOON - 30 * DAY, **more: object) -> UUID:
    content = ActionContent("other_lifestyle", "Walk", begins, **more)  # type: ignore[arg-type]
    return (await coaching.create_action(work, plan, content)).key


async def test_what_is_late_missed_done_and_skipped(noon: Work) -> None:
    place = await a_place(noon)
    person, plan = await a_plan(noon, place)
    idle, _ = await a_plan(noon, place, "Nobody Asked")
    both = await act(noon, plan, days=EVERY, windows=(MORNING, EVENING))
    await act(noon, plan, days=(3,))  # on Wednesdays, whenever
    await act(noon, plan, days=None)  # never due
    await act(noon, plan, days=EVERY, begins=NOON + DAY)  # not yet
    await act(noon, plan, days=EVERY, begins=NOON - 40 * DAY, effective_to=NOON - 20 * DAY)
    for back in range(1, 7):
        await coaching.check_off(noon, both, Outcome(NOON - back * DAY, window=MORNING.id))
    await coaching.check_off(noon, both, Outcome(NOON - DAY, window=EVENING.id, is_skipped=True))
    found = await coaching.standings(noon, place, [idle, person])
    assert (found.count, found.waiting) == (2, 1)
    one, other = found.page
    assert (one.person, other.person) == (person, idle)
    assert (one.actions, one.today, one.done, one.late) == (3, 3, 0, 1)
    assert (one.missed, one.week_due, one.week_done, one.skipped, one.overdue) == (5, 15, 6, 1, 6)
    assert (other.actions, other.today, other.overdue, other.week_due) == (0, 0, 0, 0)
    assert Entry("read", "plan", None, place, (person, idle)) in noon.audited
    by_name = await coaching.standings(noon, place, [idle, person], by_need=False, limit=1)
    assert ([one.person for one in by_name.page], by_name.count) == ([idle], 2)
    overdue = await coaching.standings(noon, place, [idle, person], only_overdue=True)
    assert ([one.person for one in overdue.page], overdue.count) == ([person], 1)
    assert (await coaching.standings(noon, place, [])).page == ()
    elsewhere = await a_place(noon)
    assert (await coaching.standings(noon, elsewhere, [person])).page[0].actions == 0


async def test_days_are_those_of_each_plan(noon: Work) -> None:
    """At half past noon in UTC it is Wednesday evening in Auckland's morning part, and Thursday there soon."""
    place = await a_place(noon)
    here, plan = await a_plan(noon, place)
    there, far = await a_plan(noon, place, "Kiri Moana")
    await coaching.update(noon, far, lambda _: PlanContent("Pacific/Auckland"))
    for one in (plan, far):
        await act(noon, one, begins=NOON - DAY, days=(4,))  # on Thursdays
    first = NOON.date()
    found = await coaching.due_on_days(noon, place, [here, there], first, first + DAY, most=10)
    assert {(one.day, one.person, one.due) for one in found} == {(first + DAY, here, 1), (first + DAY, there, 1)}
    found_now = {one.person: one.today for one in (await coaching.standings(noon, place, [here, there])).page}
    assert found_now == {here: 0, there: 1}  # in Auckland it is Thursday, half past one
    few = await coaching.due_on_days(noon, place, [here, there], first, first + DAY, most=1)
    assert [(one.day, one.people) for one in few] == [(first + DAY, 2)]


async def test_counts_agree_with_the_items_of_days(noon: Work) -> None:
    """The statement and `items_on`, which shows one day of one plan, are two ways to the same."""
    place = await a_place(noon)
    dice = random.Random(7)
    person, plan = await a_plan(noon, place)
    await coaching.update(noon, plan, lambda _: PlanContent("America/New_York", window_times={PartOfDay.EVENING: 3600}))
    for _ in range(12):
        windows = tuple(
            Window(new_key(noon).hex[:24], part) for part in dice.sample(list(PartOfDay), dice.randrange(4))
        )
        begins = NOON - timedelta(hours=dice.randrange(400))
        ends = dice.choice([None, begins + timedelta(hours=dice.randrange(1, 300))])
        days = tuple(dice.sample(range(7), dice.randrange(1, 7)))
        action = await act(noon, plan, begins, effective_to=ends, days=days, windows=windows)
        for _ in range(6):
            at = begins + timedelta(hours=dice.randrange(200))
            if at < (ends or NOON) and at < NOON:
                window = dice.choice([None, *(one.id for one in windows)])
                await coaching.check_off(noon, action, Outcome(at, window=window, is_skipped=dice.random() < 0.3))
    (one,) = (await coaching.standings(noon, place, [person])).page
    whole = await coaching.of_patient(noon, place, person)
    actions = await coaching.actions_of(noon, [plan])
    today = coaching.local_day(noon.now, whole.content.zone)
    results = await coaching.results_since(noon, [action.key for action in actions], today - 6 * DAY)
    week = [coaching.items_on(whole, actions, results, today - back * DAY, noon.now) for back in range(7)]
    items = [item for day in week for item in day]
    assert len(items) == one.week_due > 20
    assert sum(item.is_done for item in items) == one.week_done > 0
    assert sum(item.is_skipped for item in items) == one.skipped > 0
    assert (len(week[0]), sum(item.is_late for item in week[0])) == (one.today, one.late)
    assert sum(item.is_open for day in week[1:] for item in day) == one.missed > 0
