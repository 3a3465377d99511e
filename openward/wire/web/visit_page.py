"""The staff's page of one visit: where it stands, who sees the patient, notes, files, episode, and the links."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import documentation, episodes, identity, patients, visits
from openward.care.documentation import Attachment
from openward.care.errors import CareError, Invalid, NotFound, Unprocessable
from openward.care.identity import Identifier, System
from openward.care.visits import Appointment, Change, Role, Status
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import visit_notes
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.visit_words import STATUS_WORDS, status_words, visit_of_path
from openward.wire.web.words import years

PATH = "/visits/day"
_ONE = f"{PATH}/{{appointment}}"
_BUTTONS = (Status.ARRIVED, Status.COMPLETED, Status.SIGNED, Status.NO_SHOW)
LOCAL = "%Y-%m-%dT%H:%M"
_MOST_REASONS = 20


async def show(work: Work, call: Call) -> Reply:
    """The page."""
    desk = await enter(work, call)
    return await page(work, call, desk, await visit_of_path(work, call, desk))


async def page(
    work: Work,
    call: Call,
    desk: Desk,
    visit: Appointment,
    *,
    problem: str = "",
    at: str = "",
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> Reply:
    """The page of a visit; `problem` is what is wrong with the form called `at`, which shows what was typed again."""
    room = await visits.room(work, desk.key, visit.room)
    zone = await visits.zone_of(work, room)
    known = await patients.peek(work, desk.key, visit.person)
    user = await identity.name(work, visit.person, System.USER)
    starts_at = visit.starts_at.astimezone(zone)
    panel = await visit_notes.panel(work, visit)
    path = f"{PATH}/{call.path['appointment']}"
    values: dict[str, Any] = {
        "path": path,
        "visit": visit,
        "number": await identity.name(work, visit.key, System.SAID),
        "room": room.name,
        "who": (known.full_name if known else "") or "a patient",
        "age": years(known.birth_date, starts_at.date()) if known else None,
        "patient_href": desk.place.href(f"/patients/{user}"),
        "new_episode_href": desk.place.href(f"/patients/{user}/episodes/new"),
        "day_href": _day_href(desk, visit),
        "starts_at": starts_at,
        "starts_text": starts_at.strftime(LOCAL),
        "minutes": f"{visit.duration_s / 60:g}",
        "status_words": status_words(visit),
        "is_over": visit.status in visits.SETTLED,
        "buttons": [(to, STATUS_WORDS[to]) for to in _BUTTONS if visits.may_move(visit.status, to)],
        "stages": [
            (to.value, STATUS_WORDS[to])
            for to in Status
            if to not in _BUTTONS and to is not Status.CANCELLED and visits.may_move(visit.status, to)
        ],
        "may_cancel": visits.may_move(visit.status, Status.CANCELLED),
        "files": [_file(one) for one in await documentation.attachments(work, desk.key, visit.key)],
        "provider_link": visits.visit_url(work, visit.key, Role.PROVIDER),
        "patient_link": visits.visit_url(work, visit.key, Role.PATIENT),
        "problem": problem,
        "problem_at": at,
        "typed": typed or {},
        **panel,
        "notes_at": path,
        "notes_query": desk.place.action,
        **await _episodes(work, desk, visit),
        **await _staff(work, desk, visit),
    }
    return show_page(work, call, desk, "visit_staff.html", values, status=status)


def _day_href(desk: Desk, visit: Appointment) -> str:
    day = visit.starts_at.astimezone(ZoneInfo(desk.clinic.profile.timezone or "UTC")).date()
    href = desk.place.href("/visits")
    return f"{href}{'&' if '?' in href else '?'}day={day.isoformat()}"


def _file(one: Attachment) -> dict[str, Any]:
    size = f"{one.size_bytes / 2**20:.1f} MB" if one.size_bytes >= 2**20 else f"{max(1, one.size_bytes // 1024)} KB"
    return {"id": str(one.key), "title": one.title, "size": size, "at": one.uploaded_at}


async def _episodes(work: Work, desk: Desk, visit: Appointment) -> dict[str, Any]:
    found = await episodes.of_patient(work, desk.key, visit.person)
    names = await identity.names(work, [one.key for one in found], System.SOLO)
    return {
        "episodes": [(names[one.key], one.content.name) for one in found],
        "episode": names.get(visit.episode, "") if visit.episode else "",
    }


async def _staff(work: Work, desk: Desk, visit: Appointment) -> dict[str, Any]:
    """Who is assigned, and who could be."""
    staff = [one for one in await visits.all_staff(work, desk.key) if one.is_provider or one.person in visit.providers]
    ids = await identity.names(work, [one.person for one in staff], System.USER)
    names = {one.person: " ".join(filter(None, (one.first_name, one.last_name))) for one in staff}
    return {
        "providers": [names[person] for person in visit.providers if person in names],
        "free_providers": [(ids[key], name) for key, name in names.items() if key not in visit.providers],
    }


async def move(work: Work, call: Call) -> Reply:
    """Another status; said otherwise when the visit stands otherwise by now."""
    desk = await enter(work, call)
    wanted = (await read_form(work, call)).get("to", "")
    visit = await visit_of_path(work, call, desk)
    if wanted not in set(Status):
        raise Invalid("there is no such status")
    try:
        async with attempt(work):
            await visits.move(work, desk.key, visit.key, Status(wanted))
    except Unprocessable:
        return go(desk, f"{PATH}/{call.path['appointment']}", "visit-refused")
    said = "visit-signed" if wanted == Status.SIGNED else "visit-changed"
    return go(desk, f"{PATH}/{call.path['appointment']}", said)


async def plan(work: Work, call: Call) -> Reply:
    """Another time, length or reasons."""
    desk = await enter(work, call)
    fields = await read_form(work, call)
    visit = await visit_of_path(work, call, desk)
    zone = await visits.zone_of(work, await visits.room(work, desk.key, visit.room))
    try:
        async with attempt(work):
            await visits.update(work, desk.key, visit.key, _change(fields, visit, zone))
    except CareError as error:
        problem = problem_of(error, {Unprocessable: "The time of this visit cannot be changed any more."})
        return await page(work, call, desk, visit, problem=problem, at="plan", typed=fields, status=status_of(error))
    return go(desk, f"{PATH}/{call.path['appointment']}", "visit-changed")


def _change(fields: Mapping[str, str], visit: Appointment, zone: ZoneInfo) -> Change:
    reasons = [" ".join(line.split()) for line in fields.get("reasons", "").splitlines()]
    reasons = [line for line in reasons if line]
    if len(reasons) > _MOST_REASONS or any(len(line) > 500 for line in reasons):
        raise Invalid(f"write at most {_MOST_REASONS} reasons of at most 500 characters")
    if visit.status in visits.SETTLED:
        return Change(reasons=reasons)
    said = fields.get("starts_at", "")
    # A field that was left alone knows no seconds, which a program may have booked.
    is_same = said == visit.starts_at.astimezone(zone).strftime(LOCAL)
    starts_at = None if is_same else read_moment(said, zone)
    return Change(starts_at, read_minutes(fields.get("minutes", "")), reasons=reasons)


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """What a field of day and time says, on the clocks of a zone; `Invalid` for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("choose a day and a time") from None
    if at.tzinfo is not None or not 1900 <= at.year <= 2200:
        raise Invalid("choose a day and a time")
    return at.replace(microsecond=0, tzinfo=zone)


