"""What a visit may become: pure decisions on its status."""

from openward.care.visits.model import Appointment, Change, Outcome, Status

COURSE = (
    Status.ARRIVED,
    Status.INTAKE_READY,
    Status.INTAKE,
    Status.EXAM_READY,
    Status.EXAM,
    Status.DISCHARGE_READY,
    Status.DISCHARGE,
)
"""What a visit goes through once the patient is there; it may jump forward, never back."""

FINAL = frozenset({Status.SIGNED, Status.CANCELLED, Status.NO_SHOW})
"""Nothing follows these, and they take up no time in a waiting room."""

SETTLED = FINAL | {Status.COMPLETED}
"""Neither time nor status of such a visit is changed any more, but for the signature."""

OUTCOMES = {
    Status.CANCELLED: Outcome.CANCELLED,
    Status.COMPLETED: Outcome.COMPLETED,
    Status.NO_SHOW: Outcome.NO_SHOW,
}
"""How a visit that comes to such a status has ended, unless its call says more exactly."""

_BEFORE_DISCHARGE = frozenset({Status.SCHEDULED, *COURSE[: COURSE.index(Status.DISCHARGE_READY)]})


def may_move(status: Status, to: Status, outcome: Outcome | None = None) -> bool:
    """Whether a visit may go from one status to the other.

    outcome: `LEFT` lets a patient leave who was never seen by a provider, at any point before the discharge.
    """
    if to is Status.ARRIVED:
        return status is Status.SCHEDULED
    if to in COURSE:
        return status in COURSE and COURSE.index(status) < COURSE.index(to)
    if to is Status.COMPLETED:
        return status in COURSE
    if to is Status.SIGNED:
        return status is Status.COMPLETED
    if to is Status.CANCELLED:
        return status in _BEFORE_DISCHARGE
    if to is Status.NO_SHOW:
        if outcome is Outcome.LEFT:
            return status in _BEFORE_DISCHARGE
        return status in (Status.SCHEDULED, Status.ARRIVED)
    return False


def refusal(status: Status) -> str:
    """What is said when a visit may not be changed."""
    return f'Appointment can not be changed in status "{status}"'


def moves_time(visit: Appointment, change: Change) -> bool:
    """Whether the change gives the visit another start or another length; the same one again does not."""
    starts_otherwise = change.starts_at is not None and change.starts_at != visit.starts_at
    return starts_otherwise or (change.duration_s is not None and change.duration_s != visit.duration_s)


def may_change(visit: Appointment, change: Change) -> bool:
    """Whether the change is allowed as the visit stands; cancelling what is cancelled changes nothing."""
    moves_room = change.room is not None and change.room != visit.room
    if (moves_time(visit, change) or moves_room) and visit.status in SETTLED:
        return False
    if change.cancels and visit.status is not Status.CANCELLED:
        return may_move(visit.status, Status.CANCELLED)
    return True
