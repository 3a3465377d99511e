"""Keys of new entities."""

from datetime import UTC, datetime, timedelta

from openward.care.work import uuid7


def test_keys_keep_the_order_in_which_they_were_made() -> None:
    now = datetime(2026, 3, 10, tzinfo=UTC)
    keys = [uuid7(now) for _ in range(2000)] + [uuid7(now + timedelta(milliseconds=1))]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert {key.version for key in keys} == {7}
