"""Orders that could not be matched, settled by somebody of the organization who says whom they mean."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import audit, organizations, patients
from openward.care.ehr import store
from openward.care.ehr.enrol import Place
from openward.care.ehr.handle import all_or_nothing, settle_for
from openward.care.ehr.match import MOST_CANDIDATES, Criterion, candidates
from openward.care.ehr.order import Order, mrn_of, person_of
from openward.care.ehr.settings import settings_of
from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.patients import Enrolment
from openward.care.work import OrganizationKey, PersonKey, Work

UNRESOLVED = frozenset(
    ("unmatched", "ambiguous", "mrn-missing", "birth-date-missing", "birth-date-unreadable", "name-missing")
)
"""Why an order failed that somebody can settle by saying whom it means."""
_MOST_COUNTED = 1000


async def failed_order(work: Work, organization: OrganizationKey, message: UUID) -> tuple[Order, Sequence[Enrolment]]:
    """What a failed order says of its patient, and who might be meant: the same MRN, or the same name and birth date.

    `NotFound` for one that did not fail here.
    """
    kept = await store.failed_order(work, organization, message)
    settings = settings_of(await organizations.get(work, organization))
    if kept is None or settings is None:
        raise NotFound("order not found")
    found: Sequence[Enrolment] = []
    try:
        person = person_of(kept.order, settings.mrn_id_type)
    except Invalid:
        mrn = mrn_of(kept.order, settings.mrn_id_type)
        if mrn is not None:
            found = await patients.find(work, [organization], mrn=mrn, limit=MOST_CANDIDATES)
    else:
        found = await candidates(work, organization, person, [Criterion.MRN, Criterion.BIRTH_DATE_AND_NAME])
    audit.note(work, "read", "ehr-order", None, organization)
    return kept.order, found


async def resolve(work: Work, organization: OrganizationKey, message: UUID, person: PersonKey) -> None:
    """Carry a failed order out for this patient; its sender is told anew.

    `NotFound` for another organization's order or patient, `Conflict` when it does not wait for anybody's word.
    """
    place = await organizations.lock(work, organization)
    settings = settings_of(place)
    kept = await store.failed_order(work, organization, message)
    if kept is None or settings is None or not settings.enabled:
        raise NotFound("order not found")
    await patients.locked(work, organization, person)
    async with all_or_nothing(work):
        if not await settle_for(work, Place(place, settings), kept, person):
            raise Conflict("this order is not about a patient who is there")


async def count_unresolved(work: Work, organization: OrganizationKey) -> int:
    """How many orders wait for somebody to say whom they mean; at most a thousand are counted."""
    return await store.count_failed(work, organization, sorted(UNRESOLVED), _MOST_COUNTED)
