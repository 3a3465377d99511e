"""The plan of a merge: actions, names, reasons, and look-alikes; plain values."""

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from openward.care.organizations import Label, Member, MRNRules, Organization, Profile, Restriction, Role
from openward.care.patients import Brief
from openward.care.transfers import Action, Likeness, MergePlan, plan_counts
from openward.care.transfers.alike import NAMED, Index
from openward.care.transfers.merge_model import Side
from openward.care.transfers.plan import make
from openward.care.work import MemberKey, OrganizationKey, PersonKey
from tests.conftest import NOW

SOURCE, TARGET = OrganizationKey(UUID(int=1)), OrganizationKey(UUID(int=2))
_keys = itertools.count(1000)


def a_key() -> UUID:
    return UUID(int=next(_keys))


def a_patient(name: str = "", mrn: str | None = None, born: date | None = None, person: UUID | None = None) -> Brief:
    return Brief(PersonKey(person or a_key()), name, born, mrn, None, (), ())


def a_member(person: UUID | None, *roles: Role) -> Member:
    return Member(
        MemberKey(a_key()),
        SOURCE,
        None if person is None else PersonKey(person),
        None,
        "",
        None,
        roles,
        False,
        NOW,
        NOW,
    )


def a_side(key: OrganizationKey, **given: Any) -> Side:
    labels = {kind: [Label(a_key(), key, name) for name in given.pop(kind, ())] for kind in ("tags", "sites")}
    profile = Profile(name="x", preferred_units=given.pop("units", "mg/dL"), timezone=given.pop("timezone", None))
    members, patients = given.pop("members", ()), given.pop("patients", ())
    place = Organization(key, profile, "tier0100", True, NOW, NOW, **given)
    return Side(place, labels["tags"], labels["sites"], members, patients)


def a_plan(source: dict[str, Any], target: dict[str, Any]) -> MergePlan:
    return make(a_side(SOURCE, **source), a_side(TARGET, **target), NOW)


def test_tags_are_created_unless_they_are_there() -> None:
    plan = a_plan({"tags": ["Pump", "type 1", "New"]}, {"tags": ["Pump", "Type1", "Old"]})
    assert [(one.was, one.action, one.name) for one in plan.source_tags] == [
        ("Pump", Action.SKIP, "Pump"),
        ("type 1", Action.SKIP, "Type1"),
        ("New", Action.CREATE, "New"),
    ]
    assert {one.action for one in plan.target_tags} == {Action.RETAIN}
    assert plan.source_tags[0].becomes == plan.target_tags[0].label


def test_sites_move_and_take_another_name_where_theirs_is_taken() -> None:
    plan = a_plan({"sites": ["North", "north (2)", "South", "x" * 200]}, {"sites": ["NORTH", "North (3)", "x" * 200]})
    assert [(one.action, one.name) for one in plan.source_sites] == [
        (Action.RENAME, "North (4)"),
        (Action.MOVE, "north (2)"),
        (Action.MOVE, "South"),
        (Action.RENAME, "x" * 196 + " (2)"),
    ]


def test_clinicians_move_or_merge() -> None:
    both, only = a_key(), a_key()
    plan = a_plan(
        {"members": [a_member(both, Role.ADMIN), a_member(only, Role.ADMIN)]},
        {"members": [a_member(both, Role.MEMBER)]},
    )
    assert [(one.action, one.is_downgraded) for one in plan.source_members] == [
        (Action.MERGE, True),
        (Action.MOVE, False),
    ]
    assert [one.action for one in plan.target_members] == [Action.MERGE_INTO]


def test_patients_merge_by_account_only() -> None:
    both = a_key()
    plan = a_plan(
        {"patients": [a_patient("A", "1", person=both), a_patient("B", "2")]},
        {"patients": [a_patient("Z", person=both), a_patient("B", "2")]},
    )
    assert [one.action for one in plan.source_patients] == [Action.MERGE, Action.MOVE]
    assert [one.action for one in plan.target_patients] == [Action.MERGE_INTO, Action.RETAIN]
    assert plan_counts(plan)["patients"] == {"MERGE": 1, "MERGE_INTO": 1, "MOVE": 1, "RETAIN": 1}


@pytest.mark.parametrize(
    ("source", "target", "word"),
    [
        ({"units": "mmol/L"}, {}, "Glucose units"),
        ({"units": None}, {}, "Glucose units"),
        ({"timezone": "UTC"}, {}, "Time zone"),
        ({"mrn": MRNRules(required=True)}, {}, "MRN required"),
        ({"mrn": MRNRules(unique=True)}, {}, "MRN unique"),
        ({"restrictions": (Restriction("a.example"),)}, {}, "a.example"),
        ({"restrictions": (Restriction("a.example"),)}, {"restrictions": (Restriction("a.example", "idp"),)}, "a.ex"),
        ({"members": [a_member(None, Role.MEMBER)]}, {}, "invitation"),
        ({"members": [a_member(a_key(), Role.MEMBER)]}, {"restrictions": (Restriction("b.example"),)}, "restricts"),
    ],
    ids=["units", "units-unset", "zone", "required", "unique", "restriction", "provider", "pending", "stranger"],
)
def test_what_stands_in_the_way(source: dict[str, Any], target: dict[str, Any], word: str) -> None:
    reasons = a_plan(source, target).reasons
    assert len(reasons) == 1
    assert word in reasons[0]


