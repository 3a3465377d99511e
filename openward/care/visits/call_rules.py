"""What becomes of a video call: pure decisions on who is there and what somebody does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from openward.care.visits.model import Appointment, CallStatus, Outcome, Role
from openward.care.visits.rules import SETTLED

BY_PROVIDER, BY_ABSENCE = "provider", "absence"
"""Why a call is on hold."""

OVER = frozenset({CallStatus.COMPLETE, CallStatus.INCOMPLETE, CallStatus.LEFT})
"""Nothing follows these."""

_MOVES: Mapping[CallStatus, frozenset[CallStatus]] = {
    CallStatus.WAITING: frozenset({CallStatus.ON_CALL, CallStatus.LEFT}),
    CallStatus.ON_CALL: frozenset({CallStatus.ON_HOLD, CallStatus.FINALIZING}),
    CallStatus.ON_HOLD: frozenset({CallStatus.ON_CALL, CallStatus.FINALIZING}),
    CallStatus.FINALIZING: frozenset({CallStatus.COMPLETE, CallStatus.INCOMPLETE}),
}


@dataclass(frozen=True, slots=True)
class Seat:
    """One side of a call: the open page that has it, whether its person is ready to talk, and since when nobody is
    there (None: somebody is)."""

    role: Role
    page: UUID
    is_ready: bool
    seen_at: datetime
    away_since: datetime | None

    @property
    def is_there(self) -> bool:
        """Whether somebody sits before the page, ready or not."""
        return self.away_since is None

    def is_silent(self, now: datetime, lease: timedelta) -> bool:
        """Whether the page counts as there, and yet gave no sign of life for so long."""
        return self.is_there and self.seen_at < now - lease


Seats = Mapping[Role, Seat]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a call stands, and why it is on hold if it is."""

    status: CallStatus
    held_by: str | None = None


def may_move(status: CallStatus, to: CallStatus) -> bool:
    """Whether a call may go from one status to the other."""
    return to in _MOVES.get(status, ())


def are_both_ready(seats: Seats) -> bool:
    """Whether patient and provider are there and ready."""
    return all(role in seats and seats[role].is_there and seats[role].is_ready for role in Role)


def standing(now: Standing, seats: Seats) -> Standing:
    """Where a call stands once it is looked at who is there.

    It begins when both are ready. When one of them drops out it is on hold, and goes on by itself when both are back;
    The contract names the two statuses and leaves the reasons open. What the provider holds, the provider resumes.
    """
    both = are_both_ready(seats)
    if now.status is CallStatus.WAITING and both:
        return Standing(CallStatus.ON_CALL)
    if now.status is CallStatus.ON_CALL and not both:
        return Standing(CallStatus.ON_HOLD, BY_ABSENCE)
    if now.status is CallStatus.ON_HOLD and now.held_by == BY_ABSENCE and both:
        return Standing(CallStatus.ON_CALL)
    return now


def ended(outcome: Outcome) -> Standing:
    """Where a call stands whose visit was ended beside it: by staff, by another system, or by the passing of time."""
    return Standing(CallStatus.COMPLETE if outcome is Outcome.COMPLETED else CallStatus.INCOMPLETE)


def left_at(visit: Appointment, patient: Seat | None) -> datetime | None:
    """From when a waiting patient counts as gone; None while somebody waits, and when nobody ever did.

    Who looks in before the time of the visit and leaves again has missed nothing: counting begins with that time.
    """
    if visit.call is None or visit.call.status is not CallStatus.WAITING or patient is None:
        return None
    return None if patient.away_since is None else max(patient.away_since, visit.starts_at)


def is_over(visit: Appointment, role: Role) -> bool:
    """Whether this side has nothing more to do here; the provider stays for the notes after hanging up."""
    if visit.status in SETTLED:
        return True
    status = visit.call.status if visit.call else None
    return status in OVER or (status is CallStatus.FINALIZING and role is Role.PATIENT)
