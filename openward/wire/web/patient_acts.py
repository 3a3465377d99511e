"""What staff do from the list: reviews of one patient's data, and a tag for many patients at once."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from openward.care import identity, patients, roster
from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import PersonKey, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form, read_items
from openward.wire.web.desk import Desk, enter, go
from openward.wire.web.list_query import Asked, keys_of, read, roster_query
from openward.wire.web.page import redirect
from openward.wire.web.patient_form import Choices, choices_of, groups_of
from openward.wire.web.signin import is_own_page

_MOST = 20_000
"""More patients than this are not tagged at one stroke from a filter; nobody reads that many lines."""


async def review(work: Work, call: Call) -> Reply:
    """Note that the viewer has looked through the data."""
    desk = await enter(work, call)
    back = (await read_form(work, call)).get("back", "")
    await patients.add_review(work, desk.key, await person_of(work, call))
    return _back(call, desk, back, "reviewed")


async def undo_review(work: Work, call: Call) -> Reply:
    """Take the viewer's own newest review back; nothing to take back is no error."""
    desk = await enter(work, call)
    back = (await read_form(work, call)).get("back", "")
    person = await person_of(work, call)
    if await patients.peek(work, desk.key, person) is None:
        raise NotFound("no such patient")
    try:
        with suppress(NotFound):
            async with attempt(work):
                await patients.revert_review(work, desk.key, person)
    except Conflict:
        return _back(call, desk, back, "review-other")
    return _back(call, desk, back, "review-undone")


async def person_of(work: Work, call: Call) -> PersonKey:
    """The person of the path."""
    key = await identity.find(work, Identifier(System.USER, call.path["userId"]))
    if key is None:
        raise NotFound("no such patient")
    return PersonKey(key)


def _back(call: Call, desk: Desk, back: str, said: str) -> Reply:
    """To the line of the list where the button was, else to the patient's page."""
    user_id = call.path["userId"]
    if back.startswith(("/patients", "/review")) and is_own_page(back):
        return redirect(f"{back}#p-{user_id}")
    return go(desk, f"/patients/{user_id}", said)


async def tag_many(work: Work, call: Call) -> Reply:
    """Give a tag to the ticked patients, or to all that fit the filter, or take it off them."""
    desk = await enter(work, call, as_admin=True)
    items = await read_items(work, call)
    asked, choices = read(items), await choices_of(work, desk.key)
    fields = dict(items)
    label = choices.tags.get(fields.get("label", ""))
    people = await _people(work, desk, asked, choices, items)
    if label is None or people == []:
        return redirect(asked.href(desk.place, page=asked.page, said="tag-whom" if label else "tag-which"))
    if fields.get("do") == "remove":
        await roster.withdraw_tag(work, desk.key, label.key, people)
        return redirect(asked.href(desk.place, page=asked.page, said="untagged"))
    await roster.assign_tag(work, desk.key, label.key, people)
    return redirect(asked.href(desk.place, page=asked.page, said="tagged"))


async def _people(
    work: Work, desk: Desk, asked: Asked, choices: Choices, items: Sequence[tuple[str, str]]
) -> list[PersonKey] | None:
    """Whom the form means; None for everybody in the clinic."""
    if dict(items).get("who") != "all":
        ids = {value for name, value in items if name == "person"}
        return [PersonKey(key) for key in (await identity.resolve_many(work, System.USER, list(ids))).values()]
    if not asked.is_filtered:
        return None
    tags, sites = keys_of(asked.tags, choices.tags), keys_of(asked.sites, choices.sites)
    groups = keys_of(asked.groups, await groups_of(work, desk.key))
    query = roster_query(asked, tags, sites, groups, work.now)
    found = await roster.find(work, desk.key, replace(query, offset=0, limit=_MOST))
    if found.count > _MOST:
        raise Invalid(f"more than {_MOST} patients fit: narrow the filter, or take it off to tag everybody")
    return list(found.people)


ROUTES = [
    Route("POST", "/patients/tag", tag_many, is_documented=False),
    Route("POST", "/patients/{userId}/review", review, is_documented=False),
    Route("POST", "/patients/{userId}/unreview", undo_review, is_documented=False),
]
