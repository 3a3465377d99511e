"""The pages of a visit: the patient's, from check-in to good-bye, and the provider's, from the lobby to the notes."""

from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from openward.care import organizations, patients, visits
from openward.care.errors import CareError, NotAllowed
from openward.care.visits import Appointment, CallStatus, Outcome, Role, Status
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import errors, visit_engine, visit_notes
from openward.wire.web.auth import form_page
from openward.wire.web.page import render_template
from openward.wire.web.visit_link import by_link, by_pass, read_pass
from openward.wire.web.words import years

_WAYS_OUT = {
    Outcome.CANCELLED: ("This visit was cancelled", "If you still need to be seen, please ask {practice} for another."),
    Outcome.NO_SHOW: ("This visit has passed", "Nobody met at the time. Please ask {practice} for another one."),
    Outcome.LEFT: (
        "You left before your clinician came",
        "We are sorry that you had to wait. Please ask {practice} for another visit.",
    ),
    Outcome.COMPLETED: ("Thank you for your visit", "Your visit with {practice} is over. You can close this page."),
}
_PROVIDERS = {
    Outcome.CANCELLED: ("This visit was cancelled", "There is nothing more to do here."),
    Outcome.NO_SHOW: ("The patient did not show up", "The visit is closed."),
    Outcome.LEFT: ("The patient left without being seen", "The visit is closed as left without being seen."),
    Outcome.INCOMPLETE: ("The visit is closed as incomplete", "You can close this page."),
    Outcome.COMPLETED: ("The visit is complete", "You can close this page."),
}


async def show_by_link(work: Work, call: Call) -> Reply:
    """One side of a visit, for the holder of its link."""
    key, role = visits.read_link(work, call.path["token"])
    assert work.actor.organization is not None
    visit = await visits.open_call(work, work.actor.organization, key, role)
    return await _show(work, call, visit, role, "")


async def show_by_pass(work: Work, call: Call) -> Reply:
    """The same behind the address of the call, for whom another system or a session of staff lets in."""
    visit, role, shown = await read_pass(work, call)
    visit = await visits.open_call(work, visit.organization, visit.key, role)
    return await _show(work, call, visit, role, shown)


async def _show(work: Work, call: Call, visit: Appointment, role: Role, shown_pass: str) -> Reply:
    about = await _about(work, visit)
    about |= await visit_notes.panel(work, visit) if role is Role.PROVIDER else {"notes": []}
    if visits.is_over(visit, role):
        reply = form_page(work, call, "visit_end.html", about | _farewell(visit, role, about["practice"]))
    else:
        assert visit.call is not None
        path = f"/visits/{visits.link_token(work, visit.key, role)}/socket"
        query = {"page": str(uuid4())} | ({"pass": shown_pass} if shown_pass else {})
        about |= {"socket": f"{path}?{urlencode(query)}", "engine": visit_engine.origin(work.tools.settings)}
        reply = form_page(work, call, f"visit_{role}.html", about)
    _open_up(reply, work)
    return reply


async def _about(work: Work, visit: Appointment) -> dict[str, Any]:
    """What both sides show of a visit."""
    organization = await organizations.get(work, visit.organization)
    room = await visits.room(work, visit.organization, visit.room)
    enrolment = await patients.peek(work, visit.organization, visit.person)
    staff = await visits.staff_of(work, visit.organization, visit.providers)
    starts_at = visit.starts_at.astimezone(await visits.zone_of(work, room))
    return {
        "practice": organization.profile.name or "your clinic",
        "room": room.name,
        "name": enrolment.full_name if enrolment else "",
        "age": years(enrolment.birth_date, starts_at.date()) if enrolment else None,
        "starts_at": starts_at,
        "minutes": round(visit.duration_s / 60),
        "reasons": visit.reasons,
        "providers": [" ".join(filter(None, (one.first_name, one.last_name))) for one in staff.values()],
        "visit": visit,
    }


def _farewell(visit: Appointment, role: Role, practice: str) -> dict[str, str]:
    outcome = _outcome(visit)
    words = _PROVIDERS if role is Role.PROVIDER else _WAYS_OUT
    title, text = words.get(outcome, words[Outcome.COMPLETED])
    return {"title": title, "text": text.format(practice=practice), "role": role}


def _outcome(visit: Appointment) -> Outcome:
    status = visit.call.status if visit.call else None
    if visit.status is Status.CANCELLED:
        return Outcome.CANCELLED
    if visit.status is Status.NO_SHOW:
        return Outcome.LEFT if status is CallStatus.LEFT else Outcome.NO_SHOW
    return Outcome.INCOMPLETE if status is CallStatus.INCOMPLETE else Outcome.COMPLETED


def _open_up(reply: Reply, work: Work) -> None:
    """Let this page use camera and microphone, and show the engine's page inside it; nothing else may."""
    ours, other = urlsplit(work.tools.settings.public_url), visit_engine.origin(work.tools.settings)
    socket = f"{'wss' if ours.scheme == 'https' else 'ws'}://{ours.netloc}"
    policy = reply.headers["content-security-policy"].replace("connect-src 'self'", f"connect-src 'self' {socket}")
    reply.headers["content-security-policy"] = f"{policy}; frame-src {other}" if other else policy
    who = f'(self "{other}")' if other else "(self)"
    powers = ("camera", "microphone", "autoplay", "display-capture", "fullscreen", "speaker-selection")
    reply.headers["permissions-policy"] = ", ".join([*(f"{power}={who}" for power in powers), "geolocation=()"])
    # The address is the key to the visit, which must not travel on.
    reply.headers["referrer-policy"] = "no-referrer"


def _render(error: CareError, call: Call) -> Reply:
    """Links that are none, or are over, get a page that says where a good one comes from."""
    if isinstance(error, NotAllowed):
        return render_template("visit_gone.html", {"next": urlencode({"next": call.url_path})}, status=403)
    return errors.render(error, call)


ROUTES = [
    Route("GET", "/visits/{token}", show_by_link, identify=by_link, is_documented=False),
    Route("GET", "/videocalls/{call}", show_by_pass, identify=by_pass, render=_render, is_documented=False),
]
