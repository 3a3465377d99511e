"""What other programs say of a patient to all organizations at once: entries of partner clouds, summaries."""

from collections.abc import Sequence
from dataclasses import replace

from openward.care.errors import NotFound
from openward.care.patients import store
from openward.care.patients.model import DataSource, Enrolment
from openward.care.patients.update import locked, save
from openward.care.work import OrganizationKey, PersonKey, Work


async def set_sources(work: Work, person: PersonKey, sources: Sequence[DataSource]) -> None:
    """Replace the entries in every enrolment of a person; `NotFound` when there is none."""
    for before in await _all_locked(work, person):
        await save(work, replace(before, data_sources=tuple(sources), updated_at=work.now))


async def give_sources(
    work: Work, organization: OrganizationKey, person: PersonKey, sources: Sequence[DataSource]
) -> None:
    """Give one organization the entries that are known of its new patient."""
    before = await locked(work, organization, person)
    await save(work, replace(before, data_sources=tuple(sources)))


async def touch(work: Work, person: PersonKey) -> None:
    """What organizations see of a person has changed elsewhere (a summary); `NotFound` when he is no patient."""
    for before in await _all_locked(work, person):
        await save(work, replace(before, updated_at=work.now))


async def _all_locked(work: Work, person: PersonKey) -> list[Enrolment]:
    """All enrolments of a person, locked in the same order by everybody; `NotFound` when there is none."""
    places = sorted(one.organization for one in await store.of_person(work, person, 0, None))
    found = [await store.get(work, organization, person, lock=True) for organization in places]
    present = [one for one in found if one is not None]
    if not present:
        raise NotFound("patient not found")
    return present
