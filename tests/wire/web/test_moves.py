"""Patients of old accounts and merged clinics, as the people of the clinic see them."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from openward.care import accounts, identity, organizations, patients, transfers
from openward.care.identity import System
from openward.care.organizations import MRNRules

pytestmark = pytest.mark.anyio

PROFILE = {
    "name": "Willow Clinic",
    "address": "1 Main Street",
    "city": "Salem",
    "postal_code": "12345",
    "state": "OR",
    "country": "US",
    "clinic_type": "provider_practice",
    "preferred_units": "mg/dL",
}


@pytest.fixture
async def old(house: Any) -> Any:
    """An old clinician account with two people who share, and the empty clinic that was made for it."""
    person = await house.person("Dr Old")
    async with house.work() as work:
        await accounts.update(work, person.key, accounts.Change(roles=("clinic",)))
        for name in ("Ada Marsh", "Ben Okafor"):
            sharer = await accounts.create(work, email=f"{name[:3]}{person.user_id}@x.example", full_name=name)
            await accounts.set_grant(work, sharer.key, person.key, ("view",))
        place = await transfers.enable(work, person.key)
    return person, place.key


async def carry(house: Any, person: Any) -> None:
    """The job, until nothing is left; each run comes a minute later, for it takes its time."""
    data: Any = {"account": str(person.key), "after": str(UUID(int=0))}
    for minutes in range(1, 10):
        async with house.work() as work:
            work.now += timedelta(minutes=minutes)
            await transfers.carry(work, data)
            following = [task.data for task in work.tasks if task.name == transfers.CARRY]
        if not following:
            return
        [data] = following


async def test_from_the_profile_to_the_patients(house: Any, old: Any) -> None:
    person, _ = old
    visitor = await house.signed_in(person)
    page = await visitor.get("/clinic/moves")
    assert "It still needs: name, address, city" in page.text
    assert "Begin the move" not in page.text
    assert (await visitor.post("/clinic", PROFILE)).status_code == 303
    assert "Begin the move" in (await visitor.get("/clinic/moves")).text
    refused = await visitor.post("/clinic/moves", {})
    assert (refused.status_code, "Please confirm first" in refused.text) == (422, True)
    begun = await visitor.post("/clinic/moves", {"attested": "on"})
    assert begun.headers["location"] == "/clinic/moves?said=migration-begun"
    page = await visitor.get("/clinic/moves")
    assert "will begin within seconds" in page.text
    assert "0 of 2" in page.text
    assert "confirmed on" in page.text
    await carry(house, person)
    visitor = await house.signed_in(person)
    page = await visitor.get("/clinic/moves")
    assert "2 moved" in page.text
    assert "done" in page.text
    assert "Ada Marsh" in (await visitor.get("/patients")).text


async def test_an_incomplete_profile_is_refused(house: Any, old: Any) -> None:
    person, _ = old
    visitor = await house.signed_in(person)
    answer = await visitor.post("/clinic/moves", {"attested": "on"}, "/clinic")
    assert (answer.status_code, "profile of the clinic is incomplete" in answer.text) == (422, True)


async def test_who_was_refused_is_tried_again(house: Any, old: Any) -> None:
    person, key = old
    async with house.work() as work:
        await organizations.set_mrn_rules(work, key, MRNRules(required=True))
    visitor = await house.signed_in(person)
    await visitor.post("/clinic", PROFILE)
    await visitor.post("/clinic/moves", {"attested": "on"})
    await carry(house, person)
    visitor = await house.signed_in(person)
    page = await visitor.get("/clinic/moves")
    assert "2 could not be moved" in page.text
    assert "Ada Marsh" not in page.text, "no patient of the clinic"
    async with house.work() as work:
        await organizations.set_mrn_rules(work, key, MRNRules())
    account = re.search(r'name="account" value="([^"]+)"', page.text)
    assert account
    answer = await visitor.post("/clinic/moves/retry", {"account": account[1]}, "/clinic/moves")
    assert answer.headers["location"].endswith("migration-again")
    await carry(house, person)
    assert "2 moved" in (await visitor.get("/clinic/moves")).text


async def test_members_see_and_do_not_begin(house: Any) -> None:
    clinic = await house.clinic("Moved Clinic")
    member = await house.signed_in(clinic.member)
    page = await member.get("/clinic/moves")
    assert "No old account has moved into this clinic." in page.text
    assert "Clinics merged" not in page.text
    for path in ("/clinic/moves", "/clinic/moves/retry"):
        assert (await member.post(path, {"attested": "on"}, "/clinic/tags")).status_code == 403
    admin = await house.signed_in(clinic.admin)
    answer = await admin.post("/clinic/moves", {"attested": "on"}, "/clinic/tags")
    assert (answer.status_code, "migrated already" in answer.text) == (422, True)
    assert (await admin.post("/clinic/moves/retry", {"account": "x"}, "/clinic/tags")).status_code == 404
    assert (await (await house.signed_in(await house.person())).get("/clinic/moves")).status_code == 403


async def test_admins_see_what_was_merged(house: Any) -> None:
    target, source = await house.clinic("Target Clinic"), await house.clinic("Source & Sons")
    async with house.work() as work:
        await organizations.create_tag(work, source.key, "Pump")
    await source.patient("Ada Marsh")
    async with house.work() as work:
        await transfers.merge(work, target.key, source.key)
    page = await (await house.signed_in(target.admin)).get("/clinic/moves")
    assert "Source &amp; Sons" in page.text
    assert re.search(r"<dt>Patients</dt><dd>1 moved</dd>", page.text)
    assert re.search(r"<dt>Tags</dt><dd>1 created</dd>", page.text)
    assert f"openward merge {target.public} OTHER" in page.text
    assert "Source" not in (await (await house.signed_in(target.member)).get("/clinic/moves")).text
    async with house.work() as work:
        [found] = await patients.find(work, [target.key], limit=5)
        assert await identity.name(work, found.person, System.USER)
