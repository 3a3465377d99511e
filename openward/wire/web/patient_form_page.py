"""Showing the form of a patient, with what was typed and why it was refused."""

from collections.abc import Mapping
from typing import Any

from openward.care.errors import CareError, Conflict, Fault, Invalid, TierRequired, Unprocessable
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.web import patient_form
from openward.wire.web.desk import Desk, problem_of, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.patient_form import Choices, Form

CHANGED = "changed"
"""The code of a refusal because somebody else was quicker."""
_WORDS: dict[type[CareError], str] = {
    TierRequired: "The plan of this clinic is full. Patients may still share their own accounts.",
    Unprocessable: "A site does not exist any more: please look again.",
}
_TAKEN = "Somebody has an account with this address. Ask them to share their data with this clinic, by its share code."


def show_form(
    work: Work,
    call: Call,
    desk: Desk,
    form: Form,
    choices: Choices,
    about: Mapping[str, Any],
    error: CareError | None = None,
) -> Reply:
    """The form; it is sent to the address at which it is shown.

    about: `title`, `button`, `back`, `crumbs` (address and text), `enrolment` (None: there is none yet),
    `is_birth_date_needed`, and what else the template reads.
    """
    faults = _faults(error) if error else {}
    values: dict[str, Any] = {
        "form": form,
        "choices": choices,
        "action": call.url_path + desk.place.action,
        "faults": faults,
        "problem": problem_of(error, _WORDS) if error and not faults else "",
        "diagnoses": patient_form.NO_DIAGNOSIS | patient_form.DIAGNOSES,
        "ranges": patient_form.RANGES,
        "keep": patient_form.KEEP,
        "needs_mrn": bool(desk.clinic.mrn and desk.clinic.mrn.required),
        "has_email": True,
        "seen": "",
        **about,
    }
    return show_page(work, call, desk, "patient_form.html", values, status=status_of(error) if error else 200)


def _faults(error: CareError) -> dict[str, str]:
    """What is wrong by field; care names an MRN and an address by their kind of refusal alone."""
    if isinstance(error, Conflict) and error.code != CHANGED:
        return {"email": _TAKEN}
    faults = error.faults if isinstance(error, Invalid) else []
    return {fault.pointer or "mrn": _worded(fault) for fault in faults}


def _worded(fault: Fault) -> str:
    mrn = {
        "mrn is required": "this clinic needs a record number for every patient",
        "mrn must be unique": "another patient of this clinic has this record number",
    }
    return mrn.get(fault.detail, fault.detail)
