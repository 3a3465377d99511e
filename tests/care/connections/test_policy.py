"""Pace and pauses of partner clouds."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from openward.care.connections.policy import Pause, Policy, contradictions, overridden
from openward.care.connections.ports import Partner
from openward.care.errors import Invalid
from openward.partners import PARTNERS

NIGHT = Pause(time(2, 45), time(3, 45), "America/Los_Angeles")
POLICY = Policy(interval_minutes=(45, 75), login_path="/login", token_path="/token", pause=NIGHT)
NOON = datetime(2026, 3, 1, 20, tzinfo=UTC)


def test_the_next_fetch_lies_in_the_interval() -> None:
    assert POLICY.next_fetch(NOON, 0.0) == NOON + timedelta(minutes=45)
    assert POLICY.next_fetch(NOON, 0.5) == NOON + timedelta(minutes=60)


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        (datetime(2026, 1, 5, 10, 44, tzinfo=UTC), None),
        (datetime(2026, 1, 5, 10, 45, tzinfo=UTC), datetime(2026, 1, 5, 11, 45, tzinfo=UTC)),
        (datetime(2026, 1, 5, 11, 45, tzinfo=UTC), None),
        # In summer the same pause comes an hour earlier by UTC.
        (datetime(2026, 7, 5, 9, 50, tzinfo=UTC), datetime(2026, 7, 5, 10, 45, tzinfo=UTC)),
        (datetime(2026, 7, 5, 10, 50, tzinfo=UTC), None),
    ],
    ids=["before", "in it", "after", "summer", "after in summer"],
)
def test_a_pause_keeps_to_the_clock_of_its_zone(at: datetime, ends: datetime | None) -> None:
    assert NIGHT.ends_at(at) == ends


def test_a_pause_may_pass_midnight() -> None:
    late = Pause(time(23, 30), time(0, 30), "UTC")
    assert late.ends_at(datetime(2026, 1, 5, 0, 10, tzinfo=UTC)) == datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
    assert late.ends_at(datetime(2026, 1, 5, 23, 40, tzinfo=UTC)) == datetime(2026, 1, 6, 0, 30, tzinfo=UTC)
    assert late.ends_at(datetime(2026, 1, 5, 12, 0, tzinfo=UTC)) is None


def test_what_falls_into_a_pause_is_spread_after_it() -> None:
    due = datetime(2026, 1, 5, 10, 50, tzinfo=UTC)
    assert POLICY.after_pause(due, 0.0) == datetime(2026, 1, 5, 11, 45, tzinfo=UTC)
    assert POLICY.after_pause(due, 0.5) == datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def test_refusals_wait_twice_as_long_each_time_and_end() -> None:
    waits = [POLICY.retry(NOON, failures, 0.5) for failures in range(1, 6)]
    assert [None if at is None else (at - NOON) / timedelta(minutes=1) for at in waits] == [75, 150, 300, 600, None]


def test_an_operator_overrides_parts() -> None:
    changed = overridden(POLICY, {"interval_minutes": [0.01, 0.02], "pause": None, "requests_per_minute": 600})
    assert changed.interval_minutes == (0.01, 0.02)
    assert changed.pause is None
    assert changed.requests_per_minute == 600
    assert overridden(POLICY, None) == POLICY
    moved = overridden(POLICY, {"pause": {"from": "01:00", "to": "02:00", "timezone": "Europe/Berlin"}})
    assert moved.pause == Pause(time(1), time(2), "Europe/Berlin")


@pytest.mark.parametrize(
    "changes",
    [
        {"interval_minutes": [75, 45]},
        {"interval_minutes": [0, 5]},
        {"interval_minutes": "often"},
        {"interval_minutes": [5]},
        {"pause": {"from": "02:45", "to": "02:45", "timezone": "UTC"}},
        {"pause": {"from": "02:45", "to": "03:45", "timezone": "Nowhere"}},
        {"pause": {"from": "soon", "to": "03:45", "timezone": "UTC"}},
        {"pause": {"to": "03:45", "timezone": "UTC"}},
        {"requests_per_minute": 0},
        {"batch_days": -1},
        {"batch_days": 0.5},
        {"overlap_minutes": -1},
        {"refresh_token_days": 0.01},
        {"login_path": "login"},
        {"login_path": "//evil.example/login"},
        {"login_path": "/login\r\nset-cookie: a=b"},
        {"token_path": "/../token"},
        {"token_path": "/token?a=b"},
        {"token_path": "/"},
        {"revoke_path": "/revoke#end"},
        {"accept_url": "//evil.example/agree"},
        {"accept_url": "javascript:agree()"},
        {"speed": 3},
    ],
    ids=str,
)
def test_contradictions_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        overridden(POLICY, changes)


@pytest.mark.parametrize("partner", PARTNERS, ids=lambda partner: partner.name)
def test_no_partners_own_policy_contradicts_itself(partner: Partner) -> None:
    assert contradictions(partner.policy) == []


def test_a_pause_without_a_zone_keeps_to_that_of_the_partner() -> None:
    berlin = replace(POLICY, pause=Pause(time(1), time(2), "Europe/Berlin"))
    assert overridden(berlin, {"pause": {"from": "03:00", "to": "04:00"}}).pause == Pause(
        time(3), time(4), "Europe/Berlin"
    )
