"""Free times of a waiting room, as they are asked for and answered."""

from typing import Any

import pytest

from tests.wire.solo.conftest import MakePractice, Practice
from tests.wire.solo.visiting import admit, bad, book, told

pytestmark = pytest.mark.anyio
DAY = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
ROOM = {"name": "GreatRoom", "service_line": "Demo", "service_type": "Demo", "timezone": "UTC", "hours": DAY}
# A Sunday, 14:20 to 15:30 UTC.
AFTER, BEFORE = 1505053200, 1505057400
STARTS = [1505053800, 1505054700, 1505055600, 1505056500]


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    made = await a_practice({"waiting_rooms": [ROOM]})
    await admit(made)
    return made


async def starts(practice: Practice, **said: Any) -> list[int]:
    asked = {"after": AFTER, "before": BEFORE, "waitingRoom": "GreatRoom"} | said
    answer = await practice("GET", "/appointment-slots", params=asked)
    assert answer.status_code == 200, answer.text
    length = int(said.get("duration", 900))
    assert all(item == {"date": item["date"], "duration": length} for item in answer.json())
    return [item["date"] for item in answer.json()]


async def test_the_worked_example(practice: Practice) -> None:
    assert await starts(practice) == STARTS
    assert await starts(practice, before=BEFORE - 1) == STARTS[:-1]
    assert await starts(practice, after=STARTS[0]) == STARTS
    assert await starts(practice, after=STARTS[0] + 1) == STARTS[1:]
    assert await starts(practice, duration=1800) == [1505053800, 1505055600]
    assert await starts(practice, duration=7200) == []


async def test_visits_take_up_time_until_they_are_called_off(practice: Practice) -> None:
    number = await book(practice, date=STARTS[1] + 1, duration=1)
    assert await starts(practice) == [STARTS[0], *STARTS[2:]]
    await practice("PUT", f"/appointments/{number}", {"date": STARTS[2] - 900, "duration": 900})
    assert await starts(practice) == [STARTS[0], *STARTS[2:]]
    long = await book(practice, date=STARTS[0] - 80000, duration=86400)
    assert await starts(practice) == []
    for visit in (number, long):
        assert (await practice("PUT", f"/appointments/{visit}", {"status": "cancelled"})).status_code == 200
    assert await starts(practice) == STARTS


async def test_each_room_has_its_own_visits_and_places(a_practice: MakePractice) -> None:
    practice = await a_practice({"waiting_rooms": [ROOM | {"capacity": 2}, ROOM | {"name": "Other"}]})
    await admit(practice)
    await book(practice, date=STARTS[0])
    assert await starts(practice) == STARTS
    await book(practice, date=STARTS[0])
    assert await starts(practice) == STARTS[1:]
    assert await starts(practice, waitingRoom="Other") == STARTS


async def test_hours_and_closed_dates_are_the_rooms_in_the_zone_of_the_practice(a_practice: MakePractice) -> None:
    hours = {"mon": [["13:00", "14:00"], ["09:00", "09:30"]]}
    room = {"name": "GreatRoom", "hours": hours, "closed": ["2017-09-18"]}
    practice = await a_practice({"waiting_rooms": [room]})
    monday = 1505102400  # 2017-09-11 00:00 in New York
    found = await starts(practice, after=monday - 86400, before=monday + 14 * 86400)
    assert found == [monday + 3600 * 9, monday + 3600 * 9 + 900, *range(monday + 3600 * 13, monday + 3600 * 14, 900)]


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ({"after": None}, ["after: This value should not be blank."]),
        ({"after": ""}, ["after: This value should not be blank."]),
        ({"after": "soon"}, ["after: This value should be of type integer."]),
        ({"after": "1.5"}, ["after: This value should be of type integer."]),
        ({"after": -1}, ["after: This value should be between 0 and 253402300799."]),
        ({"before": AFTER}, ["before: This value should be greater than after."]),
        ({"before": AFTER + 31 * 86400 + 1}, ["before: This value should be at most 31 days after after."]),
        (
            {"before": None, "waitingRoom": None},
            ["before: This value should not be blank.", "waitingRoom: This value should not be blank."],
        ),
        ({"waitingRoom": "greatroom"}, ["waitingRoom: Waiting room not found."]),
        ({"duration": 0}, ["duration: This value should be between 1 and 86400."]),
        ({"duration": 86401}, ["duration: This value should be between 1 and 86400."]),
        ({"duration": "x"}, ["duration: This value should be of type integer."]),
        (
            {"duration": 1, "before": AFTER + 2 * 86400},
            ["duration: This span may hold more than 100000 slots of this length."],
        ),
    ],
)
async def test_bad_questions_are_refused(practice: Practice, said: dict[str, Any], faults: list[str]) -> None:
    asked = {"after": AFTER, "before": BEFORE, "waitingRoom": "GreatRoom"} | said
    asked = {name: value for name, value in asked.items() if value is not None}
    assert told(await practice("GET", "/appointment-slots", params=asked)) == bad(*faults)


async def test_the_edges_of_the_calendar(practice: Practice) -> None:
    assert (await starts(practice, after=0, before=1800)) == [0, 900]
    assert await starts(practice, before=AFTER + 31 * 86400)
    last = {"after": 253402300799 - 86400, "before": 253402300799, "waitingRoom": "GreatRoom"}
    assert (await practice("GET", "/appointment-slots", params=last)).status_code in (200, 400)


async def test_rooms_of_others_are_unknown(practice: Practice, a_practice: MakePractice) -> None:
    other = await a_practice()
    asked = {"after": AFTER, "before": BEFORE, "waitingRoom": "GreatRoom"}
    answer = await other("GET", "/appointment-slots", params=asked)
    assert told(answer) == bad("waitingRoom: Waiting room not found.")