def test_what_does_not_stand_in_the_way() -> None:
    member = a_key()
    plan = a_plan(
        {"mrn": None, "members": [a_member(member, Role.ADMIN)], "restrictions": ()},
        {
            "mrn": MRNRules(),
            "members": [a_member(member, Role.MEMBER)],
            "restrictions": (Restriction("a.example"), Restriction("b.example")),
        },
    )
    assert plan.reasons == ()
    assert plan.may_be_executed


def test_record_numbers_stand_in_the_way_of_those_who_move() -> None:
    rules = MRNRules(required=True, unique=True)
    both = a_key()

    def reasons(source: Sequence[Brief], target: Sequence[Brief]) -> tuple[str, ...]:
        return a_plan({"mrn": rules, "patients": source}, {"mrn": rules, "patients": target}).reasons

    assert reasons([a_patient(mrn="1")], [a_patient(mrn="2")]) == ()
    assert reasons([a_patient(mrn=None, person=both)], [a_patient(mrn="2", person=both)]) == ()
    assert reasons([a_patient(mrn="2", person=both)], [a_patient(mrn="2", person=both)]) == ()
    assert "requires an MRN" in reasons([a_patient(mrn=" ")], [])[0]
    assert "unique" in reasons([a_patient(mrn=" ab")], [a_patient(mrn="AB ")])[0]
    assert "unique" in reasons([a_patient(mrn="x"), a_patient(mrn="X")], [])[0]


def test_look_alikes() -> None:
    born = date(1990, 1, 1)
    one = a_patient(" Ana Ruiz", "7", born)
    others = Index(
        [
            a_patient("ana ruiz", None, born),
            a_patient("Ana Ruiz", "8", None),
            a_patient("Other", "7", None),
            a_patient("Another", None, born),
            a_patient("", "", None),
        ]
    )
    assert {match.likeness: match.count for match in others.matches(one)} == {
        Likeness.LIKELY: 1,
        Likeness.NAME_ONLY: 1,
        Likeness.MRN_ONLY: 1,
    }
    assert others.matches(a_patient("", "", None)) == ()
    assert others.clusters()[0].members[0][0] == others.patients[0].person


def _plainly(one: Brief, other: Brief) -> Likeness | None:
    """The rule as it is published, pair by pair."""
    if one.person == other.person:
        return Likeness.SAME_ACCOUNT
    name = bool(one.full_name.strip()) and one.full_name.strip().lower() == other.full_name.strip().lower()
    mrn = bool((one.mrn or "").strip()) and (one.mrn or "").strip().lower() == (other.mrn or "").strip().lower()
    birth = one.birth_date is not None and one.birth_date == other.birth_date
    if name + mrn + birth > 1:
        return Likeness.LIKELY
    return Likeness.MRN_ONLY if mrn else Likeness.NAME_ONLY if name else None


@pytest.mark.parametrize("seed", range(12))
def test_counting_agrees_with_comparing_every_pair(seed: int) -> None:
    chance = random.Random(seed)
    people = [a_key() for _ in range(12)]

    def a_clinic() -> list[Brief]:
        return [
            a_patient(
                chance.choice(["", "Ana", "ana ", "Bo"]),
                chance.choice([None, "", "1", " 1", "2"]),
                chance.choice([None, date(1990, 1, 1), date(1991, 1, 1)]),
                person,
            )
            for person in chance.sample(people, 9)
        ]

    source, target = a_clinic(), a_clinic()
    index = Index(target)
    for one in source:
        wanted = Counter(likeness for other in target if (likeness := _plainly(one, other)))
        found = index.matches(one)
        assert {match.likeness: match.count for match in found} == wanted
        for match in found:
            assert len(match.people) == match.count
            by_key = {other.person: other for other in target}
            assert {_plainly(one, by_key[person]) for person in match.people} == {match.likeness}
    plan = a_plan({"patients": source}, {"patients": target})
    pairs = Counter(likeness for one in source for other in target if (likeness := _plainly(one, other)))
    assert {likeness: count for likeness, count in plan.conflicts.items() if count} == pairs
    assert [_set(cluster) for cluster in plan.source_clusters] == _components(source)


def _set(cluster: Any) -> set[PersonKey]:
    return {person for person, _ in cluster.members}


def _components(patients: Sequence[Brief]) -> list[set[PersonKey]]:
    groups = [{one.person} for one in patients]
    for one, other in itertools.combinations(patients, 2):
        if _plainly(one, other):
            first = next(group for group in groups if one.person in group)
            second = next(group for group in groups if other.person in group)
            if first is not second:
                first |= second
                groups.remove(second)
    order = {one.person: place for place, one in enumerate(patients)}
    return sorted((group for group in groups if len(group) > 1), key=lambda group: min(order[one] for one in group))


def test_thousands_of_equals_are_counted_and_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    from openward.care.transfers.alike import _Traits

    looks = 0
    plainly = _Traits.likeness

    def counted(self: _Traits, other: _Traits) -> Likeness | None:
        nonlocal looks
        looks += 1
        return plainly(self, other)

    monkeypatch.setattr(_Traits, "likeness", counted)
    born, number = date(1990, 1, 1), 2000
    source = [a_patient(f"S{place}", "none", born) for place in range(number)]
    target = [a_patient("Same", "none", born + timedelta(place % 2)) for place in range(number)]
    plan = a_plan({"patients": source}, {"patients": target})
    assert plan.conflicts[Likeness.LIKELY] == number * number // 2
    assert plan.conflicts[Likeness.MRN_ONLY] == number * number // 2
    assert max(len(match.people) for match in plan.source_patients[0].matches) == NAMED
    # Twice across and twice within, each at so many of a group at most: far from every pair, of which there are
    # eight million.
    assert looks < number * 1000
