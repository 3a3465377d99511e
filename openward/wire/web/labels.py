"""Tags and sites of a clinic: listed with their patients, made, renamed, deleted."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from openward.care import identity, organizations, roster
from openward.care.errors import CareError, Conflict, NotFound
from openward.care.identity import Identifier, System
from openward.care.organizations import Label
from openward.care.work import OrganizationKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Handler, Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, confirm, enter, go, problem_of, show_page
from openward.wire.web.errors import status_of


@dataclass(frozen=True, slots=True)
class _Sort:
    """What tags and sites have in common. Members may make and rename tags; everything else is for admins."""

    word: str
    path: str
    system: System
    longest: int
    rule: str
    is_open_to_members: bool
    listed: Callable[[Work, Sequence[OrganizationKey]], Awaitable[dict[OrganizationKey, list[Label]]]]
    create: Callable[[Work, OrganizationKey, str], Awaitable[Label]]
    rename: Callable[[Work, OrganizationKey, UUID, str], Awaitable[Label]]
    delete: Callable[[Work, OrganizationKey, UUID], Awaitable[None]]


_SORTS = (
    _Sort(
        "tag",
        "/clinic/tags",
        System.TAG,
        20,
        "1 to 20 letters, digits, blanks and _ + > < -",
        True,
        organizations.tags,
        organizations.create_tag,
        organizations.rename_tag,
        organizations.delete_tag,
    ),
    _Sort(
        "site",
        "/clinic/sites",
        System.SITE,
        200,
        "1 to 200 visible characters and blanks",
        False,
        organizations.sites,
        organizations.create_site,
        organizations.rename_site,
        organizations.delete_site,
    ),
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that comes back: which label it was about ("" for a new one), what was typed, why not."""

    id: str
    name: str
    problem: str
    status: int


async def _page(work: Work, call: Call, desk: Desk, sort: _Sort, refused: Refused | None = None) -> Reply:
    labels = (await sort.listed(work, [desk.key])).get(desk.key, [])
    ids = await identity.names(work, [one.key for one in labels], sort.system)
    counts = await roster.label_counts(work, [desk.key]) if labels else {}
    rows = [{"id": ids[one.key], "name": one.name, "count": counts.get(one.key, 0)} for one in labels]
    values: dict[str, Any] = {
        "sort": sort,
        "rows": sorted(rows, key=lambda row: str(row["name"]).casefold()),
        "may_write": desk.is_admin or sort.is_open_to_members,
        "most": organizations.MOST_LABELS,
        "refused": refused,
    }
    return show_page(work, call, desk, "labels.html", values, status=refused.status if refused else 200)


async def _label(work: Work, call: Call, desk: Desk, sort: _Sort) -> Label:
    """The label of the path, if it is this clinic's."""
    key = await identity.find(work, Identifier(sort.system, call.path["labelId"]))
    for label in (await sort.listed(work, [desk.key])).get(desk.key, []):
        if label.key == key:
            return label
    raise NotFound(f"no such {sort.word}")


def _refusal(sort: _Sort, id_: str, name: str, error: CareError) -> Refused:
    taken: dict[type[CareError], str] = {Conflict: f"There is a {sort.word} of this name already."}
    return Refused(id_, name, problem_of(error, taken), status_of(error))


def _routes(sort: _Sort) -> list[Route]:
    async def show(work: Work, call: Call) -> Reply:
        return await _page(work, call, await enter(work, call), sort)

    async def create(work: Work, call: Call) -> Reply:
        desk = await enter(work, call, as_admin=not sort.is_open_to_members)
        name = (await read_form(work, call)).get("name", "").strip()
        try:
            async with attempt(work):
                await sort.create(work, desk.key, name)
        except CareError as error:
            return await _page(work, call, desk, sort, _refusal(sort, "", name, error))
        return go(desk, sort.path, f"{sort.word}-made")

    async def rename(work: Work, call: Call) -> Reply:
        desk = await enter(work, call, as_admin=not sort.is_open_to_members)
        name = (await read_form(work, call)).get("name", "").strip()
        label = await _label(work, call, desk, sort)
        try:
            async with attempt(work):
                await sort.rename(work, desk.key, label.key, name)
        except CareError as error:
            return await _page(work, call, desk, sort, _refusal(sort, call.path["labelId"], name, error))
        return go(desk, sort.path, f"{sort.word}-renamed")

    async def ask(work: Work, call: Call) -> Reply:
        desk = await enter(work, call, as_admin=True)
        label = await _label(work, call, desk, sort)
        count = (await roster.label_counts(work, [desk.key])).get(label.key, 0)
        have = "No patient has it." if not count else f"{count} patient{'' if count == 1 else 's'} will lose it."
        return confirm(
            work,
            call,
            desk,
            title=f"Delete the {sort.word} “{label.name}”?",
            text=f"{have} Nothing else of their records changes. This cannot be undone.",
            button=f"Delete the {sort.word}",
            action=call.url_path,
            back=sort.path,
        )

    async def delete(work: Work, call: Call) -> Reply:
        desk = await enter(work, call, as_admin=True)
        await read_form(work, call)
        with suppress(NotFound):  # somebody was quicker, or the button was pressed twice: gone is gone
            await sort.delete(work, desk.key, (await _label(work, call, desk, sort)).key)
        return go(desk, sort.path, f"{sort.word}-deleted")

    handlers: list[tuple[str, str, Handler]] = [
        ("GET", "", show),
        ("POST", "", create),
        ("POST", "/{labelId}", rename),
        ("GET", "/{labelId}/delete", ask),
        ("POST", "/{labelId}/delete", delete),
    ]
    return [Route(method, sort.path + tail, handler, is_documented=False) for method, tail, handler in handlers]


ROUTES = [route for sort in _SORTS for route in _routes(sort)]
