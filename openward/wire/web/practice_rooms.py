"""Waiting rooms of a practice: listed, made, changed."""

from collections.abc import Mapping, Sequence

from openward.care import documentation, identity, visits
from openward.care.errors import CareError, Conflict, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.visits import Room, RoomSettings
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import clinic_form, room_form
from openward.wire.web.auth import read_items
from openward.wire.web.desk import Desk, enter, go, show_page
from openward.wire.web.errors import status_of

PATH = "/clinic/practice/rooms"
_NEW = RoomSettings(
    "", hours={day: (visits.Window(9 * 60, 12 * 60), visits.Window(13 * 60, 17 * 60)) for day in range(5)}
)


async def show(work: Work, call: Call) -> Reply:
    """All rooms, for the whole staff."""
    desk = await enter(work, call)
    found = await visits.rooms(work, desk.key)
    names = await identity.names(work, [room.key for room in found], System.SOLO)
    rows = [
        {
            "href": desk.place.href(f"{PATH}/{names[room.key]}"),
            "room": room.settings,
            "minutes": f"{room.settings.slot_duration_s / 60:g}",
            "hours": _week(room.settings),
        }
        for room in found
    ]
    return show_page(work, call, desk, "practice_rooms.html", {"rows": rows, "path": PATH})


def _week(said: RoomSettings) -> list[tuple[str, str]]:
    """The hours of the week, days with the same ones together."""
    spans: list[tuple[str, str, str]] = []
    for place, day in enumerate(room_form.DAYS.values()):
        text = room_form.hours_text(said.hours.get(place, ())) or "closed"
        if spans and spans[-1][2] == text:
            spans[-1] = (spans[-1][0], day, text)
        else:
            spans.append((day, day, text))
    return [
        (first[:3] if first == last else f"{first[:3]}–{last[:3]}", text)
        for first, last, text in spans
        if text != "closed"
    ]


async def new(work: Work, call: Call) -> Reply:
    """The form of a new room."""
    desk = await enter(work, call, as_admin=True)
    return await _form(work, call, desk, room_form.fields_of(_NEW), ())


async def create(work: Work, call: Call) -> Reply:
    """Make one."""
    desk = await enter(work, call, as_admin=True)
    items = await read_items(work, call)
    try:
        async with attempt(work):
            said = room_form.settings_of(items, RoomSettings(""))
            await visits.create_room(work, desk.key, await _checked(work, desk, said, ()))
    except CareError as error:
        return await _form(work, call, desk, dict(items), _ticked(items), error)
    return go(desk, PATH, "room-made")


async def edit(work: Work, call: Call) -> Reply:
    """A room; the form for admins, what it says for others."""
    desk = await enter(work, call)
    room = await _room(work, call, desk)
    return await _form(work, call, desk, room_form.fields_of(room.settings), room.settings.templates)


async def save(work: Work, call: Call) -> Reply:
    """Write one anew."""
    desk = await enter(work, call, as_admin=True)
    items = await read_items(work, call)
    room = await _room(work, call, desk)
    try:
        async with attempt(work):
            said = room_form.settings_of(items, room.settings)
            said = await _checked(work, desk, said, room.settings.templates)
            await visits.change_room(work, desk.key, room.key, said)
    except CareError as error:
        return await _form(work, call, desk, dict(items), _ticked(items), error)
    return go(desk, PATH, "saved")


async def _checked(work: Work, desk: Desk, said: RoomSettings, before: Sequence[str]) -> RoomSettings:
    """The settings themselves; `Invalid` for forms that the practice does not have and the room did not carry."""
    known = {one.name for one in await documentation.templates(work, desk.key)}
    if not set(said.templates) <= known | set(before):
        raise Invalid("this form does not exist any more")
    return said


async def _room(work: Work, call: Call, desk: Desk) -> Room:
    key = await identity.find(work, Identifier(System.SOLO, call.path["roomId"]))
    if key is None:
        raise NotFound("there is no such room")
    return await visits.room(work, desk.key, key)


def _ticked(items: list[tuple[str, str]]) -> list[str]:
    return [value for name, value in items if name == "template"]


async def _form(
    work: Work,
    call: Call,
    desk: Desk,
    fields: Mapping[str, str],
    ticked: Sequence[str],
    error: CareError | None = None,
) -> Reply:
    faults = {one.pointer: one.detail for one in error.faults if one.pointer} if isinstance(error, Invalid) else {}
    if isinstance(error, Conflict):
        faults = {"name": "there is a waiting room of this name already"}
    known = [one.name for one in await documentation.templates(work, desk.key)]
    values = {
        "fields": fields,
        "faults": faults,
        "problem": "" if error is None else "Please check the marked fields." if faults else error.detail,
        "ticked": ticked,
        "templates": [*ticked, *(name for name in known if name not in ticked)],
        "days": room_form.DAYS,
        "form": clinic_form,
        "action": f"{call.url_path}{desk.place.action}",
        "back": desk.place.href(PATH),
        "is_new": "roomId" not in call.path,
        "may_write": desk.is_admin,
        "own_zone": desk.clinic.profile.timezone or "UTC",
    }
    return show_page(work, call, desk, "practice_room.html", values, status=status_of(error) if error else 200)


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("GET", f"{PATH}/new", new, is_documented=False),
    Route("POST", f"{PATH}/new", create, is_documented=False),
    Route("GET", f"{PATH}/{{roomId}}", edit, is_documented=False),
    Route("POST", f"{PATH}/{{roomId}}", save, is_documented=False),
]
