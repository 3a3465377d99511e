"""The one meeting of a visit in somebody else's system: made once, kept, and given again to whoever asks."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from openward.care import audit
from openward.care.visits import store
from openward.care.visits.model import Appointment
from openward.care.visits.read import lock
from openward.care.work import OrganizationKey, Work

MAKING_LIFE = timedelta(seconds=30)
"""Whoever has not kept the meeting after so long has failed, and the next one makes it."""


class Turn(StrEnum):
    """Whose turn it is to make the meeting."""

    MINE = "mine"
    ANOTHER = "another"


async def claim_meeting(work: Work, visit: Appointment) -> Turn:
    """Say that one makes the meeting of a visit that has none; somebody else may be at it already."""
    since = work.now - MAKING_LIFE
    return Turn.MINE if await store.claim_meeting(work, visit.key, since) else Turn.ANOTHER


async def keep_meeting(work: Work, organization: OrganizationKey, key: UUID, url: str) -> Appointment:
    """The visit with its meeting: this one, or the one that it has already."""
    visit = await lock(work, organization, key)
    if visit.meeting_url is None:
        await store.set_fields(work, key, {"meeting_url": url, "meeting_claimed_at": None})
        audit.note(work, "write", "appointment", visit.person, organization)
        return await lock(work, organization, key)
    return visit


async def give_meeting_up(work: Work, key: UUID) -> None:
    """No meeting was made; the next one may try at once."""
    await store.set_fields(work, key, {"meeting_claimed_at": None})
