"""How long a partner cloud asks us to stay away, as its answers say it."""

from datetime import UTC, datetime

import pytest

from openward.gateway.tokens import retry_after_s

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
WEEK = 7 * 86400.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("9", 9.0),
        ("0", 0.0),
        ("Wed, 04 Mar 2026 05:07:07 GMT", 60.0),
        ("Wed, 04 Mar 2026 05:05:07 GMT", 0.0),
        ("99999999999999999999", WEEK),
        ("Fri, 31 Dec 9999 23:59:59 GMT", WEEK),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_seconds_or_a_date_and_never_more_than_a_week(text: str, seconds: float | None) -> None:
    assert retry_after_s({"Retry-After": text}, NOW) == seconds
