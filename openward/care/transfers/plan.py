"""The plan of a merge: from what two organizations are to what becomes of everything in the source. Pure.

The rules are those that the Clinics API publishes; where they leave something open, docs/wire/tidepool.md says what was
chosen.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from openward.care.organizations import Label, Member, MRNRules, Organization, folded_site, folded_tag
from openward.care.patients import Brief
from openward.care.transfers.alike import Index
from openward.care.transfers.merge_model import (
    Action,
    LabelPlan,
    Likeness,
    MemberPlan,
    MergePlan,
    PatientPlan,
    Setting,
    Side,
)
from openward.care.work import PersonKey

_LONGEST_SITE = 200


def make(source: Side, target: Side, at: datetime, clashes: int = 0) -> MergePlan:
    """What a merge would do and what stands in its way.

    clashes: how many names that the source gives to its patients (other than MRNs) mean somebody else in the target.
    """
    in_source, in_target = Index(source.patients), Index(target.patients)
    source_patients = tuple(_source_patient(one, in_target) for one in source.patients)
    settings = _settings(source.organization, target.organization)
    return MergePlan(
        source=source.organization,
        target=target.organization,
        at=at,
        settings=settings,
        source_tags=_tags(source.tags, target.tags),
        target_tags=_retained(target.tags),
        source_sites=_sites(source.sites, target.sites),
        target_sites=_retained(target.sites),
        source_members=_source_members(source.members, target.members),
        target_members=_target_members(source.members, target.members),
        source_patients=source_patients,
        target_patients=_target_patients(source.patients, target.patients, in_source),
        source_clusters=in_source.clusters(),
        target_clusters=in_target.clusters(),
        reasons=(*_reasons(source, target, settings), *_clash_reasons(clashes)),
        conflicts=_conflicts(source_patients),
        label_names={label.key: label.name for side in (source, target) for label in (*side.tags, *side.sites)},
    )


def counts(plan: MergePlan) -> dict[str, dict[str, int]]:
    """How many of what: kind to action to number."""
    kinds: dict[str, Iterable[LabelPlan | MemberPlan | PatientPlan]] = {
        "tags": (*plan.source_tags, *plan.target_tags),
        "sites": (*plan.source_sites, *plan.target_sites),
        "clinicians": (*plan.source_members, *plan.target_members),
        "patients": (*plan.source_patients, *plan.target_patients),
    }
    return {kind: dict(sorted(Counter(one.action.value for one in of).items())) for kind, of in kinds.items()}


# What stands in the way.


def _settings(source: Organization, target: Organization) -> tuple[Setting, ...]:
    mrn, other = source.mrn or MRNRules(), target.mrn or MRNRules()
    return (
        Setting("MRN required", _yes(mrn.required), _yes(other.required)),
        Setting("MRN unique", _yes(mrn.unique), _yes(other.unique)),
        Setting("Glucose units", source.profile.preferred_units or "", target.profile.preferred_units or ""),
        Setting("Time zone", source.profile.timezone or "", target.profile.timezone or ""),
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _reasons(source: Side, target: Side, settings: Sequence[Setting]) -> list[str]:
    reasons = [f"{setting.name} differs between the clinics" for setting in settings if not setting.is_same]
    allowed = {(one.email_domain.lower(), one.required_idp or "") for one in target.organization.restrictions}
    for one in source.organization.restrictions:
        if (one.email_domain.lower(), one.required_idp or "") not in allowed:
            reasons.append(f"the membership restriction for {one.email_domain} is not one of the target")
    if any(member.person is None for member in source.members):
        reasons.append("an invitation to the source is pending")
    there = {member.person for member in target.members}
    if target.organization.restrictions and any(one.person not in there for one in source.members if one.person):
        reasons.append("the target restricts who may join, and a clinician of the source is not a member of it")
    return reasons + _mrn_reasons(source.patients, target)


def _mrn_reasons(patients: Sequence[Brief], target: Side) -> list[str]:
    rules = target.organization.mrn or MRNRules()
    there = {patient.person for patient in target.patients}
    moving = [patient for patient in patients if patient.person not in there]
    reasons = []
    if rules.required and (missing := sum(not _folded(patient) for patient in moving)):
        reasons.append(f"the target requires an MRN, which {missing} patients to be moved lack")
    if rules.unique:
        taken = {_folded(patient) for patient in target.patients}
        here = Counter(_folded(patient) for patient in patients)
        numbers = [number for patient in moving if (number := _folded(patient))]
        if clashing := sum(number in taken or here[number] > 1 for number in numbers):
            reasons.append(f"the target requires unique MRNs, and {clashing} patients to be moved share theirs")
    return reasons


def _folded(patient: Brief) -> str:
    return (patient.mrn or "").strip().lower()


def _clash_reasons(clashes: int) -> list[str]:
    return [f"{clashes} identifiers of the source mean other patients in the target"] if clashes else []


# Tags and sites.


def _retained(labels: Sequence[Label]) -> tuple[LabelPlan, ...]:
    return tuple(LabelPlan(label.key, label.name, label.name, Action.RETAIN) for label in labels)


def _tags(source: Sequence[Label], target: Sequence[Label]) -> tuple[LabelPlan, ...]:
    """A tag that the target has goes into that one; `Type 1` and `type1` are one tag, as everywhere."""
    there = {folded_tag(label.name): label for label in target}
    plans = []
    for label in source:
        own = there.get(folded_tag(label.name))
        if own is None:
            plans.append(LabelPlan(label.key, label.name, label.name, Action.CREATE))
        else:
            plans.append(LabelPlan(label.key, label.name, own.name, Action.SKIP, own.key))
    return tuple(plans)


def _sites(source: Sequence[Label], target: Sequence[Label]) -> tuple[LabelPlan, ...]:
    """A site keeps its name unless the target has it; no new name is one that either clinic uses already."""
    there = {folded_site(label.name) for label in target}
    taken = there | {folded_site(label.name) for label in source}
    plans = []
    for label in source:
        if folded_site(label.name) not in there:
            plans.append(LabelPlan(label.key, label.name, label.name, Action.MOVE))
            continue
        name = _another_name(label.name, taken)
        taken.add(folded_site(name))
        plans.append(LabelPlan(label.key, label.name, name, Action.RENAME))
    return tuple(plans)


def _another_name(name: str, taken: set[str]) -> str:
    number = 2
    while True:
        ending = f" ({number})"
        wanted = name[: _LONGEST_SITE - len(ending)] + ending
        if folded_site(wanted) not in taken:
            return wanted
        number += 1


# Clinicians.


def _member(one: Member, action: Action, *, becomes: UUID | None = None, is_downgraded: bool = False) -> MemberPlan:
    roles = tuple(role.value for role in one.roles)
    return MemberPlan(one.key, one.person, one.email, one.name, roles, action, is_downgraded, becomes)


def _source_members(source: Sequence[Member], target: Sequence[Member]) -> tuple[MemberPlan, ...]:
    there = {one.person: one for one in target if one.person}
    plans = []
    for one in source:
        own = there.get(one.person) if one.person else None
        if own is None:
            plans.append(_member(one, Action.MOVE))
        else:
            is_downgraded = one.is_admin and not own.is_admin
            plans.append(_member(one, Action.MERGE, becomes=own.key, is_downgraded=is_downgraded))
    return tuple(plans)


def _target_members(source: Sequence[Member], target: Sequence[Member]) -> tuple[MemberPlan, ...]:
    coming = {one.person for one in source if one.person}
    return tuple(_member(one, Action.MERGE_INTO if one.person in coming else Action.RETAIN) for one in target)


# Patients.


def _source_patient(one: Brief, target: Index) -> PatientPlan:
    matches = target.matches(one)
    is_there = any(match.likeness is Likeness.SAME_ACCOUNT for match in matches)
    return PatientPlan(one, Action.MERGE if is_there else Action.MOVE, matches)


def _target_patients(source: Sequence[Brief], target: Sequence[Brief], in_source: Index) -> tuple[PatientPlan, ...]:
    coming: set[PersonKey] = {one.person for one in source}
    return tuple(
        PatientPlan(one, Action.MERGE_INTO if one.person in coming else Action.RETAIN, in_source.matches(one))
        for one in target
    )


def _conflicts(patients: Sequence[PatientPlan]) -> Mapping[Likeness, int]:
    """Counted over the source's patients, so that each pair counts once."""
    found: Counter[Likeness] = Counter()
    for one in patients:
        for match in one.matches:
            found[match.likeness] += match.count
    return {likeness: found[likeness] for likeness in Likeness}
