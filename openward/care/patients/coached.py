"""A patient as those see him who coach: demographics, names elsewhere, groups, coaches, and when what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from openward.care import accounts, audit, organizations
from openward.care.errors import Fault, Invalid
from openward.care.patients import coached_store, demographics_store, identifier_store, list_store
from openward.care.patients.coached_model import Activity, Coached, CoachedBy, with_mrn
from openward.care.patients.demographics import joined
from openward.care.patients.describe import Change, describe
from openward.care.patients.groups import groups_of, put_groups
from openward.care.patients.identifiers import MEDICAL_RECORD_NUMBER, NameElsewhere, Pair, identifiers_of
from openward.care.patients.list_store import Listing
from openward.care.patients.telling import tell_updated
from openward.care.patients.vetting import TAKEN
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work

WHAT = "coaching"


@dataclass(frozen=True, slots=True)
class Revision:
    """What is to change; None leaves a thing as it is."""

    change: Change | None = None
    names: tuple[NameElsewhere, ...] | None = None
    groups: tuple[UUID, ...] | None = None
    coaches: tuple[CoachedBy, ...] | None = None


async def coached_many(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, Coached]:
    """These patients, past ones too; unknown ones are absent. Eight statements, however many."""
    if not persons:
        return {}
    found = await demographics_store.get_many(work, organization, persons)
    names = await identifiers_of(work, organization, persons)
    groups = await groups_of(work, organization, persons)
    invited = await coached_store.invitations(work, organization, persons)
    accesses = await accounts.accesses(work, persons)
    coaches = await coaches_of(work, organization, persons)
    history: dict[PersonKey, list[Activity]] = {}
    for person, at, is_active, reason, notes in await coached_store.activity(work, organization, persons):
        history.setdefault(person, []).append(Activity(at, is_active, reason, notes))
    place = await organizations.get(work, organization)
    is_mrn_unique = place.mrn is not None and place.mrn.unique
    for enrolment, _ in found:
        audit.note(work, "read", WHAT, enrolment.person, organization)
    return {
        enrolment.person: Coached(
            enrolment.person,
            enrolment.key,
            enrolment.created_at,
            enrolment.updated_at,
            joined(enrolment, kept),
            with_mrn(names.get(enrolment.person, ()), enrolment.mrn, is_mrn_unique),
            groups.get(enrolment.person, ()),
            tuple(coaches.get(enrolment.person, ())),
            tuple(history.get(enrolment.person, ())),
            invited.get(enrolment.person),
            *accesses.get(enrolment.person, (None, None)),
        )
        for enrolment, kept in found
    }


async def coaches_of(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, list[CoachedBy]]:
    """Who looks after these patients, in the order they were named; one statement for all."""
    found: dict[PersonKey, list[CoachedBy]] = {}
    for person, member, is_primary in await coached_store.coaches(work, organization, persons) if persons else ():
        found.setdefault(person, []).append(CoachedBy(member, is_primary))
    return found


async def coached_by(work: Work, organization: OrganizationKey, member: MemberKey) -> set[PersonKey]:
    """Whom a member looks after; nothing of their records is read."""
    return set(await coached_store.people_of(work, organization, member))


async def listed(work: Work, organization: OrganizationKey, wanted: Listing) -> tuple[list[PersonKey], int]:
    """One page of patients in the order they came, and how many there are on all pages."""
    return await list_store.page(work, organization, wanted), await list_store.count(work, organization, wanted)


async def revise(
    work: Work,
    organization: OrganizationKey,
    person: PersonKey,
    wanted: Revision,
    *,
    refused: Sequence[Fault] = (),
) -> None:
    """Change a patient in one stroke.

    `Invalid` with every fault, after those that were `refused` before: `names/<k>` (taken) and those of `describe`.
    `NotFound` for nobody's patient; who is in the groups is checked before, as in `put_groups`.
    """
    faults = list(refused)
    try:
        await describe(work, organization, person, wanted.change or (lambda said: said))
    except Invalid as error:
        faults += error.faults
    before = (await coached_many(work, organization, [person]))[person]
    if wanted.names is not None:
        faults += await _name_faults(work, organization, person, wanted.names)
    if faults:
        raise Invalid(faults)
    has_changed = await _put(work, organization, before, wanted)
    if has_changed:
        await coached_store.touch(work, organization, person)
        tell_updated(work, organization, person)


async def _name_faults(
    work: Work, organization: OrganizationKey, person: PersonKey, names: Sequence[NameElsewhere]
) -> list[Fault]:
    wanted = [name for name in names if name.system != MEDICAL_RECORD_NUMBER]
    if not wanted:
        return []
    unique = [name.pair for name in wanted if name.is_unique]
    shared = [name.pair for name in wanted if not name.is_unique]
    await identifier_store.lock(work, unique, shared)
    held: dict[Pair, bool] = await identifier_store.held(work, [*unique, *shared], organization, person)
    return [
        Fault(TAKEN, f"names/{place}", "somebody else has this identifier")
        for place, name in enumerate(names)
        if name.pair in held and (name.is_unique or held[name.pair])
    ]


async def _put(work: Work, organization: OrganizationKey, before: Coached, wanted: Revision) -> bool:
    """Write names, coaches and groups where they differ; whether any did."""
    person = before.person
    changed = []
    if wanted.names is not None:
        changed.append(await _put_names(work, organization, person, wanted.names))
    if wanted.coaches is not None and wanted.coaches != before.coaches:
        await coached_store.delete_coaches(work, organization, person)
        await coached_store.insert_coaches(
            work, organization, [(person, coach.member, coach.is_primary) for coach in wanted.coaches]
        )
        changed.append(True)
    if wanted.groups is not None and set(wanted.groups) != set(before.groups):
        await put_groups(work, organization, {person: wanted.groups})
        changed.append(True)
    if any(changed):
        audit.note(work, "write", WHAT, person, organization)
    return any(changed)


async def _put_names(
    work: Work, organization: OrganizationKey, person: PersonKey, names: Sequence[NameElsewhere]
) -> bool:
    kept: Mapping[PersonKey, tuple[NameElsewhere, ...]] = await identifiers_of(work, organization, [person])
    if kept.get(person, ()) == tuple(names):
        return False
    await identifier_store.delete(work, organization, person)
    rows = [(person, place, name.system, name.value, name.label, name.is_unique) for place, name in enumerate(names)]
    if not await identifier_store.insert(work, organization, rows):
        taken = await identifier_store.held(work, [name.pair for name in names], organization, person)
        raise Invalid(
            [
                Fault(TAKEN, f"names/{place}", "somebody else has this identifier")
                for place, name in enumerate(names)
                if taken.get(name.pair)
            ]
        )
    return True


async def say_why(
    work: Work, organization: OrganizationKey, person: PersonKey, reason: str | None, notes: str | None
) -> None:
    """Keep why a patient was taken off the list or put back just now."""
    await coached_store.say_why(work, organization, person, reason, notes)
    audit.note(work, "write", WHAT, person, organization)
