"""Two patients of an organization who turn out to be one: the record of the one goes into that of the other.

What other rooms keep follows `PatientsJoined` in the same transaction (`care/reactions.py`). Nothing can undo it, hence
it is refused wherever it would touch somebody else: another organization's patient, staff, or two people with logins.
"""

from dataclasses import dataclass, replace

from openward.care import accounts, audit, events, identity, organizations
from openward.care.errors import Conflict, NotFound
from openward.care.patients import demographics_store, joining_store, store
from openward.care.patients.create import name_mrn
from openward.care.patients.demographics import Demographics, joined
from openward.care.patients.describe import describe
from openward.care.patients.model import Enrolment, EnrolmentChanged, Permission, Regrouped
from openward.care.patients.rules import unique
from openward.care.patients.telling import tell_updated
from openward.care.work import OrganizationKey, PersonKey, Work

_BLANKS = ("birth_date", "gender", "marital_status", "language", "race", "ethnicity", "account_number", "addresses")


@dataclass(frozen=True, slots=True)
class PatientsJoined:
    """The record of one patient went into that of another: what a room keeps of a person follows."""

    organization: OrganizationKey
    gone: PersonKey
    kept: PersonKey


class CannotJoin(Conflict):
    """Somebody has to decide: `both-have-logins`, `is-staff`, `known-elsewhere`."""

    def __init__(self, code: str) -> None:
        super().__init__(code, code=code)


async def join_patients(work: Work, organization: OrganizationKey, source: PersonKey, survivor: PersonKey) -> PersonKey:
    """Put the record of `source` into that of `survivor`; whose key is left.

    What is known of the survivor stands, gaps are filled. The account that has a login is the one that stays, whichever
    of the two it is. All names of both answer. `NotFound` unless both are or were patients here; `CannotJoin`.
    """
    await organizations.lock(work, organization)
    if source == survivor:
        return survivor
    said, other = await _described(work, organization, survivor), await _described(work, organization, source)
    gone, kept = await _decide(work, organization, source, survivor)
    before = await _held(work, organization, gone, kept)
    await store.archive(work, organization, gone)
    await joining_store.join(work, organization, gone, kept)
    await identity.merge(work, gone, kept)
    await _take_over(work, before[kept], before[gone])
    await accounts.join_people(work, gone, kept)
    audit.note(work, "write", "joined-patients", kept, organization)
    audit.note(work, "delete", "enrolment", gone, organization)
    events.record(work, EnrolmentChanged(organization, gone))
    events.record(work, EnrolmentChanged(organization, kept))
    events.record(work, Regrouped(organization, (kept,)))
    events.record(work, PatientsJoined(organization, gone, kept))
    tell_updated(work, organization, kept)
    await describe(work, organization, kept, lambda known: _filled(known, said, other))
    for mrn in (said.mrn, other.mrn):
        await name_mrn(work, organization, kept, mrn)
    return kept


async def former_people(work: Work, person: PersonKey) -> list[PersonKey]:
    """Those whose records went into that of this person, for whoever looks through a history."""
    return await joining_store.former(work, person)


async def _described(work: Work, organization: OrganizationKey, person: PersonKey) -> Demographics:
    found = await demographics_store.get(work, organization, person)
    if found is None:
        raise NotFound("patient not found")
    return joined(*found)


async def _decide(
    work: Work, organization: OrganizationKey, source: PersonKey, survivor: PersonKey
) -> tuple[PersonKey, PersonKey]:
    """Who goes and who stays."""
    if await joining_store.organizations_of(work, [source, survivor]) != {organization}:
        raise CannotJoin("known-elsewhere")
    for person in (source, survivor):
        if await organizations.memberships(work, person, limit=1):
            raise CannotJoin("is-staff")
    known = await accounts.get_many(work, [source, survivor])
    has_login = {person for person, account in known.items() if account.has_password}
    if len(has_login) == 2:
        raise CannotJoin("both-have-logins")
    return (survivor, source) if source in has_login else (source, survivor)


async def _held(work: Work, organization: OrganizationKey, *people: PersonKey) -> dict[PersonKey, Enrolment]:
    """The enrolments, locked in the order in which everybody locks them."""
    held = {}
    for person in sorted(people):
        found = await store.get_even_removed(work, organization, person)
        if found is None:
            raise NotFound("patient not found")
        held[person] = found
    return held


async def _take_over(work: Work, kept: Enrolment, gone: Enrolment) -> None:
    """What hangs on an enrolment and is not demographics; custody is that of the account that stays."""
    is_active = kept.is_active or gone.is_active
    after = replace(
        kept,
        tags=unique((*kept.tags, *gone.tags)),
        sites=unique((*kept.sites, *gone.sites)),
        target_devices=kept.target_devices or gone.target_devices,
        glycemic_ranges=kept.glycemic_ranges or gone.glycemic_ranges,
        diagnosis_type=kept.diagnosis_type or gone.diagnosis_type,
        email=kept.email or gone.email,
        reviews=tuple(sorted((*kept.reviews, *gone.reviews), key=lambda one: one.at, reverse=True)[:2]),
        permissions=kept.permissions or gone.permissions - {Permission.CUSTODIAN},
        is_active=is_active,
        removed_at=None if is_active else kept.removed_at,
        updated_at=work.now,
    )
    await store.update(work, after, is_mrn_exclusive=None)


def _filled(known: Demographics, said: Demographics, other: Demographics) -> Demographics:
    """What was said of the survivor, with what was said of the other alone in its gaps."""
    gaps = {name: getattr(said, name) or getattr(other, name) for name in _BLANKS}
    return replace(
        said,
        **gaps,
        mrn=said.mrn or other.mrn,
        telecom=said.telecom or known.telecom,
        is_active=known.is_active,
        is_deceased=said.is_deceased or other.is_deceased,
        deceased_at=said.deceased_at or other.deceased_at,
    )
