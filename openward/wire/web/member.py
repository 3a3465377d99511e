"""One member of a clinic's team: name, roles, and the end of the membership."""

from typing import Any

from openward.care import identity, organizations
from openward.care.errors import CareError, NotAllowed, NotFound, Unprocessable
from openward.care.identity import Identifier, System
from openward.care.organizations import Member
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.desk import Desk, confirm, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.page import redirect
from openward.wire.web.team import PATH, ROLES, roles_of, show_team, words_for


async def _member(work: Work, call: Call, desk: Desk) -> tuple[PersonKey, Member]:
    """The person of the path and what he is in the clinic."""
    key = await identity.find(work, Identifier(System.USER, call.path["userId"]))
    if key is None:
        raise NotFound("no such member")
    return PersonKey(key), await organizations.member(work, desk.key, PersonKey(key))


async def show(work: Work, call: Call) -> Reply:
    """The form for name and roles of a member."""
    desk = await enter(work, call, as_admin=True)
    _, member = await _member(work, call, desk)
    return _form(work, call, desk, member, {"name": member.name or "", "roles": list(member.roles)})


def _form(
    work: Work, call: Call, desk: Desk, member: Member, fields: dict[str, Any], problem: str = "", status: int = 200
) -> Reply:
    values = {
        "member": member,
        "user_id": call.path["userId"],
        "is_me": member.person == desk.head.account.key,
        "fields": fields,
        "roles": ROLES,
        "problem": problem,
    }
    return show_page(work, call, desk, "member.html", values, status=status)


async def save(work: Work, call: Call) -> Reply:
    """Write name and roles."""
    desk = await enter(work, call, as_admin=True)
    items = await read_items(work, call)
    person, member = await _member(work, call, desk)
    name = " ".join(dict(items).get("name", "").split())[:200]
    try:
        async with attempt(work):
            await organizations.update_member(work, desk.key, person, roles=roles_of(items), name=name or None)
    except CareError as error:
        fields = {"name": name, "roles": [value for key, value in items if key == "role"]}
        return _form(work, call, desk, member, fields, problem_of(error, words_for(desk)), status_of(error))
    return go(desk, PATH, "saved")


async def ask_removal(work: Work, call: Call) -> Reply:
    """Ask before somebody is removed, or leaves."""
    desk = await enter(work, call)
    person, member = await _removable(work, call, desk)
    who = member.name or member.email
    is_me = person == desk.head.account.key
    name = desk.clinic.profile.name or "this clinic"
    return confirm(
        work,
        call,
        desk,
        title=f"Leave {name}?" if is_me else f"Remove {who} from {name}?",
        text="You lose access to its patients at once."
        if is_me
        else "They lose access to the clinic's patients at once. Their account stays.",
        button="Leave the clinic" if is_me else "Remove from the team",
        action=call.url_path,
        back=PATH,
    )


async def remove(work: Work, call: Call) -> Reply:
    """Remove a member: admins anybody, everybody himself; never the last admin."""
    desk = await enter(work, call)
    await read_form(work, call)
    try:
        async with attempt(work):
            person, _ = await _removable(work, call, desk)
            await organizations.remove_member(work, desk.key, person)
    except NotFound:
        return go(desk, PATH, "member-removed")
    except Unprocessable as error:
        return await show_team(work, call, desk, problem=problem_of(error, words_for(desk)), status=status_of(error))
    return redirect("/") if person == desk.head.account.key else go(desk, PATH, "member-removed")


async def _removable(work: Work, call: Call, desk: Desk) -> tuple[PersonKey, Member]:
    """The same, for admins, and for whoever asks about himself."""
    person, member = await _member(work, call, desk)
    if not desk.is_admin and person != desk.head.account.key:
        raise NotAllowed("this is for the administrators of the clinic")
    return person, member


ROUTES = [
    Route("GET", f"{PATH}/{{userId}}", show, is_documented=False),
    Route("POST", f"{PATH}/{{userId}}", save, is_documented=False),
    Route("GET", f"{PATH}/{{userId}}/remove", ask_removal, is_documented=False),
    Route("POST", f"{PATH}/{{userId}}/remove", remove, is_documented=False),
]
