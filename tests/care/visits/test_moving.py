"""Virtual care in a merge of practices: everything goes on in the target, nothing clashes, nothing is lost."""

from typing import Any

import pytest

from openward.care import accounts, organizations, transfers, visits
from openward.care.errors import NotFound
from openward.care.organizations import Role
from openward.care.visits import Staff
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.request import finish

pytestmark = pytest.mark.anyio


async def settled(work: Work) -> None:
    await finish(work)
    work.recorded, work.audited, work.tasks = [], [], []


async def staff(work: Work, organization: OrganizationKey, name: str, username: str, **kind: Any) -> Staff:
    email = f"{name}-visits@staff.example"
    found = await accounts.by_email(work, email) or await accounts.create(work, email=email, full_name=name)
    if await organizations.membership(work, organization, found.key) is None:
        await organizations.add_member(
            work, organization, person=found.key, email=email, roles=(Role.ADMIN,), name=name
        )
    return await visits.put_staff(
        work, organization, found.key, first_name=name, last_name="X", username=username, **kind
    )


async def test_a_merge_takes_everything_along(a_practice: Any) -> None:
    source, target = await a_practice(service_line="s"), await a_practice(service_line="t", timezone="Asia/Tokyo")
    work = source.work
    mine, clash = await source.book(external_id="V-1"), await source.book(external_id="V-2")
    kept = await target.book(external_id="V-2")
    both = await staff(work, source.organization, "both", "both", is_provider=True)
    await staff(work, target.organization, "both", "other", is_assistant=True)
    amy = await staff(work, source.organization, "amy", "amy", is_provider=True)
    bob = await staff(work, target.organization, "bob", "Amy", is_provider=True)
    await visits.assign(work, source.organization, mine.key, amy.person)
    await visits.set_teams_url(work, source.organization, "http://graph")
    await settled(work)
    await transfers.merge(work, target.organization, source.organization)
    await settled(work)
    organization = target.organization
    assert (await visits.get(work, organization, mine.key)).providers == (amy.person,)
    assert (await visits.by_external_id(work, organization, "V-1")).key == mine.key
    assert (await visits.by_external_id(work, organization, "V-2")).key == kept.key
    renamed = (await visits.get(work, organization, clash.key)).external_id
    assert renamed == f"V-2 {str(clash.key)[-12:]}"
    rooms = {room.key: room.settings for room in await visits.rooms(work, organization)}
    assert rooms[target.room.key] == target.room.settings
    moved = rooms[source.room.key]
    assert (moved.name, moved.service_line) == (f"GreatRoom {str(source.room.key)[-12:]}", "s")
    assert moved.timezone == "America/New_York"
    known = {one.person: one for one in await visits.all_staff(work, organization)}
    assert (known[both.person].username, known[both.person].is_provider, known[both.person].is_assistant) == (
        "other",
        True,
        True,
    )
    assert known[amy.person].username is None
    assert known[amy.person].number == amy.number
    assert known[bob.person].username == "Amy"
    assert await visits.teams_url(work, organization) == "http://graph"
    with pytest.raises(NotFound):
        await visits.get(work, source.organization, mine.key)
    assert await visits.all_staff(work, source.organization) == []
    assert PersonKey(source.person) in {
        visit.person for visit in await visits.of_person(work, organization, source.person)
    }
