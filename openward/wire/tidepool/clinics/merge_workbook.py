"""The plan of a merge as a workbook, written row by row in constant memory; the names of its sheets are published."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from openward.care import transfers
from openward.care.patients import Brief
from openward.care.transfers import Cluster, Likeness, MergePlan, PatientPlan
from openward.care.work import PersonKey
from openward.wire.tidepool.clinics.merge_json import Names, role_words

_LONGEST_CELL = 32767
_PERSON = ("Name", "Birth Date", "MRN", "User ID")
_Row = Sequence[object]


def write(path: Path, plan: MergePlan, names: Names) -> None:
    """Write the whole workbook to a new file."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(path), {**options, "tmpdir": str(path.parent)})
    bold = book.add_format({"bold": True})
    people = {one.patient.person: one.patient for one in (*plan.source_patients, *plan.target_patients)}
    patient_head = (*_PERSON, "Tags", "Sites", "Action", *(likeness.value for likeness in Likeness))
    cluster_head = ("Cluster", *_PERSON, *(likeness.value for likeness in list(Likeness)[1:]))
    pair_head = ("Category", *(f"Source {word}" for word in _PERSON), *(f"Target {word}" for word in _PERSON), "More")
    for name, head, rows in (
        ("Summary", ("", plan.source.profile.name, plan.target.profile.name), _summary(plan)),
        ("Patients in Source Clinic", patient_head, _patients(plan.source_patients, names)),
        ("Patients in Target Clinic", patient_head, _patients(plan.target_patients, names)),
        ("Duplicates in Source Clinic", cluster_head, _clusters(plan.source_clusters, people, names)),
        ("Duplicates in Target Clinic", cluster_head, _clusters(plan.target_clusters, people, names)),
        ("Duplicates in Merged Workspace", pair_head, _pairs(plan.source_patients, people, names)),
    ):
        sheet = book.add_worksheet(name)
        sheet.set_column(0, len(head) - 1, 22)
        sheet.freeze_panes(1, 0)
        _put(sheet, 0, head, bold)
        for number, row in enumerate(rows, 1):
            _put(sheet, number, row)
    book.close()


def _put(sheet: Any, number: int, row: _Row, form: Any = None) -> None:
    """One row; text stays text, whatever it begins with."""
    for place, value in enumerate(row):
        if isinstance(value, int):
            sheet.write_number(number, place, value, form)
        elif value:
            sheet.write_string(number, place, str(value)[:_LONGEST_CELL], form)


def _summary(plan: MergePlan) -> Iterator[_Row]:
    yield ("Can be merged", "yes" if plan.may_be_executed else "no")
    for reason in plan.reasons:
        yield ("Reason against it", reason)
    yield ("Created", plan.at.isoformat(timespec="seconds"))
    yield ()
    for setting in plan.settings:
        yield (setting.name, setting.source, setting.target)
    yield ("Patients", len(plan.source_patients), len(plan.target_patients))
    yield ()
    for kind, by_action in transfers.plan_counts(plan).items():
        for action, count in by_action.items():
            yield (f"{kind.capitalize()}: {action}", count)
    for likeness, count in plan.conflicts.items():
        yield (likeness.value, count)
    yield ()
    yield ("Tags", "Action", "Called afterwards")
    for label in (*plan.source_tags, *plan.target_tags):
        yield (label.was, label.action.value, label.name)
    yield ()
    yield ("Sites", "Action", "Called afterwards")
    for label in (*plan.source_sites, *plan.target_sites):
        yield (label.was, label.action.value, label.name)
    yield ()
    yield ("Clinicians", "Action", "Roles", "E-mail", "Note")
    for one in (*plan.source_members, *plan.target_members):
        note = "no admin any more" if one.is_downgraded else "invitation is pending" if one.person is None else ""
        yield (one.name or "", one.action.value, ", ".join(role_words(one.roles)), one.email, note)


def _person(one: Brief, names: Names) -> tuple[object, ...]:
    born = one.birth_date.isoformat() if one.birth_date else ""
    return one.full_name, born, one.mrn or "", names.ids.get(one.person, "")


def _patients(plans: Iterable[PatientPlan], names: Names) -> Iterator[_Row]:
    for one in plans:
        counts = {match.likeness: match.count for match in one.matches}
        yield (
            *_person(one.patient, names),
            ", ".join(names.of(one.patient.tags)),
            ", ".join(names.of(one.patient.sites)),
            one.action.value,
            *(counts.get(likeness, 0) for likeness in Likeness),
        )


def _clusters(clusters: Iterable[Cluster], people: Mapping[PersonKey, Brief], names: Names) -> Iterator[_Row]:
    for number, cluster in enumerate(clusters, 1):
        for person, matches in cluster.members:
            counts = {match.likeness: match.count for match in matches}
            yield (number, *_person(people[person], names), *(counts.get(one, 0) for one in list(Likeness)[1:]))


def _pairs(plans: Iterable[PatientPlan], people: Mapping[PersonKey, Brief], names: Names) -> Iterator[_Row]:
    """A row for each pair that is named; what a patient has beyond those is said in the last of them."""
    for one in plans:
        for match in one.matches:
            for place, person in enumerate(match.people, 1):
                more = match.count - len(match.people) if place == len(match.people) else 0
                yield (
                    match.likeness.value,
                    *_person(one.patient, names),
                    *_person(people[person], names),
                    f"and {more} more" if more else "",
                )
