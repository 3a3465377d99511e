"""Opening windows and free slots, against a slow way of counting that anybody can see through."""

from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openward.care.visits.model import RoomSettings, Window
from openward.care.visits.windows import Span, free_starts, has_place, moment

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ("America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Europe/Berlin", "UTC")
# Days around which the clocks of these zones change; Apia had no 30 December 2011 at all.
DAYS = (
    date(2026, 3, 8),
    date(2026, 11, 1),
    date(2026, 10, 4),
    date(2026, 4, 5),
    date(2011, 12, 30),
    date(2026, 10, 25),
)


def slow_moment(day: date, minutes: int, zone: ZoneInfo) -> int:
    """The first minute at which the clocks of the zone show this time or a later one, found by watching them."""
    wanted = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001 -- a wall clock
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes) - timedelta(hours=16)
    while at.astimezone(zone).replace(tzinfo=None) < wanted:
        at += timedelta(minutes=1)
    return int(at.timestamp())


def slow_starts(room: RoomSettings, zone: ZoneInfo, span: Span, length: int, taken: list[Span]) -> list[int]:
    """Every slot of every window of every day, one after the other, and every visit asked about each."""
    found = []
    day = datetime.fromtimestamp(span[0], UTC).date() - timedelta(days=2)
    while day <= datetime.fromtimestamp(span[1], UTC).date() + timedelta(days=2):
        for window in room.hours.get(day.weekday(), ()):
            if day in room.closed:
                continue
            start, closes = slow_moment(day, window.opens_min, zone), slow_moment(day, window.closes_min, zone)
            while start + length <= closes:
                overlaps = [visit for visit in taken if visit[0] < start + length and start < visit[1]]
                if span[0] <= start and start + length <= span[1] and len(overlaps) < room.capacity:
                    found.append(start)
                start += length
        day += timedelta(days=1)
    return sorted(found)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=6)))
    return tuple(Window(a * 15, b * 15) for a, b in zip(edges[::2], edges[1::2], strict=False))


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    day=st.sampled_from(DAYS),
    hours=st.dictionaries(st.integers(0, 6), windows(), min_size=4),
    is_closed=st.booleans(),
    capacity=st.integers(1, 3),
    length=st.sampled_from([600, 900, 1800, 2700, 3600, 7000]),
    begin=st.integers(-2880, 1440),
    lasts=st.integers(1, 2880),
    visits=st.lists(st.tuples(st.integers(-5000, 3000), st.integers(1, 300)), max_size=12),
)
def test_free_slots_are_those_of_the_slow_way(
    zone: str,
    day: date,
    hours: dict[int, tuple[Window, ...]],
    is_closed: bool,
    capacity: int,
    length: int,
    begin: int,
    lasts: int,
    visits: list[tuple[int, int]],
) -> None:
    room = RoomSettings("r", hours=hours, closed=(day,) if is_closed else (), capacity=capacity)
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    span = noon + begin * 60, noon + (begin + lasts) * 60
    taken = [(noon + at * 60, noon + (at + minutes) * 60) for at, minutes in visits]
    asked = (room, ZoneInfo(zone), span, length, taken)
    assert free_starts(*asked) == slow_starts(*asked)


@pytest.mark.parametrize(
    ("day", "minutes", "utc"),
    [
        (date(2026, 3, 8), 90, "2026-03-08T06:30"),  # the clocks jump from 02:00 to 03:00
        (date(2026, 3, 8), 120, "2026-03-08T07:00"),
        (date(2026, 3, 8), 150, "2026-03-08T07:00"),
        (date(2026, 3, 8), 180, "2026-03-08T07:00"),
        (date(2026, 3, 8), 1440, "2026-03-09T04:00"),
        (date(2026, 11, 1), 90, "2026-11-01T05:30"),  # and back from 02:00 to 01:00
        (date(2026, 11, 1), 120, "2026-11-01T07:00"),
        (date(2026, 11, 1), 0, "2026-11-01T04:00"),
    ],
)
def test_wall_time_where_the_clocks_change(day: date, minutes: int, utc: str) -> None:
    assert moment(day, minutes, NEW_YORK) == int(datetime.fromisoformat(f"{utc}+00:00").timestamp())


def test_a_window_over_a_clock_change_is_an_hour_shorter_or_longer() -> None:
    room = RoomSettings("r", hours={6: (Window(0, 360),)})
    for day, count in ((date(2026, 3, 8), 5), (date(2026, 3, 15), 6), (date(2026, 11, 1), 7)):
        begin = int(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).timestamp())
        assert len(free_starts(room, NEW_YORK, (begin, begin + 86400), 3600, [])) == count


def test_half_open_edges() -> None:
    assert has_place((900, 1800), [(0, 900), (1800, 2700)], 1)
    assert not has_place((900, 1800), [(1799, 1800)], 1)
    assert not has_place((900, 1800), [(900, 901), (1700, 1800)], 2)
    assert has_place((900, 1800), [(900, 901), (1700, 1800)], 3)


def test_a_month_of_a_busy_room_takes_milliseconds() -> None:
    room = RoomSettings("r", hours={day: (Window(0, 1440),) for day in range(7)}, capacity=4)
    begin = 1_767_225_600
    taken = [(begin + place * 267, begin + place * 267 + 900) for place in range(10_000)]
    best = 1.0
    for _ in range(5):
        started = perf_counter()
        free_starts(room, NEW_YORK, (begin, begin + 31 * 86400), 900, taken)
        best = min(best, perf_counter() - started)
    # 5 ms when the machine is idle; a walk over all visits for each slot would take seconds.
    assert best < 0.1
