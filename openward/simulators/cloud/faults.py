"""Everything that goes wrong with partner clouds, each with a probability that can be changed while one runs."""

import random
from bisect import bisect_right
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

FAULTS: Final[Mapping[str, str]] = {
    "403": "answers 403",
    "429": "answers 429 with Retry-After",
    "500": "answers 500",
    "slow": "answers late",
    "cut": "drops the connection in the middle of an answer",
    "truncated": "sends JSON that ends in the middle",
    "envelope": "sends JSON of another form",
    "expired": "takes an access token back before its time; the refresh token still works",
    "revoked": "forgets the consent for good",
    "lost-token": "exchanges a refresh token and drops the connection before the answer",
    "duplicate": "sends some records of an answer twice",
    "late": "gets the data of two hours up to twelve hours late",
    "device": "has people change to another model",
    "clock": "has people's devices show a wrong time, or that of another zone, for a day",
}
"""Name -> what the cloud does. The probability counts for a request; of the last three for a part of the data."""
LATE_BLOCK_S: Final = 7200
LATEST_S: Final = 12 * 3600


class Faults:
    """Probabilities by name, 0 to 1. What shapes the data holds from the moment of the change on, never before."""

    def __init__(self, rates: Mapping[str, float] | None = None, *, seed: int = 1, slow_s: float = 3.0) -> None:
        """seed: of the dice; slow_s: how late a slow answer is. Raises ValueError for unknown names and numbers."""
        self.slow_s = slow_s
        self._seed = seed
        self._dice = random.Random(seed)
        self._since = [float("-inf")]
        self._rates = [checked(rates or {})]

    @property
    def rates(self) -> Mapping[str, float]:
        """Those that hold now."""
        return self._rates[-1]

    def change(self, rates: Mapping[str, float], at_s: float) -> None:
        """From now on these and no others."""
        self._rates.append(checked(rates))
        self._since.append(at_s)

    def happens(self, name: str) -> bool:
        """Whether it happens this time."""
        rate = self.rates.get(name, 0.0)
        return rate > 0 and self._dice.random() < rate

    def share(self) -> float:
        """A number of the dice in [0, 1)."""
        return self._dice.random()

    def befalls(self, name: str, person: int, place: int, at_s: float) -> float | None:
        """Whether a part of somebody's data has a fault of shape; always the same answer for the same part.

        place: of the part; at_s: when it begins. The answer is a number in [0, 1) to draw more from, or None.
        """
        rate = self._rates[bisect_right(self._since, at_s) - 1].get(name, 0.0)
        if rate <= 0:
            return None
        drawn = draw(self._seed, name, person, place)
        return drawn / rate if drawn < rate else None

    def may_befall(self, name: str) -> bool:
        """Whether a fault of shape has been possible at any time."""
        return any(rates.get(name, 0.0) > 0 for rates in self._rates)

    def arrival_s(self, person: int, at_s: float) -> float:
        """When the cloud gets what was measured at this moment."""
        block = int(at_s // LATE_BLOCK_S)
        begin = block * LATE_BLOCK_S
        late = self.befalls("late", person, block, begin)
        return at_s if late is None else begin + LATE_BLOCK_S + late * (LATEST_S - LATE_BLOCK_S)


def draw(*parts: object) -> float:
    """A number in [0, 1), the same for the same parts."""
    text = "/".join(map(str, parts)).encode()
    return int.from_bytes(blake2b(text, digest_size=7).digest(), "big") / 2**56


def checked(rates: Mapping[str, float]) -> dict[str, float]:
    """Known names with probabilities; raises ValueError, whose text may be shown."""
    for name, rate in rates.items():
        if name not in FAULTS:
            raise ValueError(f"{name}: no such fault; there are {', '.join(FAULTS)}")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise ValueError(f"{name}: a probability from 0 to 1")
    return dict(rates)


def parse(text: str) -> dict[str, float]:
    """Read `429=0.1,late=0.05`, or `all=0.02` for every one but revoked; raises ValueError."""
    rates: dict[str, float] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, rate_text = part.partition("=")
        try:
            rate = float(rate_text)
        except ValueError:
            raise ValueError(f"{part}: write name=probability") from None
        if name == "all":
            rates |= {one: rate for one in FAULTS if one != "revoked"}
        else:
            rates[name] = rate
    return checked(rates)
