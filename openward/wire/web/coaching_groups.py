"""The groups of a clinic, in which patients are coached together: listed with who looks after them, made, renamed."""

from typing import Any

from openward.care import organizations, roster
from openward.care.errors import CareError, Conflict, Fault, Invalid, NotFound
from openward.care.organizations import Group
from openward.care.work import Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web import coaching
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of
from openward.wire.web.labels import Refused

PATH = "/coaching/groups"
LONGEST = 255
"""As many characters as programs may give to a group's name."""
_WORDS: dict[type[CareError], str] = {Conflict: "There is a group of this name already."}


async def show(work: Work, call: Call) -> Reply:
    """All groups by name."""
    return await _page(work, call, await enter(work, call))


async def _page(work: Work, call: Call, desk: Desk, refused: Refused | None = None) -> Reply:
    choices = await coaching.choices_of(work, desk)
    counts = await roster.label_counts(work, [desk.key]) if choices.groups else {}
    values: dict[str, Any] = {
        "path": PATH,
        "longest": LONGEST,
        "refused": refused,
        "rows": [
            {
                "id": id_,
                "name": one.name,
                "bio": one.bio or "",
                "count": counts.get(one.key, 0),
                "href": coaching.Asked(group=id_).href(desk),
                "coaches": [coaching.name_of(it) for it in choices.coaches.values() if one.key in it.groups],
            }
            for id_, one in choices.groups.items()
        ],
    }
    return show_page(work, call, desk, "coaching_groups.html", values, status=refused.status if refused else 200)


async def create(work: Work, call: Call) -> Reply:
    """A new group."""
    desk = await enter(work, call, as_admin=True)
    name = await _name(work, call)
    try:
        async with attempt(work):
            await organizations.create_group(work, desk.key, _checked(name))
    except CareError as error:
        return await _page(work, call, desk, _refusal("", name, error))
    return go(desk, PATH, "group-made")


async def rename(work: Work, call: Call) -> Reply:
    """Another name for a group."""
    desk = await enter(work, call, as_admin=True)
    name = await _name(work, call)
    group = (await coaching.choices_of(work, desk)).groups.get(call.path["group"])
    if group is None:
        raise NotFound("no such group")
    try:
        async with attempt(work):
            await organizations.rename_group(work, desk.key, group.key, _renamed(group, name))
    except CareError as error:
        return await _page(work, call, desk, _refusal(call.path["group"], name, error))
    return go(desk, PATH, "group-renamed")


async def _name(work: Work, call: Call) -> str:
    return (await read_form(work, call)).get("name", "").strip()


def _renamed(group: Group, name: str) -> str:
    """The name as it was typed; one that a program wrote otherwise than our form could is no fault while it stays."""
    return group.name if name == group.name.strip() else _checked(name)


def _checked(name: str) -> str:
    if not name or len(name) > LONGEST or not name.isprintable():
        raise Invalid([Fault("name", "name", f"a name has 1 to {LONGEST} visible characters and blanks")])
    return name


def _refusal(id_: str, name: str, error: CareError) -> Refused:
    return Refused(id_, name, problem_of(error, _WORDS), status_of(error))


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", PATH, create, is_documented=False),
    Route("POST", f"{PATH}/{{group}}", rename, is_documented=False),
]
