"""The form of a patient: its fields, what they may hold, and the details that they make."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from openward.care import accounts, identity, organizations, reports
from openward.care.errors import Fault, Invalid
from openward.care.identity import System
from openward.care.organizations import Group, Label
from openward.care.patients import Details, Enrolment
from openward.care.work import OrganizationKey, Work

DIAGNOSES = {
    "type1": "Type 1 diabetes",
    "type2": "Type 2 diabetes",
    "type3c": "Type 3c diabetes",
    "gestational": "Gestational diabetes",
    "prediabetes": "Prediabetes",
    "lada": "LADA",
    "mody": "MODY",
    "other": "Another type of diabetes",
}
NO_DIAGNOSIS = {"": "not said", "notApplicable": "not applicable"}
RANGES = {name: preset.label for name, preset in reports.PRESETS.items()}
KEEP = "custom"
"""The choice that leaves a set of ranges alone which was made over the API."""
FIELDS = ("full_name", "birth_date", "email", "mrn", "diagnosis", "ranges")
_LONGEST = {"full_name": 300, "email": 254, "mrn": 250}
_EARLIEST = date(1880, 1, 1)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Choices:
    """The tags and sites of a clinic by their public ids."""

    tags: Mapping[str, Label]
    sites: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Form:
    """What the form holds: texts by field, and the public ids of the ticked tags and sites."""

    fields: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()

    def get(self, name: str) -> str:
        """The text of a field, without blanks around it; "" when it is not there."""
        return " ".join(self.fields.get(name, "").split())

    @property
    def mark(self) -> str:
        """A short mark of all that it holds: two forms with the same mark show the same."""
        fields = sorted((name, self.get(name)) for name in FIELDS)
        return sha256(repr((fields, sorted(self.tags), sorted(self.sites))).encode()).hexdigest()[:16]


async def choices_of(work: Work, organization: OrganizationKey) -> Choices:
    """What can be ticked in this clinic, by name."""
    tags = (await organizations.tags(work, [organization])).get(organization, [])
    sites = (await organizations.sites(work, [organization])).get(organization, [])
    tag_ids = await identity.names(work, [one.key for one in tags], System.TAG)
    site_ids = await identity.names(work, [one.key for one in sites], System.SITE)
    return Choices(_by_id(tags, tag_ids), _by_id(sites, site_ids))


async def groups_of(work: Work, organization: OrganizationKey) -> dict[str, Group]:
    """The groups of this clinic by id, by name."""
    groups = await organizations.groups(work, organization)
    ids = await identity.names(work, [one.key for one in groups], System.TWINE)
    return {ids[one.key]: one for one in sorted(groups, key=lambda one: one.name.casefold())}


def _by_id(labels: Sequence[Label], ids: Mapping[UUID, str]) -> dict[str, Label]:
    return {ids[one.key]: one for one in sorted(labels, key=lambda one: one.name.casefold())}


def form_of(enrolment: Enrolment, choices: Choices) -> Form:
    """The form as it stands before anybody changes it."""
    ranges = enrolment.glycemic_ranges or {}
    fields = {
        "full_name": enrolment.full_name,
        "birth_date": enrolment.birth_date.isoformat() if enrolment.birth_date else "",
        "email": enrolment.email or "",
        "mrn": enrolment.mrn or "",
        "diagnosis": enrolment.diagnosis_type or "",
        "ranges": KEEP if ranges.get("type") == "custom" else str(ranges.get("preset") or "adaStandard"),
    }
    return Form(
        fields,
        frozenset(id_ for id_, one in choices.tags.items() if one.key in enrolment.tags),
        frozenset(id_ for id_, one in choices.sites.items() if one.key in enrolment.sites),
    )


def read(items: Sequence[tuple[str, str]]) -> Form:
    """What a browser sent."""
    ticked = {name: frozenset(value for key, value in items if key == name) for name in ("tag", "site")}
    return Form(dict(items), ticked["tag"], ticked["site"])


def details_of(
    form: Form, choices: Choices, today: date, before: Enrolment | None = None, *, is_birth_date_needed: bool = True
) -> Details:
    """The details that the form describes; `Invalid` with a fault for each wrong field, named by its pointer.

    What the form does not show is kept as it was before.
    """
    faults = [
        Fault("too-long", name, f"at most {longest} characters")
        for name, longest in _LONGEST.items()
        if len(form.get(name)) > longest
    ]
    if not form.get("full_name"):
        faults.append(Fault("missing", "full_name", "please enter the name"))
    born = _birth_date(form, today, may_be_unknown=not is_birth_date_needed, faults=faults)
    email = form.get("email")
    try:
        email = accounts.clean_email(email) if email else ""
    except Invalid:
        faults.append(Fault("email", "email", "this is no e-mail address"))
    if form.get("diagnosis") not in (*DIAGNOSES, *NO_DIAGNOSIS):
        faults.append(Fault("unknown", "diagnosis", "choose one of the list"))
    if form.get("ranges") not in ("", KEEP, *RANGES):
        faults.append(Fault("unknown", "ranges", "choose one of the list"))
    if not (form.tags <= choices.tags.keys() and form.sites <= choices.sites.keys()):
        faults.append(Fault("unknown", "labels", "a tag or site does not exist any more: please look again"))
    if faults:
        raise Invalid(faults)
    shown = {one.key for one in choices.tags.values()}
    hidden = [tag for tag in before.tags if tag not in shown] if before else []
    return Details(
        full_name=form.get("full_name"),
        birth_date=born,
        email=email or None,
        mrn=form.get("mrn") or None,
        target_devices=before.target_devices if before else None,
        tags=(*(one.key for id_, one in choices.tags.items() if id_ in form.tags), *hidden),
        sites=tuple(one.key for id_, one in choices.sites.items() if id_ in form.sites),
        glycemic_ranges=_ranges(form, before),
        diagnosis_type=form.get("diagnosis"),
    )


def _birth_date(form: Form, today: date, *, may_be_unknown: bool, faults: list[Fault]) -> date | None:
    text = form.get("birth_date")
    if not text and may_be_unknown:
        return None
    try:
        born = date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        born = None
    if born is None:
        faults.append(Fault("date", "birth_date", "please enter year, month and day, for example 1984-03-05"))
    elif not _EARLIEST <= born <= today:
        faults.append(Fault("date", "birth_date", "this day is too long ago, or still to come"))
    return born


def _ranges(form: Form, before: Enrolment | None) -> dict[str, Any] | None:
    """The chosen set; None, which keeps what is there, when nothing was chosen that says something new."""
    chosen = form.get("ranges")
    is_said = before is not None and before.glycemic_ranges is not None
    if chosen in ("", KEEP) or (chosen == "adaStandard" and not is_said):
        return None
    return {"type": "preset", "preset": chosen}
