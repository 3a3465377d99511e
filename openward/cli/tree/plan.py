"""What the supervisor tells a child."""

from dataclasses import dataclass

from openward.config import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """socket: the number of the listening socket's descriptor, for an API process or the listener for HL7 messages."""

    settings: Settings
    dsn: str
    socket: int = -1
