"""Requests for assistance from the bedsides: who waits, who sees to it; and the devices they come from."""

from uuid import UUID

from openward.care import assistance, identity, organizations, patients
from openward.care.assistance import Device, Status
from openward.care.errors import Conflict, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import enter, go, show_page

PATH = "/clinic/assistance"


async def show(work: Work, call: Call) -> Reply:
    """Open requests, who has waited longest first, and all devices."""
    desk = await enter(work, call)
    waiting = await assistance.open_requests(work, desk.key)
    devices = await assistance.devices(work, desk.key)
    people = [one.person for one in waiting if one.person is not None]
    known = await patients.get_many(work, desk.key, people)
    names = await identity.names(work, [*(one.key for one in waiting), *(one.key for one in devices)], System.SOLO)
    users = await identity.names(work, people, System.USER)
    staff = {one.person: one.name or one.email for one in await organizations.whole_staff(work, desk.key)}
    values = {
        "rows": [
            {
                "id": names[one.key],
                "place": _place(one.device),
                "since": one.created_at,
                "minutes": int((work.now - one.created_at).total_seconds() // 60),
                "patient": known[one.person].full_name if one.person in known else "",
                "href": desk.place.href(f"/patients/{users[one.person]}") if one.person in users else "",
                "by": staff.get(one.assigned_to, "somebody") if one.assigned_to else "",
                "is_mine": one.assigned_to == desk.head.account.key,
                "is_waiting": one.status is Status.INCOMPLETE,
            }
            for one in waiting
        ],
        "devices": [
            {
                "id": names[one.key],
                "serial": one.settings.serial_number,
                "place": _place(one),
                "is_active": one.is_active,
                "is_online": one.is_online(work.now),
                "seen": one.seen_at,
            }
            for one in devices
        ],
    }
    return show_page(work, call, desk, "assistance.html", values)


def _place(device: Device) -> str:
    """Where a device stands, in one line."""
    said = device.settings
    parts = (said.building or said.department, said.floor, f"room {said.room}" if said.room else "", said.bed)
    return ", ".join(part for part in parts if part) or said.care_location


async def take(work: Work, call: Call) -> Reply:
    """See to a request oneself."""
    desk = await enter(work, call)
    try:
        async with attempt(work):
            await assistance.take(work, desk.key, await _named(work, call), desk.head.account.key)
    except Conflict:
        return go(desk, PATH, "assistance-taken")
    except NotFound:
        return go(desk, PATH, "assistance-gone")
    return go(desk, PATH, "assistance-yours")


async def finish(work: Work, call: Call) -> Reply:
    """Say that a request has been seen to."""
    desk = await enter(work, call)
    try:
        async with attempt(work):
            await assistance.finish(work, desk.key, await _named(work, call))
    except NotFound:
        return go(desk, PATH, "assistance-gone")
    return go(desk, PATH, "assistance-done")


async def set_in_service(work: Work, call: Call) -> Reply:
    """Take a device out of service, or put it back."""
    desk = await enter(work, call, as_admin=True)
    form = await read_form(work, call)
    key = await _key(work, form.get("id", ""))
    await assistance.set_in_service(work, desk.key, key, form.get("to") == "in")
    return go(desk, "/clinic/practice/places" if form.get("back") == "places" else PATH, "saved")


async def _named(work: Work, call: Call) -> UUID:
    return await _key(work, (await read_form(work, call)).get("id", ""))


async def _key(work: Work, name: str) -> UUID:
    found = await identity.find(work, Identifier(System.SOLO, name))
    if found is None:
        raise NotFound("there is nothing of this name")
    return found


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", f"{PATH}/take", take, is_documented=False),
    Route("POST", f"{PATH}/finish", finish, is_documented=False),
    Route("POST", f"{PATH}/device", set_in_service, is_documented=False),
]
