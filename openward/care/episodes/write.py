"""Making, reading and replacing episodes."""

from collections.abc import Iterable
from uuid import UUID

from openward.care import audit, events, identity, patients
from openward.care.episodes import store
from openward.care.episodes.model import Content, Episode, EpisodeCreated, EpisodeUpdated
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.identity import Kind
from openward.care.work import OrganizationKey, PersonKey, Work, new_key

TYPE_UNKNOWN = "episode-type-unknown"
ENDS_TOO_SOON = "episode-ends-too-soon"
"""Codes of the faults of an `Invalid` content."""

_UNKNOWN = "Episode not found"


async def create(work: Work, organization: OrganizationKey, person: PersonKey, content: Content) -> UUID:
    """A new episode; returns its key. `NotFound` for somebody who is no patient here, `Invalid` as `update`."""
    await _require_patient(work, organization, person)
    await _check(work, organization, content)
    episode = Episode(new_key(work), organization, person, content, work.now, work.now)
    await store.insert(work, episode)
    await identity.mint(work, episode.key, Kind.EPISODE)
    audit.note(work, "write", "episode", person, organization)
    events.record(work, EpisodeCreated(organization, episode.key))
    return episode.key


async def of_patient(work: Work, organization: OrganizationKey, person: PersonKey) -> list[Episode]:
    """All episodes of a patient, the latest beginning first."""
    await _require_patient(work, organization, person)
    audit.note(work, "read", "episode", person, organization)
    return await store.of_person(work, organization, person)


async def get(work: Work, organization: OrganizationKey, key: UUID) -> Episode:
    """One episode, or `NotFound`, which one of another organization is as well."""
    found = await _find(work, organization, key)
    audit.note(work, "read", "episode", found.person, organization)
    return found


async def require(work: Work, organization: OrganizationKey, person: PersonKey, key: UUID) -> None:
    """`NotFound` unless this is an episode of this patient."""
    if (await _find(work, organization, key)).person != person:
        raise NotFound(_UNKNOWN)


async def update(work: Work, organization: OrganizationKey, key: UUID, content: Content) -> Episode:
    """Replace what an episode says; `Invalid` for a type that is not the organization's, or an end before the begin."""
    await _find(work, organization, key)
    await _check(work, organization, content)
    await store.update(work, key, content)
    events.record(work, EpisodeUpdated(organization, key))
    found = await _find(work, organization, key)
    audit.note(work, "write", "episode", found.person, organization)
    return found


def touched(work: Work, organization: OrganizationKey, keys: Iterable[UUID | None]) -> None:
    """Tell that these episodes gained or lost a visit; None stands for no episode."""
    for key in dict.fromkeys(keys):
        if key is not None:
            events.record(work, EpisodeUpdated(organization, key))


async def _find(work: Work, organization: OrganizationKey, key: UUID) -> Episode:
    found = await store.find(work, key)
    if found is None or found.organization != organization:
        raise NotFound(_UNKNOWN)
    return found


async def _require_patient(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    if await patients.peek_past(work, organization, person) is None:
        raise NotFound("Patient not found")


async def _check(work: Work, organization: OrganizationKey, content: Content) -> None:
    faults = []
    if content.type not in await store.types(work, organization):
        faults.append(Fault(TYPE_UNKNOWN, detail="this type is not one of the organization"))
    if content.ends_on is not None and content.ends_on < content.begins_on:
        faults.append(Fault(ENDS_TOO_SOON, detail="it would end before it begins"))
    if faults:
        raise Invalid(faults)
