"""What the data of a partner cloud hang on: its time, how far back it goes, and what goes wrong."""

from dataclasses import dataclass, field

from openward.simulators.cloud.clock import Clock
from openward.simulators.cloud.faults import Faults
from openward.simulators.cloud.lives import DAY_S


@dataclass(slots=True)
class World:
    """days: how much there is of everybody when the cloud opens; begin_s: since when, seconds since 1970."""

    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    days: int = 14
    begin_s: int = field(init=False)

    def __post_init__(self) -> None:
        """The beginning stays where it is, however long the cloud runs."""
        self.begin_s = (int(self.clock.seconds()) // DAY_S - self.days) * DAY_S
