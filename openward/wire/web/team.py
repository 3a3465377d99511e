"""The team of a clinic: who belongs to it, who is invited."""

from collections.abc import Sequence
from typing import Any

from openward.care import identity, organizations
from openward.care.errors import CareError, Conflict, Invalid, NotFound, Unprocessable
from openward.care.identity import System
from openward.care.organizations import Role
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of

PATH = "/clinic/team"
_PAGE = 100
ROLES = {
    Role.ADMIN: ("Administrator", "changes the clinic, its team and its patients"),
    Role.MEMBER: ("Member", "sees and edits patients"),
    Role.PRESCRIBER: ("Prescriber", "a mark for orders; opens nothing by itself"),
}


async def show(work: Work, call: Call) -> Reply:
    """Everybody, for the whole staff."""
    return await show_team(work, call, await enter(work, call))


async def show_team(
    work: Work, call: Call, desk: Desk, invited: dict[str, Any] | None = None, *, problem: str = "", status: int = 200
) -> Reply:
    """The page; `invited` is a form that was refused, with the reason in `problem`."""
    page = page_size({"page": call.query.get("page", "0")}, default=_PAGE, most=_PAGE)
    search = call.query.get("q", "")[:200]
    found = await organizations.members(work, desk.key, search=search, offset=page.offset, limit=_PAGE + 1)
    shown = found[:_PAGE]
    ids = await identity.names(work, [one.person for one in shown if one.person], System.USER)
    number = page.offset // _PAGE
    values = {
        "members": sorted((one for one in shown if one.person), key=lambda one: (one.name or one.email).casefold()),
        "pending": [one for one in shown if one.person is None],
        "ids": ids,
        "me": desk.head.account.key,
        "roles": ROLES,
        "search": search,
        "invited": invited or {"email": "", "roles": [Role.MEMBER]},
        "problem": problem,
        "newer": number - 1 if number else None,
        "older": number + 1 if len(found) > _PAGE else None,
    }
    return show_page(work, call, desk, "team.html", values, status=status)


def roles_of(items: Sequence[tuple[str, str]]) -> list[Role]:
    """The ticked roles in their order; `Invalid` for none and for one that does not exist."""
    wanted = {value for name, value in items if name == "role"}
    if not wanted:
        raise Invalid("choose at least one role")
    if not wanted <= set(ROLES):
        raise Invalid("this role does not exist")
    return [role for role in ROLES if role in wanted]


def words_for(desk: Desk) -> dict[type[CareError], str]:
    """What the refusals of the team mean here."""
    last_admin = "A clinic needs an administrator: make somebody else one first."
    return {Unprocessable: last_admin if desk.clinic.is_migrated else "Move the old account's patients first."}


async def invite(work: Work, call: Call) -> Reply:
    """Mail somebody an invite."""
    desk = await enter(work, call, as_admin=True)
    items = await read_items(work, call)
    email = dict(items).get("email", "").strip()
    try:
        async with attempt(work):
            await organizations.invite_member(work, desk.key, email=email, roles=roles_of(items))
    except CareError as error:
        words = words_for(desk) | {Conflict: "Somebody with this address is a member or invited already."}
        kept = {"email": email, "roles": [value for name, value in items if name == "role"]}
        return await show_team(work, call, desk, kept, problem=problem_of(error, words), status=status_of(error))
    return go(desk, PATH, "invited")


async def resend(work: Work, call: Call) -> Reply:
    """Mail a waiting invite again."""
    desk = await enter(work, call, as_admin=True)
    try:
        async with attempt(work):
            await organizations.resend_invite(work, desk.key, (await read_form(work, call)).get("invite", ""))
    except NotFound:
        return go(desk, PATH, "invite-gone")
    return go(desk, PATH, "invite-resent")


async def cancel(work: Work, call: Call) -> Reply:
    """Withdraw a waiting invite; one that is gone is no error."""
    desk = await enter(work, call, as_admin=True)
    await organizations.cancel_invite(work, desk.key, (await read_form(work, call)).get("invite", ""))
    return go(desk, PATH, "invite-canceled")


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", f"{PATH}/invite", invite, is_documented=False),
    Route("POST", f"{PATH}/resend", resend, is_documented=False),
    Route("POST", f"{PATH}/cancel", cancel, is_documented=False),
]
