"""What those who coach change on a patient's page: his groups and coaches, and numbers that he measured."""

from openward.care import coaching, patients
from openward.care.errors import CareError, Conflict, NotFound
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import circle_form, measured_form
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.coaching import choices_of
from openward.wire.web.desk import confirm, enter, go
from openward.wire.web.page import redirect
from openward.wire.web.patient_acts import person_of
from openward.wire.web.patient_coaching import Refused, clock_of, kept_circle, show_patient

_MOST_TICKED = 2000


def _home(call: Call) -> str:
    return f"/patients/{call.path['userId']}/coaching"


async def save_circle(work: Work, call: Call) -> Reply:
    """Put the patient into the ticked groups and under the ticked coaches."""
    desk = await enter(work, call)
    enrolment = await patients.get(work, desk.key, await person_of(work, call))
    form = circle_form.read(await read_items(work, call, most=_MOST_TICKED))
    try:
        async with attempt(work):
            await patients.locked(work, desk.key, enrolment.person)
            choices = await choices_of(work, desk)
            groups, coaches = await kept_circle(work, desk, enrolment.person)
            if form.seen and form.seen != circle_form.form_of(groups, coaches, choices).mark:
                raise Conflict("somebody else has changed this meanwhile")
            revision = circle_form.revision_of(form, choices, groups, coaches)
            await patients.revise(work, desk.key, enrolment.person, revision)
    except CareError as error:
        return await show_patient(work, call, desk, enrolment, Refused(error, circle=form))
    return go(desk, _home(call), "saved")


async def save_measured(work: Work, call: Call) -> Reply:
    """Keep a number that the patient measured."""
    desk = await enter(work, call)
    enrolment = await patients.get(work, desk.key, await person_of(work, call))
    fields = await read_form(work, call)
    plan = await coaching.of_patient(work, desk.key, enrolment.person)
    current = [one for one in await coaching.actions_of(work, [plan.key]) if coaching.in_force(one.content, work.now)]
    try:
        async with attempt(work):
            said = measured_form.read(fields, measured_form.kinds_of(current), clock_of(plan, desk), work.now)
            await coaching.write_down(work, plan.key, said)
    except CareError as error:
        return await show_patient(work, call, desk, enrolment, Refused(error, entry=fields))
    # Where the number stands now; a browser would else keep the mark of the form, which is closed.
    return redirect(f"{desk.place.href(_home(call), 'measured')}#h-noted")


async def ask_take_back(work: Work, call: Call) -> Reply:
    """Ask before a number is forgotten."""
    desk = await enter(work, call)
    enrolment = await patients.get(work, desk.key, await person_of(work, call))
    plan = await coaching.of_patient(work, desk.key, enrolment.person)
    noted = await measured_form.one_noted(work, plan, clock_of(plan, desk), call.path["measured"])
    if noted is None:
        raise NotFound("no such measurement")
    return confirm(
        work,
        call,
        desk,
        title=f"Take back {noted.name}, {noted.words}?",
        text=f"It was entered for {enrolment.full_name or 'this patient'}, measured on {noted.at.day} {noted.at:%b %Y}"
        f" at {noted.at:%H:%M}. It leaves the record, the plan and the charts.",
        button="Take it back",
        action=call.url_path,
        back=_home(call),
    )


async def take_back(work: Work, call: Call) -> Reply:
    """Forget a number that was entered by hand; one that is gone is no error."""
    desk = await enter(work, call)
    await read_form(work, call)
    enrolment = await patients.get(work, desk.key, await person_of(work, call))
    plan = await coaching.of_patient(work, desk.key, enrolment.person)
    await coaching.strike_out(work, plan.key, call.path["measured"])
    return go(desk, _home(call), "measured-back")


ROUTES = [
    Route("POST", "/patients/{userId}/coaching/circle", save_circle, is_documented=False),
    Route("POST", "/patients/{userId}/coaching/measured", save_measured, is_documented=False),
    Route("GET", "/patients/{userId}/coaching/measured/{measured}/take-back", ask_take_back, is_documented=False),
    Route("POST", "/patients/{userId}/coaching/measured/{measured}/take-back", take_back, is_documented=False),
]
