"""A patient of a clinic: his glucose page, the same as a one-page PDF and as text."""

from typing import Any

from openward.care import audit, connections, identity, organizations, patients, reports
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.patients import Enrolment
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import glucose, patient_about, patient_care, patient_observed
from openward.wire.web.auth import form_token
from openward.wire.web.connection_words import entries_of, titles_of
from openward.wire.web.glucose import Subject
from openward.wire.web.list_rows import may_undo_review
from openward.wire.web.patient_form import DIAGNOSES
from openward.wire.web.said import words_of
from openward.wire.web.viewer import Place, Viewer, places_of, viewer
from openward.wire.web.words import ago, day, years


async def show(work: Work, call: Call) -> Reply:
    """The page; 404 for whoever is no patient of a clinic of the viewer."""
    head, place, enrolment = await _enrolment(work, call)
    subject = await _subject(work, call, place, enrolment)
    shown = await glucose.look(work, call, subject)
    values = {
        "viewer": head,
        "form_token": form_token(work, call),
        "place": place,
        "enrolment": enrolment,
        "tags": await _tags(work, enrolment),
        "groups": await _groups(work, enrolment),
        "said": words_of(call),
        "user_id": call.path["userId"],
        "reviewed_ago": ago(enrolment.last_reviewed_at, work.now),
        "reviewer": await _reviewer(work, head, enrolment),
        "partners": await _partners(work, enrolment),
        "entries": entries_of(enrolment, titles_of(work), work.now),
        "may_undo": may_undo_review(enrolment, head.account.key, work.now),
        "about": patient_about.shown(await patients.described(work, place.clinic.key, enrolment.person)),
        "care": await patient_care.glance(work, place, enrolment, call.path["userId"]),
        "observed": await patient_observed.rows(work, enrolment.person, place.clinic.key, shown.window.timezone),
        "age": years(enrolment.birth_date, work.now.astimezone(shown.window.timezone).date()),
    }
    return await glucose.page("patient.html", shown, work.now, values)


async def pdf(work: Work, call: Call) -> Reply:
    """The page as PDF, noted as an export."""
    _, place, enrolment = await _enrolment(work, call)
    audit.note(work, "export", "glucose-report", enrolment.person, enrolment.organization)
    return await glucose.pdf_reply(await glucose.look(work, call, await _subject(work, call, place, enrolment)))


async def text(work: Work, call: Call) -> Reply:
    """The page as text, noted as an export."""
    _, place, enrolment = await _enrolment(work, call)
    audit.note(work, "export", "glucose-report", enrolment.person, enrolment.organization)
    return glucose.text_reply(await glucose.look(work, call, await _subject(work, call, place, enrolment)))


async def _enrolment(work: Work, call: Call) -> tuple[Viewer, Place, Enrolment]:
    """The enrolment in the clinic that the address names, else in the first of the viewer's clinics that has it."""
    head = await viewer(work, call)
    person = await identity.find(work, Identifier(System.USER, call.path["userId"]))
    if person is None or not head.memberships:
        raise NotFound("no such patient")
    places = await places_of(work, call, head)
    for place in places[:1] if call.query.get("clinic") else places:
        if await patients.peek(work, place.clinic.key, PersonKey(person)) is not None:
            return head, place, await patients.get(work, place.clinic.key, PersonKey(person))
    raise NotFound("no such patient")


async def _subject(work: Work, call: Call, place: Place, enrolment: Enrolment) -> Subject:
    profile = place.clinic.profile
    user_id = await identity.name(work, enrolment.person, System.USER)
    about = reports.Person(
        name=enrolment.full_name or None,
        birth_date=day(enrolment.birth_date) if enrolment.birth_date else None,
        mrn=enrolment.mrn,
        diagnosis=DIAGNOSES.get(enrolment.diagnosis_type or ""),
        clinic=profile.name or None,
    )
    return Subject(
        person=enrolment.person,
        about=about,
        path=f"/patients/{user_id}",
        units=place.units,
        preset=reports.preset_of(enrolment.glycemic_ranges),
        organization=enrolment.organization,
        clinic_zone=profile.timezone,
        query=(("clinic", place.id),) if len(place.switches) > 1 else (),
    )


async def _reviewer(work: Work, head: Viewer, enrolment: Enrolment) -> str:
    """Whose the newest review is; "" when that clinician has left."""
    by = enrolment.reviews[0].by if enrolment.reviews else None
    if by == head.account.key:
        return "you"
    member = await organizations.membership(work, enrolment.organization, by)
    return (member.name or member.email) if member else ""


async def _partners(work: Work, enrolment: Enrolment) -> dict[str, str]:
    """What the clinic can ask for: partners that are set up here, each with the words of the button."""
    known = {one.provider for one in enrolment.data_sources or () if one.modified_at is not None}
    return {
        one.name: f"Ask to {'reconnect' if one.name in known else 'connect'} {one.code.title}"
        for one in await connections.partners(work)
    }


async def _groups(work: Work, enrolment: Enrolment) -> list[str]:
    keys = (await patients.groups_of(work, enrolment.organization, [enrolment.person])).get(enrolment.person, ())
    return [group.name for group in (await organizations.get_groups(work, keys)).values()]


async def _tags(work: Work, enrolment: Enrolment) -> list[str]:
    labels: Any = (await organizations.tags(work, [enrolment.organization])).get(enrolment.organization, [])
    return sorted((one.name for one in labels if one.key in enrolment.tags), key=str.casefold)


ROUTES = [
    Route("GET", "/patients/{userId}", show, is_documented=False),
    Route("GET", "/patients/{userId}/report.pdf", pdf, is_documented=False),
    Route("GET", "/patients/{userId}/report.txt", text, is_documented=False),
]
