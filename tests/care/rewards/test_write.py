"""Rewards in a merge of organizations, in the audit, and what sums come to."""

from datetime import timedelta
from decimal import Decimal

import pytest

from openward.care import organizations, patients, rewards
from openward.care.audit import Entry
from openward.care.errors import Invalid
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.rewards import Allotment, Earned, Selection, Terms
from openward.care.work import OrganizationKey, PersonKey, Work

pytestmark = pytest.mark.anyio


async def a_program(work: Work, clinic: OrganizationKey) -> tuple[rewards.Program, PersonKey]:
    """A program of a group, and a patient of the group."""
    group = await organizations.create_group(work, clinic, "Walkers", None)
    person = (await patients.create_custodial(work, clinic, Details("Ada Byron", None))).person
    await patients.put_groups(work, clinic, {person: [group.key]})
    terms = Terms("Walk", work.now - timedelta(days=9), work.now + timedelta(days=9), Decimal(1))
    return await rewards.create_program(work, clinic, group.key, terms), person


async def a_clinic(work: Work) -> OrganizationKey:
    return (await organizations.create(work, Profile(name="Clinic"), admin=None)).key


async def test_tenths_come_to_the_whole_budget(work: Work) -> None:
    clinic = await a_clinic(work)
    program, person = await a_program(work, clinic)
    activation = await rewards.activate(work, program, person, work.now)
    tenth = Allotment("A tenth", Decimal("0.1"), work.now)
    made = [await rewards.allocate(work, activation.key, tenth) for _ in range(10)]
    with pytest.raises(Invalid):
        await rewards.allocate(work, activation.key, Allotment("More", Decimal("0.0001"), work.now))
    await rewards.earn(work, [Earned(one.key, Decimal("0.1"), work.now) for one in made])
    [shown] = await rewards.activations(work, Selection(clinic), offset=0, limit=9)
    assert (shown.allocated_value, shown.earned_value, shown.earned_count) == (Decimal(1), Decimal(1), 10)
    assert Entry("write", "reward", person, clinic) in work.audited
    assert Entry("read", "reward", None, clinic, (person,)) in work.audited


async def test_a_merge_takes_programs_along(work: Work) -> None:
    source, target = await a_clinic(work), await a_clinic(work)
    program, person = await a_program(work, source)
    activation = await rewards.activate(work, program, person, work.now)
    same = await organizations.create_group(work, target, "Walkers", None)
    await rewards.move(work, source, target)
    await rewards.replace_groups(work, [(program.group, same.key)])
    [moved] = await rewards.programs(work, target, [same.key], offset=0, limit=9)
    assert (moved.key, moved.organization) == (program.key, target)
    found = await rewards.activations(work, Selection(target, person=person), offset=0, limit=9)
    assert [one.key for one in found] == [activation.key]
    assert await rewards.count_programs(work, source) == await rewards.count_activations(work, Selection(source)) == 0
