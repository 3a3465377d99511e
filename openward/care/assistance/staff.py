"""The staff's side: who waits, taking a request, finishing it."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import audit
from openward.care.assistance import request_store
from openward.care.assistance.model import Request, Status
from openward.care.errors import Conflict, NotFound
from openward.care.work import OrganizationKey, PersonKey, Work

MOST_SHOWN = 200


async def open_requests(work: Work, organization: OrganizationKey) -> Sequence[Request]:
    """The open requests of an organization, who has waited longest first; the first 200."""
    found = await request_store.open_of(work, organization, MOST_SHOWN)
    for request in found:
        audit.note(work, "read", "assistance request", request.person, organization)
    return found


async def take(work: Work, organization: OrganizationKey, key: UUID, by: PersonKey) -> None:
    """See to a request; `Conflict` when somebody else does or it is closed, no harm when one does oneself."""
    found = await _lock(work, organization, key)
    if found.status is Status.IN_PROGRESS and found.assigned_to == by:
        return
    if found.status is not Status.INCOMPLETE:
        raise Conflict("somebody else has taken this request")
    await request_store.assign(work, key, by)


async def finish(work: Work, organization: OrganizationKey, key: UUID) -> None:
    """A request has been seen to; one that is closed stays as it was."""
    found = await _lock(work, organization, key)
    if found.finished_at is None:
        await request_store.close(work, key, Status.COMPLETE)


async def _lock(work: Work, organization: OrganizationKey, key: UUID) -> Request:
    """The request, held together with its device, as programs do that take requests back."""
    found = await request_store.lock(work, key)
    if found is None or found.organization != organization:
        raise NotFound("there is no such request")
    audit.note(work, "write", "assistance request", found.person, organization)
    return found
