"""The plan of a merge as this API writes it: our own shape, since the contract publishes none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from openward.care import identity, transfers
from openward.care.identity import System
from openward.care.organizations import Organization, Role
from openward.care.patients import Brief
from openward.care.transfers import Cluster, LabelPlan, Match, MemberPlan, MergePlan, PatientPlan
from openward.care.work import Work
from openward.wire.tidepool.clinics.bodies import instant, present
from openward.wire.tidepool.clinics.clinicians import ROLE_WORDS


@dataclass(frozen=True, slots=True)
class Names:
    """What the outside calls the things of a plan: ids by key, and the names of tags and sites."""

    ids: Mapping[UUID, str]
    labels: Mapping[UUID, str]

    def of(self, keys: Sequence[UUID]) -> list[str]:
        """Names of tags or sites; those of no clinic have none."""
        return [self.labels[key] for key in keys if key in self.labels]


async def names_of(work: Work, plan: MergePlan) -> Names:
    """All names at once, in a handful of queries."""
    people = [one.patient.person for one in (*plan.source_patients, *plan.target_patients)]
    people += [one.person for one in (*plan.source_members, *plan.target_members) if one.person]
    ids: dict[UUID, str] = dict(await identity.names(work, list(set(people)), System.USER))
    for labels, system in (
        ((*plan.source_tags, *plan.target_tags), System.TAG),
        ((*plan.source_sites, *plan.target_sites), System.SITE),
    ):
        ids |= await identity.names(work, [label.label for label in labels], system)
    ids |= await identity.names(work, [plan.source.key, plan.target.key], System.CLINIC)
    return Names(ids, plan.label_names)


def encode_plan(plan: MergePlan, names: Names) -> dict[str, Any]:
    """The whole plan."""
    clusters = {"source": plan.source_clusters, "target": plan.target_clusters}
    by_person = {one.patient.person: one.patient for one in (*plan.source_patients, *plan.target_patients)}
    return {
        "createdTime": instant(plan.at),
        "source": _clinic(plan.source, names),
        "target": _clinic(plan.target, names),
        "canMerge": plan.may_be_executed,
        "reasons": list(plan.reasons),
        "settings": [
            {"name": one.name, "source": one.source, "target": one.target, "preventsMerge": not one.is_same}
            for one in plan.settings
        ],
        "counts": transfers.plan_counts(plan),
        "conflicts": {likeness.value: count for likeness, count in plan.conflicts.items()},
        "tags": _both(plan.source_tags, plan.target_tags, lambda one: _label(one, names)),
        "sites": _both(plan.source_sites, plan.target_sites, lambda one: _label(one, names)),
        "clinicians": _both(plan.source_members, plan.target_members, lambda one: _clinician(one, names)),
        "patients": _both(plan.source_patients, plan.target_patients, lambda one: _patient(one, names)),
        "duplicates": {
            side: [_cluster(one, by_person, names) for one in of_side] for side, of_side in clusters.items()
        },
    }


def _both(source: Sequence[Any], target: Sequence[Any], encode: Any) -> dict[str, Any]:
    return {"source": [encode(one) for one in source], "target": [encode(one) for one in target]}


def _clinic(one: Organization, names: Names) -> dict[str, Any]:
    return {"id": names.ids[one.key], "name": one.profile.name}


def _label(one: LabelPlan, names: Names) -> dict[str, Any]:
    return present(
        {
            "id": names.ids.get(one.label),
            "name": one.was,
            "action": one.action.value,
            "newName": one.name if one.name != one.was else None,
            "targetId": names.ids.get(one.becomes) if one.becomes else None,
        }
    )


def role_words(roles: Sequence[str]) -> list[str]:
    """Roles in this API's words."""
    return [ROLE_WORDS[Role(role)] for role in roles]


def _clinician(one: MemberPlan, names: Names) -> dict[str, Any]:
    return present(
        {
            "id": names.ids.get(one.person) if one.person else None,
            "email": one.email,
            "name": one.name,
            "roles": role_words(one.roles),
            "action": one.action.value,
            "downgraded": one.is_downgraded or None,
        }
    )


def _person(one: Brief, names: Names) -> dict[str, Any]:
    return present(
        {
            "id": names.ids.get(one.person),
            "fullName": one.full_name,
            "birthDate": one.birth_date.isoformat() if one.birth_date else None,
            "mrn": one.mrn,
        }
    )


def _patient(one: PatientPlan, names: Names) -> dict[str, Any]:
    return _person(one.patient, names) | {
        "tags": names.of(one.patient.tags),
        "sites": names.of(one.patient.sites),
        "action": one.action.value,
        "conflicts": _matches(one.matches, names),
    }


def _matches(matches: Sequence[Match], names: Names) -> list[dict[str, Any]]:
    """The count is exact; the ids are of the first few."""
    return [
        {
            "category": one.likeness.value,
            "count": one.count,
            "patientIds": [names.ids[person] for person in one.people if person in names.ids],
        }
        for one in matches
    ]


def _cluster(one: Cluster, by_person: Mapping[Any, Brief], names: Names) -> dict[str, Any]:
    return {
        "patients": [
            _person(by_person[person], names) | {"conflicts": _matches(matches, names)}
            for person, matches in one.members
        ]
    }
