"""Virtual care of a patient: visits, episodes and documents; a glance for the patient's page, and all on their own."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import documentation, episodes, identity, patients, visits
from openward.care.accounts import parse_date
from openward.care.episodes import Content, Episode, Status
from openward.care.errors import CareError, Fault, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.patients import Enrolment
from openward.care.visits import Appointment
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.patient_acts import person_of
from openward.wire.web.viewer import Place
from openward.wire.web.visit_words import status_words

_FEW = 4
_MOST_TEXT = 2000
STATUSES = {
    Status.PLANNING: "planned",
    Status.WAITLIST: "on the waiting list",
    Status.ACTIVE: "active",
    Status.ONHOLD: "on hold",
    Status.FINISHED: "finished",
    Status.CANCELED: "canceled",
}
_FIELDS = {episodes.TYPE_UNKNOWN: "type", episodes.ENDS_TOO_SOON: "ends_on"}


async def glance(work: Work, place: Place, enrolment: Enrolment, user_id: str) -> dict[str, Any] | None:
    """What the patient's page shows of it; None for a clinic that has no virtual care and nothing of this patient."""
    rooms = await visits.rooms(work, place.clinic.key)
    found = await visits.of_person(work, place.clinic.key, enrolment.person, limit=_FEW + 1)
    all_episodes = await episodes.of_patient(work, place.clinic.key, enrolment.person)
    documents = await documentation.documents(work, place.clinic.key, enrolment.person, limit=_FEW + 1)
    if not (rooms or found or all_episodes or documents):
        return None
    return {
        "visits": (await visit_rows(work, place, found))[:_FEW],
        "episodes": [_episode_row(one, "") for one in all_episodes[:_FEW]],
        "documents": documents[:_FEW],
        "href": place.href(f"/patients/{user_id}/care"),
        "book_href": place.href(f"/patients/{user_id}/book") if rooms else "",
    }


async def visit_rows(work: Work, place: Place, found: Sequence[Appointment]) -> list[dict[str, Any]]:
    """Visits as tables show them, each on the clocks of its room."""
    rooms = {room.key: room for room in await visits.rooms(work, place.clinic.key)}
    own = place.clinic.profile.timezone or "UTC"
    ids = await identity.names(work, [one.key for one in found], System.SOLO)
    noted = await documentation.has_notes(work, [one.key for one in found])
    return [
        {
            "href": place.href(f"/visits/day/{ids[one.key]}"),
            "at": one.starts_at.astimezone(ZoneInfo(rooms[one.room].settings.timezone or own)),
            "room": rooms[one.room].name,
            "minutes": f"{one.duration_s / 60:g}",
            "reasons": ", ".join(one.reasons),
            "status": status_words(one),
            "is_open": one.status not in visits.SETTLED,
            "has_notes": one.key in noted,
        }
        for one in found
    ]


def _episode_row(one: Episode, href: str) -> dict[str, Any]:
    return {"href": href, "content": one.content, "status": STATUSES[one.content.status]}


async def show(work: Work, call: Call) -> Reply:
    """All visits, episodes and documents of a patient."""
    desk = await enter(work, call)
    known = await _patient(work, call, desk)
    user_id = call.path["userId"]
    found = await visits.of_person(work, desk.key, known.person)
    all_episodes = await episodes.of_patient(work, desk.key, known.person)
    names = await identity.names(work, [one.key for one in all_episodes], System.SOLO)
    values = {
        "who": known.full_name or "(no name)",
        "back": desk.place.href(f"/patients/{user_id}"),
        "visits": await visit_rows(work, desk.place, found),
        "episodes": [
            _episode_row(one, desk.place.href(f"/patients/{user_id}/episodes/{names[one.key]}")) for one in all_episodes
        ],
        "documents": await documentation.documents(work, desk.key, known.person),
        "book_href": desk.place.href(f"/patients/{user_id}/book"),
        "new_episode_href": desk.place.href(f"/patients/{user_id}/episodes/new"),
    }
    return show_page(work, call, desk, "patient_care.html", values)


async def _patient(work: Work, call: Call, desk: Desk) -> Enrolment:
    """The patient of the path, if he is one of this clinic."""
    person = await person_of(work, call)
    if await patients.peek(work, desk.key, person) is None:
        raise NotFound("no such patient")
    return await patients.get(work, desk.key, person)


async def new_episode(work: Work, call: Call) -> Reply:
    """The form of a new episode."""
    desk = await enter(work, call)
    await _patient(work, call, desk)
    fields = {"begins_on": work.now.astimezone(ZoneInfo(desk.clinic.profile.timezone or "UTC")).date().isoformat()}
    return await _form(work, call, desk, fields | {"status": Status.ACTIVE.value})


