"""What the pages of a call are told: where it stands, and what one side says to the other."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from openward.care.visits.call_rules import Seats, is_over
from openward.care.visits.model import Appointment, Role
from openward.care.work import Work
from openward.infra import relay


def topic(call: UUID) -> str:
    """Under which name the pages of a call, by its public id, hear of it."""
    return f"call:{call}"


def state_of(visit: Appointment, seats: Seats, held_by: str | None, version: int) -> dict[str, Any]:
    """Where a call stands, the same for both sides and without anything about the patient."""
    assert visit.call is not None
    return {
        "is": "state",
        "version": version,
        "visit": visit.status,
        "call": visit.call.status,
        "held_by": held_by,
        "started_at": None if visit.call.started_at is None else int(visit.call.started_at.timestamp()),
        "sides": {
            role: {
                "page": str(seats[role].page),
                "is_there": seats[role].is_there,
                "is_ready": seats[role].is_there and seats[role].is_ready,
            }
            if role in seats
            else {"page": None, "is_there": False, "is_ready": False}
            for role in Role
        },
        "is_over": {role: is_over(visit, role) for role in Role},
    }


async def tell(work: Work, call: UUID, message: Mapping[str, Any]) -> None:
    """Tell all pages of a call, by its public id, as soon as this work is done."""
    await relay.post(work.tx, topic(call), msgspec.json.encode(message))


async def say(work: Work, call: UUID, role: Role, page: UUID, content: Mapping[str, Any]) -> None:
    """Hand what one page says, a session description or a candidate, on to the page of the other side."""
    await tell(work, call, {"is": "signal", "by": role, "page": str(page), "content": content})
