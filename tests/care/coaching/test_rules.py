"""When an action is due and how it is kept to: against a plain count of days, whatever the zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openward.care.coaching import ActionContent, Metric, PartOfDay, PlanContent, rules

DAY = timedelta(days=1)
NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)  # a Wednesday

zones = st.sampled_from(["UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Kolkata"]).map(ZoneInfo)
moments = st.datetimes(datetime(2025, 11, 1), datetime(2026, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001
goals = st.none() | st.lists(st.integers(0, 6), unique=True).map(tuple)


def an_action(
    begins: datetime, days: tuple[int, ...] | None = tuple(range(7)), ends: datetime | None = None
) -> ActionContent:
    return ActionContent("other_lifestyle", "Walk", begins, ends, days=days)


@given(moments, st.none() | moments, goals, zones, moments, st.sets(st.integers(0, 60)))
def test_adherence_is_what_counting_by_hand_gives(
    begins: datetime, ends: datetime | None, days: tuple[int, ...] | None, zone: ZoneInfo, now: datetime, did: set[int]
) -> None:
    if ends is not None and ends <= begins:
        ends = None
    action = an_action(begins, days, ends)
    today = now.astimezone(zone).date()
    done = {today - back * DAY for back in did}

    def is_scheduled(day: date) -> bool:
        first = begins.astimezone(zone).date()
        last = None if ends is None else (ends - timedelta(microseconds=1)).astimezone(zone).date()
        return days is not None and day.isoweekday() % 7 in days and first <= day and (last is None or day <= last)

    window = [today - back * DAY for back in range(31) if is_scheduled(today - back * DAY)]
    found = rules.adherence(action, done, zone, now, now)
    assert found.due == len(window)
    assert found.complete == len([day for day in window if day in done])
    assert found.complete <= found.due
    run = 0
    for back in range(200):
        day = today - back * DAY
        if is_scheduled(day):
            if day in done:
                run += 1
            elif day != today:
                break
    assert found.streak == (run if found.complete else 0)
    assert (found.streak_at is None) == (found.streak == 0)
    sunday = next(today - back * DAY for back in range(7) if (today - back * DAY).isoweekday() == 7)
    week = [sunday + on * DAY for on in range((today - sunday).days + 1)]
    assert rules.this_week(action, zone, now) == sum(map(is_scheduled, week))
    assert not found.complete or rules.together([(action, done)], zone, now) == run


def test_the_day_that_is_not_over_breaks_no_run() -> None:
    action, zone = an_action(NOW - 10 * DAY), ZoneInfo("UTC")
    today = NOW.date()
    before = rules.adherence(action, {today - DAY, today - 2 * DAY}, zone, NOW)
    assert (before.due, before.complete, before.streak) == (11, 2, 2)
    assert rules.adherence(action, {today, today - DAY, today - 2 * DAY}, zone, NOW).streak == 3
    assert rules.adherence(action, {today - 2 * DAY}, zone, NOW).streak == 0


def test_what_has_not_begun_or_is_over_is_not_due() -> None:
    zone = ZoneInfo("UTC")
    assert rules.adherence(an_action(NOW + DAY), (), zone, NOW).due == 0
    over = rules.adherence(an_action(NOW - 50 * DAY, ends=NOW - 40 * DAY), {(NOW - 41 * DAY).date()}, zone, NOW)
    assert (over.due, over.complete, over.streak) == (0, 0, 0)
    midnight = datetime(2026, 3, 11, tzinfo=UTC)
    assert rules.adherence(an_action(midnight - 2 * DAY, ends=midnight), (), zone, NOW).due == 2


def test_a_run_of_several_asks_for_all_that_was_due() -> None:
    zone, today = ZoneInfo("UTC"), NOW.date()
    daily = an_action(NOW - 5 * DAY)
    weekly = an_action(NOW - 5 * DAY, days=((today - 2 * DAY).isoweekday() % 7,))
    everyday = {today - back * DAY for back in range(6)}
    assert rules.together([(daily, everyday), (weekly, {today - 2 * DAY})], zone, NOW) == 6
    assert rules.together([(daily, everyday), (weekly, set())], zone, NOW) == 2
    assert rules.together([], zone, NOW) == 0


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "morning"), (7, "morning"), (12, "afternoon"), (18, "evening"), (20, "evening"), (21, "night"), (23, "night")],
)
def test_parts_of_the_day(hour: int, part: str) -> None:
    plan = PlanContent("America/New_York")
    at = datetime(2026, 3, 11, hour, 30, tzinfo=ZoneInfo("America/New_York"))
    assert rules.part_of_day(at.astimezone(UTC), plan) is PartOfDay(part)


def test_values_are_held_to_bounds_in_any_unit() -> None:
    bounds = {"minimum": {"value": 40, "unit": "kg"}, "maximum": {"value": 440}}
    weight = Metric("m", "weight", "lb", validations=bounds)
    assert rules.refused(weight, 80, "kg") is None
    assert rules.refused(weight, 80, "lb") is not None
    assert rules.refused(weight, 200, "kg") is not None
    assert rules.refused(weight, 440, None) is None
    assert rules.refused(weight, "heavy", None) is not None
    pressure = Metric("m", "blood_pressure", "mmHg", validations={"maximum": {"value": 250}})
    assert rules.refused(pressure, {"systolic": 120, "diastolic": 80}, "mmHg") is None
    assert rules.refused(pressure, {"systolic": 260, "diastolic": 80}, "mmHg") is not None
    mood = Metric("m", "mood", accepted_values=["good", "bad"])
    assert (rules.refused(mood, "good", None), rules.refused(mood, "so-so", None) is None) == (None, False)