async def create_episode(work: Work, call: Call) -> Reply:
    """Begin one."""
    desk = await enter(work, call)
    known = await _patient(work, call, desk)
    fields = await read_form(work, call)
    try:
        async with attempt(work):
            await episodes.create(work, desk.key, known.person, _content(fields))
    except CareError as error:
        return await _form(work, call, desk, fields, error)
    return go(desk, f"/patients/{call.path['userId']}/care", "saved")


async def edit_episode(work: Work, call: Call) -> Reply:
    """The form with an episode."""
    desk = await enter(work, call)
    said = (await _episode(work, call, desk)).content
    fields = {
        "name": said.name,
        "type": said.type,
        "status": said.status.value,
        "begins_on": said.begins_on.isoformat(),
        "ends_on": said.ends_on.isoformat() if said.ends_on else "",
        "objective": said.objective or "",
        "reason_incomplete": said.reason_incomplete or "",
    }
    return await _form(work, call, desk, fields)


async def save_episode(work: Work, call: Call) -> Reply:
    """Write one anew."""
    desk = await enter(work, call)
    fields = await read_form(work, call)
    found = await _episode(work, call, desk)
    try:
        async with attempt(work):
            await episodes.update(work, desk.key, found.key, _content(fields))
    except CareError as error:
        return await _form(work, call, desk, fields, error)
    return go(desk, f"/patients/{call.path['userId']}/care", "saved")


async def _episode(work: Work, call: Call, desk: Desk) -> Episode:
    known = await _patient(work, call, desk)
    key: UUID | None = await identity.find(work, Identifier(System.SOLO, call.path["episodeId"]))
    if key is None:
        raise NotFound("there is no such episode")
    await episodes.require(work, desk.key, known.person, key)
    return await episodes.get(work, desk.key, key)


def _content(fields: Mapping[str, str]) -> Content:
    """What the form says; `Invalid` with a fault at each field."""
    faults = []
    name = " ".join(fields.get("name", "").split())
    if not name or len(name) > 255:
        faults.append(Fault("name", "name", "a name has 1 to 255 characters"))
    begins, ends = (_day(fields, one, faults) for one in ("begins_on", "ends_on"))
    if begins is None and not fields.get("begins_on"):
        faults.append(Fault("begins_on", "begins_on", "choose the first day"))
    if fields.get("status") not in set(Status):
        faults.append(Fault("status", "status", "choose where it stands"))
    texts = {one: fields.get(one, "").strip() for one in ("objective", "reason_incomplete")}
    faults += [
        Fault(one, one, f"at most {_MOST_TEXT} characters") for one, text in texts.items() if len(text) > _MOST_TEXT
    ]
    if faults or begins is None:
        raise Invalid(faults)
    optional = {one: text or None for one, text in texts.items()}
    return Content(name, fields.get("type", ""), Status(fields["status"]), begins, ends, **optional)


def _day(fields: Mapping[str, str], name: str, faults: list[Fault]) -> date | None:
    text = fields.get(name, "").strip()
    found = parse_date(text) if text else None
    if text and found is None:
        faults.append(Fault(name, name, "this is no day"))
    return found


async def _form(work: Work, call: Call, desk: Desk, fields: Mapping[str, str], error: CareError | None = None) -> Reply:
    faults = error.faults if isinstance(error, Invalid) else []
    types = await episodes.types(work, desk.key)
    typed = fields.get("type", "")
    values = {
        "fields": fields,
        "faults": {_FIELDS.get(one.code, one.pointer): one.detail for one in faults},
        "types": types if not typed or typed in types else [*types, typed],
        "statuses": [(status.value, words) for status, words in STATUSES.items()],
        "action": f"{call.url_path}{desk.place.action}",
        "back": desk.place.href(f"/patients/{call.path['userId']}/care"),
        "is_new": "episodeId" not in call.path,
    }
    return show_page(work, call, desk, "episode.html", values, status=status_of(error) if error else 200)


ROUTES = [
    Route("GET", "/patients/{userId}/care", show, is_documented=False),
    Route("GET", "/patients/{userId}/episodes/new", new_episode, is_documented=False),
    Route("POST", "/patients/{userId}/episodes/new", create_episode, is_documented=False),
    Route("GET", "/patients/{userId}/episodes/{episodeId}", edit_episode, is_documented=False),
    Route("POST", "/patients/{userId}/episodes/{episodeId}", save_episode, is_documented=False),
]
