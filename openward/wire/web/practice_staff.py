"""Providers and assistants of a practice: who of the team sees patients, and under which name."""

from collections.abc import Mapping
from typing import Any

from openward.care import identity, organizations, visits
from openward.care.errors import CareError, Conflict, NotFound
from openward.care.identity import Identifier, System
from openward.care.organizations import Member
from openward.care.visits import Staff
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of

PATH = "/clinic/practice/staff"
_NAMES = ("first_name", "middle_name", "last_name")
_WORDS: dict[type[CareError], str] = {
    Conflict: "This user name is a colleague's.",
    NotFound: "This person is not in the team any more.",
}


async def show(work: Work, call: Call) -> Reply:
    """Everybody of the team, with what virtual care knows of them."""
    return await _page(work, call, await enter(work, call))


async def _page(
    work: Work,
    call: Call,
    desk: Desk,
    who: str = "",
    typed: Mapping[str, str] | None = None,
    error: CareError | None = None,
) -> Reply:
    known = {one.person: one for one in await visits.all_staff(work, desk.key)}
    team = {one.person: one for one in await organizations.whole_staff(work, desk.key) if one.person is not None}
    ids = await identity.names(work, [PersonKey(person) for person in team], System.USER)
    rows: list[dict[str, Any]] = [
        {
            "id": ids[person],
            "email": member.email,
            "staff": known.get(person),
            "fields": typed if typed is not None and ids[person] == who else _fields(member, known.get(person)),
            "problem": problem_of(error, _WORDS) if error is not None and ids[person] == who else "",
        }
        for person, member in team.items()
        if person in ids and not member.is_service_account
    ]
    # Providers and assistants come before those who are neither.
    rows.sort(key=lambda row: (not _sees_patients(row["staff"]), row["fields"]["last_name"].casefold()))
    values = {"rows": rows, "path": PATH}
    return show_page(work, call, desk, "practice_staff.html", values, status=status_of(error) if error else 200)


def _sees_patients(staff: Staff | None) -> bool:
    return staff is not None and (staff.is_provider or staff.is_assistant)


def _fields(member: Member, staff: Staff | None) -> dict[str, str]:
    if staff is None:
        first, _, last = (member.name or member.email or "").strip().rpartition(" ")
        return {"first_name": first, "middle_name": "", "last_name": last, "username": ""}
    fields = {name: getattr(staff, name) for name in _NAMES} | {"username": staff.username or ""}
    return fields | {kind: "on" for kind in ("provider", "assistant") if getattr(staff, f"is_{kind}")}


async def save(work: Work, call: Call) -> Reply:
    """Write who somebody is to patients and programs."""
    desk = await enter(work, call, as_admin=True)
    fields = await read_form(work, call)
    key = await identity.find(work, Identifier(System.USER, call.path["userId"]))
    if key is None:
        raise NotFound("there is no such person")
    first, middle, last = (" ".join(fields.get(name, "").split()) for name in _NAMES)
    typed = {"first_name": first, "middle_name": middle, "last_name": last, "username": fields.get("username", "")}
    typed |= {kind: "on" for kind in ("provider", "assistant") if fields.get(kind) == "on"}
    try:
        async with attempt(work):
            await visits.set_staff(
                work,
                desk.key,
                PersonKey(key),
                (first, middle, last),
                typed["username"].strip() or None,
                is_provider="provider" in typed,
                is_assistant="assistant" in typed,
            )
    except CareError as error:
        return await _page(work, call, desk, call.path["userId"], typed, error)
    return go(desk, PATH, "saved")


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", f"{PATH}/{{userId}}", save, is_documented=False),
]
