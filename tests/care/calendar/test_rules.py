"""What an event has to be, and when those who come to it are reminded."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from openward.care.calendar import Details, EventType, Moment, Participant, day_of, rules


def _moment(text: str) -> Moment:
    return Moment(datetime.fromisoformat(text).astimezone(UTC), text)


def _event(
    start: str, end: str | None = None, *, zone: str = "America/New_York", kind: str = "office-visit", day: bool = False
) -> Details:
    return Details(EventType(kind), "Visit", _moment(start), _moment(end) if end else None, zone, day)


@pytest.mark.parametrize(
    ("event", "codes"),
    [
        (_event("2018-02-20T14:00Z", "2018-02-20T15:00Z"), []),
        (_event("2018-02-20T23:00-05:00", "2018-02-20T23:59:59-05:00"), []),
        (_event("2018-02-20T23:00-05:00", "2018-02-21T00:00-05:00"), [rules.OTHER_DAY]),
        (_event("2018-02-20T23:00Z", "2018-02-21T01:00Z"), []),
        (_event("2018-02-20T23:00Z", "2018-02-21T01:00Z", zone="UTC"), [rules.OTHER_DAY]),
        (_event("2018-02-20T15:00Z", "2018-02-20T15:00Z"), [rules.END_TOO_EARLY]),
        (_event("2018-02-20T15:00Z", "2018-02-20T15:00Z", zone="Nowhere"), [rules.ZONE_UNKNOWN, rules.END_TOO_EARLY]),
        (_event("2018-02-20T15:00Z", "2018-02-21T15:00Z", zone="Nowhere"), [rules.ZONE_UNKNOWN]),
        (_event("2018-02-20T15:00Z"), [rules.END_NEEDED]),
        (_event("2018-02-20T00:00Z", "2018-02-20T00:00Z", day=True), []),
        (_event("2018-02-20T00:00-05:00", "2018-02-22T00:00Z", day=True), []),
        (_event("2018-02-20T01:00-05:00", "2018-02-22T00:00Z", day=True), [rules.START_WITHIN_DAY]),
        (_event("2018-02-20T00:00Z", "2018-02-19T00:00Z", day=True), [rules.END_TOO_EARLY]),
        # In Beirut clocks leapt from midnight to one: the day began at one.
        (_event("2022-03-27T01:00+03:00", "2022-03-27T01:00+03:00", zone="Asia/Beirut", day=True), []),
        (_event("2018-02-20T00:00Z", kind="plan-check-in", day=True), []),
        (_event("2018-02-20T00:00Z", kind="plan-check-in"), [rules.ALL_DAY_NEEDED]),
        (
            _event("2018-02-20T00:00Z", "2018-02-21T00:00Z", kind="plan-check-in"),
            [rules.ALL_DAY_NEEDED, rules.END_REFUSED],
        ),
    ],
)
def test_what_an_event_has_to_be(event: Details, codes: list[str]) -> None:
    assert [fault.code for fault in rules.faults(event)] == codes


def test_who_comes() -> None:
    one, other = (Participant(UUID(int=number), is_coach=False) for number in (1, 2))
    assert rules.attendee_faults([one, other]) == []
    assert [fault.code for fault in rules.attendee_faults([])] == [rules.NOBODY]
    assert [(f.code, f.pointer) for f in rules.attendee_faults([one, other, one])] == [(rules.TWICE, "2")]
    many = [Participant(UUID(int=number), is_coach=False) for number in range(101)]
    assert [fault.code for fault in rules.attendee_faults(many)] == [rules.TOO_MANY]


@pytest.mark.parametrize(
    ("start", "day"),
    [("2018-02-20T00:00Z", 20), ("2018-02-20T05:00Z", 20), ("2018-02-19T00:00-05:00", 19)],
)
def test_the_day_of_an_all_day_event_is_the_one_that_was_meant(start: str, day: int) -> None:
    event = _event(start, kind="plan-check-in", day=True)
    assert day_of(event, event.starts.at) == date(2018, 2, day)


@pytest.mark.parametrize(
    ("event", "at", "until"),
    [
        (_event("2018-02-20T14:00Z"), "2018-02-19T14:00Z", "2018-02-20T14:00Z"),
        (_event("2018-02-20T14:00Z", kind="reminder"), "2018-02-20T14:00Z", "2018-02-21T05:00Z"),
        (_event("2018-02-20T00:00Z", kind="plan-check-in", day=True), "2018-02-19T14:00Z", "2018-02-21T05:00Z"),
        (_event("2018-02-20T05:00Z", kind="reminder", day=True), "2018-02-20T14:00Z", "2018-02-21T05:00Z"),
    ],
)
def test_when_reminders_are_due(event: Details, at: str, until: str) -> None:
    assert rules.remind_at(event) == datetime.fromisoformat(at)
    assert rules.remind_until(event) == datetime.fromisoformat(until)
