"""What virtual visits need from outside."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Refusal(StrEnum):
    """Why no meeting was made."""

    TOKEN = "token"  # noqa: S105 -- whoever asks may not
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A meeting to be made: where (`url` of the service), by whose token, and what its maker may know of the visit."""

    url: str
    token: str
    subject: str
    starts_at: datetime
    ends_at: datetime


class MeetingMaker(Protocol):
    """Makes meetings in somebody else's system; never raises for what that system does."""

    async def make(self, wanted: Wanted, *, allow_private: bool) -> str | Refusal:
        """The address at which the meeting is joined, or why there is none."""
        ...
