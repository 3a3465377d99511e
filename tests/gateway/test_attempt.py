"""Trying one thing inside a request that goes on: kept whole, or not at all."""

import pytest

from openward.care import audit, events, organizations
from openward.care.errors import Conflict
from openward.care.organizations import Profile, TagDeleted
from openward.care.work import OrganizationKey, Work, new_key
from openward.gateway.attempt import attempt

pytestmark = pytest.mark.anyio


async def test_what_succeeds_is_kept(work: Work) -> None:
    made = await organizations.create(work, Profile(name="Hill"), admin=None)
    before = len(work.recorded)
    async with attempt(work):
        tag = await organizations.create_tag(work, made.key, "Pump")
        events.record(work, TagDeleted(made.key, tag.key))
    assert len(work.recorded) == before + 1
    assert [one.name for one in (await organizations.tags(work, [made.key]))[made.key]] == ["Pump"]


async def test_what_is_refused_leaves_nothing_and_the_work_goes_on(work: Work) -> None:
    made = await organizations.create(work, Profile(name="Hill"), admin=None)
    kept = list(work.recorded), list(work.audited), list(work.tasks)
    with pytest.raises(Conflict):
        await _refused_half_way(work, made.key)
    assert (work.recorded, work.audited, work.tasks) == kept
    assert (await organizations.tags(work, [made.key])).get(made.key, []) == []


async def _refused_half_way(work: Work, organization: OrganizationKey) -> None:
    async with attempt(work):
        await organizations.create_tag(work, organization, "Pump")
        events.record(work, TagDeleted(organization, new_key(work)))
        audit.note(work, "write", "enrolment", None, organization)
        await organizations.create_tag(work, organization, "pump")
