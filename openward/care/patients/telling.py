"""Telling others that a patient came, changed or was deactivated: once in a piece of work, whatever the path."""

from openward.care import events
from openward.care.patients.model import (
    Enrolment,
    PatientCreated,
    PatientDeactivated,
    PatientUpdated,
)
from openward.care.work import OrganizationKey, PersonKey, Work

_SHOWN = ("full_name", "birth_date", "email", "mrn", "is_active", "is_deceased")


def tell_created(work: Work, made: Enrolment) -> None:
    """Somebody became a patient who never was one of the organization."""
    events.record(work, PatientCreated(made.organization, made.person))


def tell_changed(work: Work, before: Enrolment, after: Enrolment, *, is_described: bool = False) -> None:
    """What changed in who a patient is, if anything; `is_described`: something beside the enrolment did.

    Labels, links to clouds, reviews and permissions are no demographics. Who was deactivated did not change besides,
    and who just came is new all over.
    """
    if before.is_active and not after.is_active:
        events.record(work, PatientDeactivated(after.organization, after.person))
    elif is_described or any(getattr(before, name) != getattr(after, name) for name in _SHOWN):
        tell_updated(work, after.organization, after.person)


def tell_updated(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Something changed; said once, and not of who just came."""
    kinds = (PatientCreated, PatientUpdated, PatientDeactivated)
    last = next(
        (
            event
            for event in reversed(work.recorded)
            if isinstance(event, kinds) and (event.organization, event.person) == (organization, person)
        ),
        None,
    )
    if last is None or isinstance(last, PatientDeactivated):
        events.record(work, PatientUpdated(organization, person))
