"""The clock of a partner cloud, which may run faster than ours."""

import time
from datetime import UTC, datetime


class Clock:
    """`origin` is when it showed the true time; from there on it runs `speed` times as fast as ours.

    Two processes with the same origin and speed agree on the time.
    """

    def __init__(self, speed: float = 1.0, origin: datetime | None = None) -> None:
        """speed: above 0, or 0 for a clock that stands still until `set_to`; origin: aware, now if left out."""
        self.speed = speed
        self._origin_s = time.time() if origin is None else origin.timestamp()
        self._shown_s = self._origin_s

    def seconds(self) -> float:
        """Seconds since 1970 on this clock."""
        return self._shown_s + (time.time() - self._origin_s) * self.speed

    def now(self) -> datetime:
        """The same as an aware moment in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def set_to(self, moment: datetime) -> None:
        """Show this moment now, and go on from there."""
        self._origin_s = time.time()
        self._shown_s = moment.timestamp()
