"""Reading visits; every look at one is noted in the audit."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care import audit
from openward.care.errors import NotFound
from openward.care.visits import store
from openward.care.visits.model import Appointment
from openward.care.work import OrganizationKey, PersonKey, Work

NOT_FOUND = "Appointment not found"
MOST = 1000


async def get(work: Work, organization: OrganizationKey, key: UUID) -> Appointment:
    """One visit, or `NotFound`, also for one of another practice."""
    return _shown(work, await store.get(work, organization, key))


async def by_external_id(work: Work, organization: OrganizationKey, external_id: str) -> Appointment:
    """The visit that the practice's own system calls so, or `NotFound`."""
    is_storable = "\x00" not in external_id
    return _shown(work, await store.by_external_id(work, organization, external_id) if is_storable else None)


async def require(work: Work, organization: OrganizationKey, key: UUID) -> None:
    """`NotFound` unless the practice has this visit; shows nothing of it."""
    if await store.get(work, organization, key) is None:
        raise NotFound(NOT_FOUND)


async def is_taken(work: Work, organization: OrganizationKey, external_id: str) -> bool:
    """Whether a visit of the practice has this external id."""
    return await store.by_external_id(work, organization, external_id) is not None


async def get_many(work: Work, organization: OrganizationKey, keys: Sequence[UUID]) -> dict[UUID, Appointment]:
    """Those of these visits that are the practice's."""
    return {visit.key: visit for visit in _noted(work, await store.get_many(work, organization, keys))}


async def behind_link(work: Work, key: UUID) -> Appointment:
    """The visit of a link that was read (`read_link`), or `NotFound`."""
    return _shown(work, await store.by_key(work, key))


async def lock(work: Work, organization: OrganizationKey, key: UUID) -> Appointment:
    """One visit, held until the end of the work, or `NotFound`; whoever changes it notes that himself."""
    found = await store.lock(work, organization, key)
    if found is None:
        raise NotFound(NOT_FOUND)
    return found


async def of_episode(
    work: Work,
    organization: OrganizationKey,
    episode: UUID,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = MOST,
) -> list[Appointment]:
    """The visits of an episode, earliest first; start and key of the last one seen, `after`, page on."""
    return _noted(work, await store.of_episode(work, organization, episode, after, limit))


async def of_person(
    work: Work, organization: OrganizationKey, person: PersonKey, *, limit: int = 100
) -> list[Appointment]:
    """The latest visits of a patient, latest first."""
    return _noted(work, await store.of_person(work, organization, person, limit))


async def between(
    work: Work,
    organization: OrganizationKey,
    start: datetime,
    end: datetime,
    *,
    after: tuple[datetime, UUID] | None = None,
    rooms: Sequence[UUID] | None = None,
    limit: int = MOST,
) -> list[Appointment]:
    """Visits that start in `[start, end)`, earliest first; start and key of the last one seen, `after`, page on."""
    return _noted(work, await store.between(work, organization, start, end, after, rooms, limit))


def _shown(work: Work, found: Appointment | None) -> Appointment:
    if found is None:
        raise NotFound(NOT_FOUND)
    audit.note(work, "read", "appointment", found.person, found.organization)
    return found


def _noted(work: Work, found: list[Appointment]) -> list[Appointment]:
    for organization in {visit.organization for visit in found}:
        people = [visit.person for visit in found if visit.organization == organization]
        audit.note_all(work, "read", "appointment", list(dict.fromkeys(people)), organization)
    return found
