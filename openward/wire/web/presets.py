"""Presets of encounter reports: which columns of which visits, with the id by which programs order them."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from openward.care import identity, reports, visits
from openward.care.accounts import parse_date
from openward.care.errors import CareError, Conflict, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.reports import COLUMNS, Choice, Preset
from openward.care.visits import Room, Status
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.desk import Desk, confirm, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of

PATH = "/clinic/reports"
_WORDS: dict[type[CareError], str] = {Conflict: "There is a preset of this name already."}


@dataclass(frozen=True, slots=True)
class _Fields:
    """A form as it was filled in; no rooms and no statuses are all of them."""

    name: str = ""
    columns: tuple[str, ...] = COLUMNS
    rooms: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()


async def show(work: Work, call: Call) -> Reply:
    """All presets, for the whole staff."""
    desk = await enter(work, call)
    found = await reports.presets(work, desk.key)
    names = await identity.names(work, [one.key for one in found], System.SOLO)
    rooms = {room.key: room.name for room in await visits.rooms(work, desk.key)}
    rows = [
        {
            "id": names[one.key],
            "name": one.name,
            "columns": len(one.choice.columns),
            "rooms": ", ".join(rooms.get(key, "?") for key in one.choice.rooms or ()) or "all",
            "statuses": ", ".join(one.choice.statuses or ()) or "all",
        }
        for one in found
    ]
    values = {"rows": rows, "all_columns": len(COLUMNS)}
    return show_page(work, call, desk, "presets.html", values)


async def new(work: Work, call: Call) -> Reply:
    """The form of a new preset."""
    desk = await enter(work, call, as_admin=True)
    return await _form(work, call, desk, _Fields())


async def create(work: Work, call: Call) -> Reply:
    """Make one."""
    desk = await enter(work, call, as_admin=True)
    fields = _read(await read_items(work, call))
    try:
        async with attempt(work):
            await reports.create_preset(work, desk.key, fields.name, await _choice(work, desk, fields))
    except CareError as error:
        return await _form(work, call, desk, fields, error)
    return go(desk, PATH, "saved")


async def edit(work: Work, call: Call) -> Reply:
    """The form of a preset."""
    desk = await enter(work, call, as_admin=True)
    found = await _preset(work, call, desk)
    rooms = await identity.names(work, list(found.choice.rooms or ()), System.SOLO)
    fields = _Fields(found.name, found.choice.columns, tuple(rooms.values()), found.choice.statuses or ())
    return await _form(work, call, desk, fields)


async def save(work: Work, call: Call) -> Reply:
    """Write one anew."""
    desk = await enter(work, call, as_admin=True)
    fields = _read(await read_items(work, call))
    found = await _preset(work, call, desk)
    try:
        async with attempt(work):
            choice = await _choice(work, desk, fields)
            await reports.update_preset(work, desk.key, found.key, fields.name, choice)
    except CareError as error:
        return await _form(work, call, desk, fields, error)
    return go(desk, PATH, "saved")


async def ask_removal(work: Work, call: Call) -> Reply:
    """Ask before a preset goes."""
    desk = await enter(work, call, as_admin=True)
    found = await _preset(work, call, desk)
    return confirm(
        work,
        call,
        desk,
        title=f"Delete the preset {found.name}?",
        text="Programs that order reports by it are refused from then on. Reports that were ordered stay.",
        button="Delete",
        action=call.url_path,
        back=PATH,
    )


async def remove(work: Work, call: Call) -> Reply:
    """Delete it; one that is gone is no error."""
    desk = await enter(work, call, as_admin=True)
    await read_form(work, call)
    try:
        async with attempt(work):
            await reports.delete_preset(work, desk.key, (await _preset(work, call, desk)).key)
    except NotFound:
        return go(desk, PATH, "preset-deleted")
    return go(desk, PATH, "preset-deleted")


async def dump(work: Work, call: Call) -> Reply:
    """All visits of some days as a CSV file, for administrators."""
    desk = await enter(work, call, as_admin=True)
    first, last = (_day(call, name) for name in ("from", "to"))
    if last < first:
        raise Invalid("the last day comes before the first")
    body = await reports.dump(work, desk.key, first, last)
    name = f"visits-{first.isoformat()}-{last.isoformat()}.csv"
    return Reply(200, body, "text/csv", {"content-disposition": f'attachment; filename="{name}"'})


def _day(call: Call, name: str) -> date:
    found = parse_date(call.query.get(name, ""))
    if found is None:
        raise Invalid("choose a first and a last day")
    return found


async def _preset(work: Work, call: Call, desk: Desk) -> Preset:
    key = await identity.find(work, Identifier(System.SOLO, call.path["presetId"]))
    if key is None:
        raise NotFound("there is no such preset")
    return await reports.preset(work, desk.key, key)


def _read(items: list[tuple[str, str]]) -> _Fields:
    ticked = {kind: tuple(value for name, value in items if name == kind) for kind in ("column", "room", "status")}
    return _Fields(dict(items).get("name", "").strip(), ticked["column"], ticked["room"], ticked["status"])


async def _choice(work: Work, desk: Desk, fields: _Fields) -> Choice:
    """What was ticked; `Invalid` for a room or a status that does not exist."""
    known = {name: room for room, name in await _rooms(work, desk)}
    if not set(fields.rooms) <= set(known) or not set(fields.statuses) <= {status.value for status in Status}:
        raise Invalid("this room or status does not exist")
    rooms: tuple[UUID, ...] = tuple(known[name].key for name in fields.rooms)
    return Choice(fields.columns, rooms or None, fields.statuses or None)


async def _rooms(work: Work, desk: Desk) -> list[tuple[Room, str]]:
    """The waiting rooms with their ids."""
    found = await visits.rooms(work, desk.key)
    names = await identity.names(work, [room.key for room in found], System.SOLO)
    return [(room, names[room.key]) for room in found]


async def _form(work: Work, call: Call, desk: Desk, fields: _Fields, error: CareError | None = None) -> Reply:
    values: dict[str, Any] = {
        "fields": fields,
        "columns": [(name, name.replace("_", " ")) for name in COLUMNS],
        "rooms": [(name, room.name) for room, name in await _rooms(work, desk)],
        "statuses": [status.value for status in Status],
        "problem": problem_of(error, _WORDS) if error else "",
        "action": f"{call.url_path}{desk.place.action}",
        "back": desk.place.href(PATH),
        "is_new": "presetId" not in call.path,
    }
    return show_page(work, call, desk, "preset.html", values, status=status_of(error) if error else 200)


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("GET", f"{PATH}/visits.csv", dump, is_documented=False),
    Route("GET", f"{PATH}/new", new, is_documented=False),
    Route("POST", f"{PATH}/new", create, is_documented=False),
    Route("GET", f"{PATH}/{{presetId}}", edit, is_documented=False),
    Route("POST", f"{PATH}/{{presetId}}", save, is_documented=False),
    Route("GET", f"{PATH}/{{presetId}}/delete", ask_removal, is_documented=False),
    Route("POST", f"{PATH}/{{presetId}}/delete", remove, is_documented=False),
]