def read_minutes(text: str) -> int:
    """A length in minutes as seconds; `Invalid` beyond a day."""
    try:
        seconds = round(float(text.replace(",", ".")) * 60)
    except (ValueError, OverflowError):
        seconds = 0
    if not 1 <= seconds <= 86400:
        raise Invalid("a visit has a number of minutes, at most 1440")
    return seconds


async def assign(work: Work, call: Call) -> Reply:
    """Assign a provider; oneself by the same form."""
    desk = await enter(work, call)
    user = (await read_form(work, call)).get("provider", "")
    visit = await visit_of_path(work, call, desk)
    key = await identity.find(work, Identifier(System.USER, user))
    found = await visits.staff_of(work, desk.key, [PersonKey(key)]) if key else {}
    if key is None or PersonKey(key) not in found or not found[PersonKey(key)].is_provider:
        raise Invalid("choose a provider of this practice")
    await visits.assign(work, desk.key, visit.key, PersonKey(key))
    return go(desk, f"{PATH}/{call.path['appointment']}", "visit-changed")


async def set_episode(work: Work, call: Call) -> Reply:
    """Put the visit into an episode of its patient, or out of any."""
    desk = await enter(work, call)
    wanted = (await read_form(work, call)).get("episode", "")
    visit = await visit_of_path(work, call, desk)
    gained: UUID | None = None
    if wanted:
        gained = await identity.find(work, Identifier(System.SOLO, wanted))
        if gained is None:
            raise NotFound("there is no such episode")
        await episodes.require(work, desk.key, visit.person, gained)
    lost = await visits.set_episode(work, desk.key, visit.key, gained)
    if lost != gained:
        episodes.touched(work, desk.key, [lost, gained])
    return go(desk, f"{PATH}/{call.path['appointment']}", "visit-changed")


async def save_notes(work: Work, call: Call) -> Reply:
    """Keep the answers of one form."""
    desk = await enter(work, call)
    items = await read_items(work, call, most=visit_notes.MOST_FIELDS)
    visit = await visit_of_path(work, call, desk)
    await visit_notes.keep(work, desk.key, visit.key, items)
    return go(desk, f"{PATH}/{call.path['appointment']}", "note-saved")


async def remark(work: Work, call: Call) -> Reply:
    """Comment on a note."""
    desk = await enter(work, call)
    fields = await read_form(work, call)
    visit = await visit_of_path(work, call, desk)
    await visit_notes.keep_remark(work, desk.key, visit.key, fields)
    return go(desk, f"{PATH}/{call.path['appointment']}", "remarked")


ROUTES = [
    Route("GET", _ONE, show, is_documented=False),
    Route("POST", f"{_ONE}/move", move, is_documented=False),
    Route("POST", f"{_ONE}/plan", plan, is_documented=False),
    Route("POST", f"{_ONE}/provider", assign, is_documented=False),
    Route("POST", f"{_ONE}/episode", set_episode, is_documented=False),
    Route("POST", f"{_ONE}/notes", save_notes, is_documented=False, max_body=visit_notes.MOST_BYTES),
    Route("POST", f"{_ONE}/remark", remark, is_documented=False, max_body=visit_notes.MOST_BYTES),
]
