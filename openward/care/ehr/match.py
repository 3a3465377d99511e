"""Matching an order with an organization and its patients."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from openward.care import organizations, patients
from openward.care.ehr import store
from openward.care.ehr.clinic import find_clinic
from openward.care.ehr.model import NEW, ORDER
from openward.care.ehr.order import Person, birth_date_of, mrn_of, person_of
from openward.care.ehr.settings import EHRSettings, Provider
from openward.care.ehr.subscribe import subscribe
from openward.care.errors import Invalid, NotFound
from openward.care.organizations import Organization
from openward.care.patients import Enrolment
from openward.care.work import OrganizationKey, Work

MOST_CANDIDATES = 100
"""Tidepool: at most so many patients for each criterion."""


class Criterion(StrEnum):
    """What has to be the same. Names are compared to the letter, without middle names."""

    MRN = "mrn"
    MRN_AND_BIRTH_DATE = "mrn-birth-date"
    BIRTH_DATE_AND_NAME = "birth-date-name"


@dataclass(frozen=True, slots=True)
class Match:
    """What an order means: the organization, its settings, and the patients who fit."""

    organization: Organization
    settings: EHRSettings
    patients: list[Enrolment]


async def candidates(
    work: Work, organization: OrganizationKey, person: Person, criteria: Sequence[Criterion]
) -> list[Enrolment]:
    """The active patients of whom any of the criteria holds, without repeats; one without an MRN has none by it."""
    found: dict[object, Enrolment] = {}
    for criterion in dict.fromkeys(criteria):
        by_mrn = criterion is not Criterion.BIRTH_DATE_AND_NAME
        if by_mrn and person.mrn is None:
            continue
        fitting = await patients.find(
            work,
            [organization],
            mrn=person.mrn if by_mrn else None,
            birth_date=None if criterion is Criterion.MRN else person.birth_date,
            full_name=None if by_mrn else person.full_name,
            limit=MOST_CANDIDATES,
        )
        found |= {one.key: one for one in fitting}
    return list(found.values())


async def hold_only(
    work: Work, organization: OrganizationKey, person: Person, criteria: Sequence[Criterion]
) -> list[Enrolment]:
    """Like `candidates`, for whoever acts on the only one: his record is locked, and must still fit then."""
    found = await candidates(work, organization, person, criteria)
    if len(found) == 1:
        try:
            await patients.locked(work, organization, found[0].person)
        except NotFound:
            return []
        found = await candidates(work, organization, person, criteria)
    return found


async def match_order(
    work: Work, name: str, criteria: Sequence[Criterion] | None, *, should_be_active: bool | None = None
) -> Match:
    """The organization that a kept order means and, with criteria, its patients who fit.

    Exactly one patient has his reports switched on or off when `should_be_active` says so. `NotFound` for an unknown
    message or organization, `Conflict` when several organizations fit, `Invalid` for a message that cannot be matched.
    """
    found = await store.by_name(work, Provider.REDOX, name)
    if found is None:
        raise NotFound("message not found")
    ref, order = found
    if order is None or (ref.data_model, ref.event_type) != (ORDER, NEW):
        raise Invalid("the message is not a new order")
    if not order.source:
        raise Invalid("the order does not name its source")
    organization, settings = await find_clinic(work, Provider.REDOX, order.source)
    if criteria is None:
        return Match(organization, settings, [])
    if mrn_of(order, settings.mrn_id_type) is None:
        if order.birth_date:
            birth_date_of(order)  # One that cannot be read is refused in any case.
        return Match(organization, settings, [])
    person = person_of(order, settings.mrn_id_type)
    if should_be_active is None:
        return Match(organization, settings, await candidates(work, organization.key, person, criteria))
    await organizations.lock(work, organization.key)
    fitting = await hold_only(work, organization.key, person, criteria)
    if len(fitting) == 1:
        await subscribe(work, organization.key, fitting[0].person, Provider.REDOX, ref.key, is_active=should_be_active)
    return Match(organization, settings, fitting)
