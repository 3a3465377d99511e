"""Reading enrolments; every look at one is noted in the audit."""

from collections.abc import Sequence
from datetime import date

from openward.care import audit
from openward.care.errors import NotFound
from openward.care.patients import demographics_store, store
from openward.care.patients.model import Enrolment, PatientCount, ProviderCount
from openward.care.work import OrganizationKey, PersonKey, Work


def note_reads(work: Work, enrolments: Sequence[Enrolment]) -> None:
    """A list notes every patient that it shows."""
    for enrolment in enrolments:
        audit.note(work, "read", "enrolment", enrolment.person, enrolment.organization)


async def get(work: Work, organization: OrganizationKey, person: PersonKey) -> Enrolment:
    """The enrolment, or `NotFound`."""
    found = await store.get(work, organization, person)
    if found is None:
        raise NotFound("patient not found")
    note_reads(work, [found])
    return found


async def peek(work: Work, organization: OrganizationKey, person: PersonKey) -> Enrolment | None:
    """The enrolment for the house's own bookkeeping, which shows it to nobody and therefore is not noted."""
    return await store.get(work, organization, person)


async def peek_past(work: Work, organization: OrganizationKey, person: PersonKey) -> Enrolment | None:
    """The enrolment, that of somebody whom the organization let go included, for the same purpose."""
    found = await demographics_store.get(work, organization, person)
    return None if found is None else found[0]


async def peek_many(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, Enrolment]:
    """The enrolments of these people that there are, for the same purpose."""
    return await store.get_many(work, organization, persons)


async def peek_all(work: Work, person: PersonKey) -> list[Enrolment]:
    """All enrolments of a person, for the same purpose."""
    return await store.of_person(work, person, 0, None)


async def get_many(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, Enrolment]:
    """The enrolments of these people that there are."""
    found = await store.get_many(work, organization, persons)
    note_reads(work, list(found.values()))
    return found


async def deceased(work: Work, organization: OrganizationKey) -> list[PersonKey]:
    """Who of an organization's patients has died; for the house's own bookkeeping."""
    return await store.deceased(work, organization)


async def of_person(work: Work, person: PersonKey, *, offset: int = 0, limit: int | None = None) -> list[Enrolment]:
    """All enrolments of a person, by name and then age."""
    found = await store.of_person(work, person, offset, limit)
    note_reads(work, found)
    return found


async def find(
    work: Work,
    organizations: Sequence[OrganizationKey],
    *,
    mrn: str | None = None,
    birth_date: date | None = None,
    full_name: str | None = None,
    offset: int = 0,
    limit: int = 10,
) -> list[Enrolment]:
    """Active patients of these organizations with exactly this MRN, date of birth and full name (None: any)."""
    found = await store.find(work, organizations, mrn, birth_date, offset, limit, full_name)
    note_reads(work, found)
    return found


async def count(work: Work, organization: OrganizationKey) -> PatientCount:
    """How many active patients there are right now."""
    total, demo, plan = await store.counts(work, organization)
    states: dict[str, dict[str, int]] = {}
    for provider, state, number in await store.provider_states(work, organization):
        states.setdefault(provider, {})[state] = number
    providers = {provider: ProviderCount(sum(of.values()), of) for provider, of in states.items()}
    return PatientCount(total, demo, plan, providers)
