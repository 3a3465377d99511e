"""When a delivery is tried again, and when an endpoint is left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from openward.care.subscriptions import rules

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_six_attempts_and_no_more() -> None:
    waits = [rules.next_try(attempts, NOW) for attempts in range(1, 7)]
    assert [None if at is None else (at - NOW) / timedelta(minutes=1) for at in waits] == [1, 5, 30, 120, 720, None]


@pytest.mark.parametrize(("days", "is_hopeless"), [(None, False), (0, False), (4.99, False), (5, True), (50, True)])
def test_five_days_of_failures_are_enough(days: float | None, is_hopeless: bool) -> None:
    since = None if days is None else NOW - timedelta(days=days)
    assert rules.is_hopeless(since, NOW) is is_hopeless
