"""Whether what is said of a patient may stand: his number, his addresses, the time of his death."""

from collections.abc import Sequence
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openward.care.errors import Fault, Invalid
from openward.care.organizations import Organization
from openward.care.patients import demographics_store, rules
from openward.care.patients.create import check_mrn
from openward.care.patients.demographics import Demographics, emails
from openward.care.work import PersonKey, Work

TAKEN = "taken"
MISSING = "missing"
FUTURE = "future"
SHARED = "shared"
_NOBODY = Demographics(is_active=False)


async def faults_of(
    work: Work, place: Organization, before: Demographics | None, after: Demographics, person: PersonKey | None
) -> list[Fault]:
    """What is wrong with what changed: `mrn` (taken, missing), `telecom` (shared), `deceased_at` (future).

    What stays as it was is not asked again, except when the patient comes back. Whoever gives somebody one of the
    addresses at the same time waits until this work ends.
    """
    was = before or _NOBODY
    returns = after.is_active and not was.is_active
    faults = []
    if returns or before is None or after.mrn != was.mrn:
        faults += await _mrn(work, place, after.mrn, person)
    wanted = _wanted_emails(was, after, returns=returns)
    if wanted:
        await demographics_store.lock_emails(work, place.key, wanted)
        if await demographics_store.is_email_held(work, place.key, wanted, person, after.email_group):
            faults.append(Fault(SHARED, "telecom", "another patient has this address"))
    if after.deceased_at not in (None, was.deceased_at) and _is_future(work, place, after):
        faults.append(Fault(FUTURE, "deceased_at", "this time is still to come"))
    return faults


async def _mrn(work: Work, place: Organization, mrn: str | None, person: PersonKey | None) -> list[Fault]:
    try:
        await check_mrn(work, place, mrn, person)
    except Invalid as error:
        return [Fault(MISSING if error.code == rules.MRN_MISSING else TAKEN, "mrn", error.detail)]
    return []


def _wanted_emails(was: Demographics, after: Demographics, *, returns: bool) -> Sequence[str]:
    """The addresses that nobody else may have: new ones; all of them when the patient comes back or changes group."""
    if not after.is_active:
        return ()
    has_changed_sides = returns or after.email_group != was.email_group
    held = () if has_changed_sides else emails(was.telecom)
    return [address for address in emails(after.telecom) if address not in held]


def _is_future(work: Work, place: Organization, after: Demographics) -> bool:
    now = work.now.astimezone(_zone(place)).replace(tzinfo=None)
    return after.deceased_at is not None and after.deceased_at > now


def _zone(place: Organization) -> tzinfo:
    try:
        return ZoneInfo(place.profile.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
