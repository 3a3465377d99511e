"""Coaching in the demo: some patients of each clinic have a plan and live with it; a second start adds nothing."""

import pytest

from openward.care import calendar, coaching, identity, observations, organizations, patients, reactions
from openward.care.calendar import Wanted
from openward.care.identity import Identifier, System
from openward.care.observations import Selection
from openward.care.patients import Details
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.cli.demo.cast import CLINICS, provisioning
from openward.cli.demo.cast import patients as cast
from openward.cli.demo.coaching import coached, give_plans
from openward.cli.provision.apply import apply
from openward.cli.provision.file import decode

pytestmark = pytest.mark.anyio


async def counts(work: Work, clinic: OrganizationKey, people: list[PersonKey]) -> list[int]:
    """Actions, results, measurements and events of a clinic."""
    plans = [(await coaching.of_patient(work, clinic, person)).key for person in people]
    actions = await coaching.actions_of(work, plans)
    results = await coaching.latest_results(work, [one.key for one in actions])
    measured = await observations.count(work, Selection(clinic))
    return [len(actions), len(results), measured, await calendar.count(work, Wanted(clinic))]


async def test_patients_have_plans_and_a_life_with_them(work: Work) -> None:
    everybody = cast()
    await apply(work, decode(provisioning("a-secret-of-the-demo")))
    people: dict[str, list[PersonKey]] = {}
    for clinic in CLINICS:
        key = await organizations.by_provisioning_key(work, clinic.key)
        assert key is not None
        some = coached(everybody, clinic)[:3]
        for one in some:
            await patients.create_custodial(work, key, Details(one.name, one.born, mrn=one.mrn))
        found = [await identity.find(work, Identifier(System.MRN, one.mrn, key)) for one in some]
        people[clinic.key] = [PersonKey(person) for person in found if person is not None]
    work.recorded.clear()
    await give_plans(work, everybody)
    await reactions.react(work)
    for clinic in CLINICS:
        key = await organizations.by_provisioning_key(work, clinic.key)
        assert key is not None
        theirs = people[clinic.key]
        before = await counts(work, key, theirs)
        assert before[0] > 8
        assert before[1] > 6
        assert before[2] > 40
        assert before[3] >= 6
        standings = await coaching.standings(work, key, theirs)
        assert all(one.week_done for one in standings.page)
        assert standings.waiting
        coaches = await organizations.coaches(work, key)
        assert any(len(one.groups) == 2 for one in coaches)
        placed = await patients.groups_of(work, key, theirs)
        assert set(placed) == set(theirs)
        await give_plans(work, everybody)
        assert await counts(work, key, theirs) == before
