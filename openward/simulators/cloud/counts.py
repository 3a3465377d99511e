"""Who asked how often: requests for data by person and minute of the cloud's clock, so that tests can see the pace."""

from collections import Counter
from typing import Final

_MINUTES_OF_ALL: Final = 20_000
_MINUTES_OF_PEOPLE: Final = 2_000_000
_FEWEST: Final = 30


class Counts:
    """Requests that carried a person's token; old minutes are forgotten."""

    def __init__(self, people: int = 1) -> None:
        """people: how many there are; the more, the fewer minutes of each are remembered."""
        self._most = max(_MINUTES_OF_PEOPLE // people, _FEWEST)
        self.clear()

    def clear(self) -> None:
        """Begin again."""
        self.total = 0
        self.answers: Counter[str] = Counter()
        """By what was answered: a status, or the name of a fault."""
        self.minutes: dict[int, int] = {}
        """Minute since 1970 -> requests of all."""
        self._people: dict[int, dict[int, int]] = {}

    def note(self, person: int, at_s: float) -> None:
        """One request more."""
        minute = int(at_s // 60)
        self.total += 1
        _add(self.minutes, minute, _MINUTES_OF_ALL)
        _add(self._people.setdefault(person, {}), minute, self._most)

    def of(self, person: int) -> dict[int, int]:
        """Minute since 1970 -> requests of one person."""
        return dict(self._people.get(person, {}))


def _add(minutes: dict[int, int], minute: int, most: int) -> None:
    minutes[minute] = minutes.get(minute, 0) + 1
    if len(minutes) > most:
        del minutes[next(iter(minutes))]
