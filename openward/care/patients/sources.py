"""What other programs say of a patient to all organizations at once: entries of partner clouds, summaries."""

from collections.abc import Sequence
from dataclasses import replace

from openward.care import audit
from openward.care.errors import NotFound
from openward.care.patients import store
from openward.care.patients.model import DataSource
from openward.care.patients.update import locked, save
from openward.care.work import OrganizationKey, PersonKey, Work


async def set_sources(work: Work, person: PersonKey, sources: Sequence[DataSource]) -> None:
    """Replace the entries in every enrolment of a person; `NotFound` when there is none."""
    found = await store.lock_of_person(work, person)
    if not found:
        raise NotFound("patient not found")
    for before in found:
        await save(work, replace(before, data_sources=tuple(sources), updated_at=work.now))


async def follow_source(work: Work, person: PersonKey, provider: str, entry: DataSource | None) -> None:
    """Replace the entry of one partner in every enrolment of a person; being nobody's patient is fine.

    None takes it out, except where it waits for the person to connect. Unlike `set_sources` this leaves what other
    partners are asked for as it is.
    """
    for before in await store.lock_of_person(work, person):
        kept = before.data_sources or ()
        others = tuple(source for source in kept if source.provider != provider)
        place = next((at for at, source in enumerate(kept) if source.provider == provider), len(others))
        waiting = tuple(source for source in kept[place:] if source.provider == provider and source.expires_at)
        after = (*others[:place], *(waiting if entry is None else (entry,)), *others[place:])
        if after != kept:
            await save(work, replace(before, data_sources=after, updated_at=work.now))


async def give_sources(
    work: Work, organization: OrganizationKey, person: PersonKey, sources: Sequence[DataSource]
) -> None:
    """Give one organization the entries that are known of its new patient."""
    before = await locked(work, organization, person)
    await save(work, replace(before, data_sources=tuple(sources)))


async def touch(work: Work, person: PersonKey) -> None:
    """What organizations see of a person has changed elsewhere (a summary); `NotFound` when he is no patient."""
    places = await store.touch(work, person)
    if not places:
        raise NotFound("patient not found")
    for organization in places:
        audit.note(work, "write", "enrolment", person, organization)
