"""Adding a patient to a clinic, editing what the clinic writes about one, and letting one go."""

from contextlib import suppress

from openward.care import identity, patients
from openward.care.errors import CareError, Conflict, NotFound
from openward.care.identity import Identifier, System
from openward.care.patients import Enrolment
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import patient_form
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.desk import Desk, confirm, enter, go
from openward.wire.web.patient_form import Choices, Form
from openward.wire.web.patient_form_page import CHANGED, show_form


async def new(work: Work, call: Call) -> Reply:
    """The empty form."""
    desk = await enter(work, call)
    return _page(work, call, desk, Form(), await patient_form.choices_of(work, desk.key))


async def create(work: Work, call: Call) -> Reply:
    """Make the patient and, when there is an address, mail the invitation to claim the account."""
    desk = await enter(work, call)
    form = patient_form.read(await read_items(work, call))
    choices = await patient_form.choices_of(work, desk.key)
    try:
        details = patient_form.details_of(form, choices, work.now.date())
        async with attempt(work):
            made = await patients.create_custodial(work, desk.key, details)
    except CareError as error:
        return _page(work, call, desk, form, choices, error=error)
    return go(desk, f"/patients/{await identity.name(work, made.person, System.USER)}", "patient-made")


async def edit(work: Work, call: Call) -> Reply:
    """The form with what the clinic knows."""
    desk = await enter(work, call)
    enrolment = await enrolment_of(work, call, desk)
    choices = await patient_form.choices_of(work, desk.key)
    return _page(work, call, desk, patient_form.form_of(enrolment, choices), choices, enrolment)


async def save(work: Work, call: Call) -> Reply:
    """Write what was changed."""
    desk = await enter(work, call)
    form = patient_form.read(await read_items(work, call))
    enrolment = await enrolment_of(work, call, desk)
    choices = await patient_form.choices_of(work, desk.key)
    try:
        async with attempt(work):
            held = await patients.locked(work, desk.key, enrolment.person)
            _refuse_stale(form, patient_form.form_of(held, choices))
            is_known = held.birth_date is not None
            today = work.now.date()
            details = patient_form.details_of(form, choices, today, held, is_birth_date_needed=is_known)
            await patients.update(work, desk.key, held.person, details)
    except CareError as error:
        return _page(work, call, desk, form, choices, enrolment, error)
    return go(desk, f"/patients/{call.path['userId']}", "saved")


def _refuse_stale(form: Form, now: Form) -> None:
    """`Conflict` when the patient is not any more what the form began with, so that nobody undoes another's change."""
    seen = form.get("seen")
    if seen and seen != now.mark:
        raise Conflict(
            "somebody changed this patient meanwhile: save again to put this in its place, or cancel and look",
            code=CHANGED,
        )


async def enrolment_of(work: Work, call: Call, desk: Desk) -> Enrolment:
    """The patient of the path, in this clinic."""
    person = await identity.find(work, Identifier(System.USER, call.path["userId"]))
    if person is None:
        raise NotFound("no such patient")
    return await patients.get(work, desk.key, PersonKey(person))


def _page(
    work: Work,
    call: Call,
    desk: Desk,
    form: Form,
    choices: Choices,
    enrolment: Enrolment | None = None,
    error: CareError | None = None,
) -> Reply:
    user_id = call.path.get("userId", "")
    about = {
        "title": "Edit the details" if enrolment else "Add a patient",
        "button": "Save" if enrolment else "Add the patient",
        "back": desk.place.href(f"/patients/{user_id}" if enrolment else "/patients"),
        "crumbs": [(desk.place.href("/patients"), desk.clinic.profile.name or "Patients")],
        "enrolment": enrolment,
        "is_birth_date_needed": enrolment is None or enrolment.birth_date is not None,
        "user_id": user_id,
        "seen": patient_form.form_of(enrolment, choices).mark if enrolment else "",
    }
    return show_form(work, call, desk, form, choices, about, error)


async def ask_removal(work: Work, call: Call) -> Reply:
    """Ask before a patient is let go."""
    desk = await enter(work, call, as_admin=True)
    enrolment = await enrolment_of(work, call, desk)
    return confirm(
        work,
        call,
        desk,
        title=f"Remove {enrolment.full_name or 'this patient'}?",
        text="The patient leaves the clinic's list and counts, and the clinic can no longer see the data.",
        fine="This clinic made the account and nobody has claimed it: when no other clinic looks after it, "
        "its address is set free, and without any data the account is deleted."
        if enrolment.is_custodial
        else "The account and its data stay with the patient.",
        button="Remove the patient",
        action=call.url_path,
        back=f"/patients/{call.path['userId']}",
    )


async def remove(work: Work, call: Call) -> Reply:
    """Let a patient go; one who is gone is no error."""
    desk = await enter(work, call, as_admin=True)
    await read_form(work, call)
    person = await identity.find(work, Identifier(System.USER, call.path["userId"]))
    with suppress(NotFound):
        if person is not None:
            await patients.remove(work, desk.key, PersonKey(person))
    return go(desk, "/patients", "patient-removed")


ROUTES = [
    Route("GET", "/patients/new", new, is_documented=False),
    Route("POST", "/patients/new", create, is_documented=False),
    Route("GET", "/patients/{userId}/edit", edit, is_documented=False),
    Route("POST", "/patients/{userId}/edit", save, is_documented=False),
    Route("GET", "/patients/{userId}/remove", ask_removal, is_documented=False),
    Route("POST", "/patients/{userId}/remove", remove, is_documented=False),
]
