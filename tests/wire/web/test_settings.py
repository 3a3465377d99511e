"""The settings of a clinic: what everybody reads, what admins change, and what comes back when it is wrong."""

from typing import Any

import pytest

from openward.care import accounts, organizations
from openward.care.organizations import Limit, MRNRules, PatientLimits, PhoneNumber, Restriction

pytestmark = pytest.mark.anyio

WHOLE = {
    "name": "Hill  Clinic",
    "address": "1 Hill Road",
    "city": "Berlin",
    "postal_code": "10115",
    "state": "BE",
    "country": "DE",
    "clinic_type": "provider_practice",
    "clinic_size": "250-499",
    "timezone": "Europe/Vienna",
    "preferred_units": "mmol/L",
    "website": "https://hill.example/clinic",
    "phone_type0": "Office",
    "phone0": "+49 30 1",
    "phone_type1": "",
    "phone1": "+49 30 2",
}


async def found(house: Any, clinic: Any) -> organizations.Organization:
    async with house.work() as work:
        return await organizations.get(work, clinic.key)


async def test_an_admin_writes_the_whole_profile(house: Any) -> None:
    clinic = await house.clinic("Old Name")
    visitor = await house.signed_in(clinic.admin)
    answer = await visitor.post("/clinic", WHOLE)
    assert answer.headers["location"] == "/clinic?said=saved"
    profile = (await found(house, clinic)).profile
    assert profile.name == "Hill Clinic"
    assert (profile.city, profile.postal_code, profile.country) == ("Berlin", "10115", "DE")
    assert (profile.timezone, profile.preferred_units) == ("Europe/Vienna", "mmol/L")
    assert profile.phone_numbers == (PhoneNumber("+49 30 1", "Office"), PhoneNumber("+49 30 2"))
    page = (await visitor.get(answer.headers["location"])).text
    assert "Saved." in page
    assert 'value="+49 30 2"' in page
    assert '<option value="Europe/Vienna" selected>Vienna</option>' in page


async def test_what_is_left_empty_is_cleared(house: Any) -> None:
    clinic = await house.clinic()
    visitor = await house.signed_in(clinic.admin)
    await visitor.post("/clinic", WHOLE)
    await visitor.post("/clinic", {"name": "Hill", "preferred_units": "mg/dL"})
    profile = (await found(house, clinic)).profile
    assert (profile.address, profile.city, profile.website, profile.phone_numbers) == (None, None, None, None)
    assert (profile.timezone, profile.clinic_type) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "The clinic needs a name"),
        ({"name": "x" * 301}, "At most 300 characters"),
        ({"website": "hill"}, "A website begins with http"),
        ({"website": "javascript:alert(1)"}, "A website begins with http"),
        ({"timezone": "Europe/Atlantis"}, "Please check the marked fields."),
        ({"clinic_type": "castle"}, "Please check the marked fields."),
        ({"preferred_units": "stone"}, "Please check the marked fields."),
        ({"phone0": "1" * 61}, "at most 60 characters"),
    ],
)
async def test_wrong_fields_are_marked_and_nothing_changes(house: Any, wrong: dict[str, str], words: str) -> None:
    clinic = await house.clinic("Steady Clinic")
    visitor = await house.signed_in(clinic.admin)
    answer = await visitor.post("/clinic", {**WHOLE, "city": "Kept <City>", **wrong})
    assert answer.status_code == 400
    assert words in answer.text
    assert 'value="Kept &lt;City&gt;"' in answer.text
    assert (await found(house, clinic)).profile.name == "Steady Clinic"


async def test_members_read_and_do_not_write(house: Any) -> None:
    clinic = await house.clinic("Read Clinic")
    await (await house.signed_in(clinic.admin)).post("/clinic", WHOLE)
    member = await house.signed_in(clinic.member)
    page = (await member.get("/clinic")).text
    assert "1 Hill Road" in page
    assert "+49 30 1" in page
    assert 'action="/clinic' not in page
    for path in ("/clinic", "/clinic/notices"):
        assert (await member.post(path, WHOLE, "/clinic/tags")).status_code == 403
    assert (await (await house.signed_in(await house.person())).get("/clinic")).status_code == 403


async def test_share_code_plan_limits_and_rules_are_shown(house: Any) -> None:
    clinic = await house.clinic()
    await clinic.patient("Ada")
    async with house.work() as work:
        await organizations.set_patient_limits(work, clinic.key, PatientLimits(Limit(7), Limit(5)))
        await organizations.set_mrn_rules(work, clinic.key, MRNRules(required=True, unique=True))
        await organizations.set_restrictions(work, clinic.key, [Restriction("hill.example", "hill-sso")])
    page = (await (await house.signed_in(clinic.admin)).get("/clinic")).text
    assert "At 7 patients no more can be added" in page
    assert "1 of 7 patients" in page
    assert "Every patient needs one, and no two patients may have the same." in page
    assert "hill-sso" in page
    assert '<p class="code num">' in page
    async with house.work() as work:
        await organizations.set_tier(work, clinic.key, "tier0400")
    page = (await (await house.signed_in(clinic.member)).get("/clinic")).text
    assert "Plan: Enterprise" in page
    assert "No limit holds" in page
    assert "hill-sso" not in page, "restrictions are for admins"


async def test_the_notice_can_be_switched_off_and_on(house: Any) -> None:
    clinic = await house.clinic()
    visitor = await house.signed_in(clinic.admin)
    await visitor.post("/clinic/notices", {}, "/clinic")
    assert (await found(house, clinic)).suppressed == {"patientClinicInvitation": True}
    assert 'name="mail" checked' not in (await visitor.get("/clinic")).text
    await visitor.post("/clinic/notices", {"mail": "on"}, "/clinic")
    assert (await found(house, clinic)).suppressed == {"patientClinicInvitation": False}
    assert 'name="mail" checked' in (await visitor.get("/clinic")).text


async def test_a_clinician_opens_a_clinic(house: Any) -> None:
    person = await house.person("Dr New")
    assert "Open a clinic" not in (await (await house.signed_in(person)).get("/me")).text
    async with house.work() as work:
        await accounts.update(work, person.key, accounts.Change(roles=("clinician",)))
    visitor = await house.signed_in(person)
    assert 'href="/clinics/new"' in (await visitor.get("/me")).text
    refused = await visitor.post("/clinics/new", {"name": " ", "preferred_units": "mmol/L", "timezone": "Europe/Oslo"})
    assert (refused.status_code, "The clinic needs a name" in refused.text) == (400, True)
    assert '<option value="Europe/Oslo" selected>' in refused.text
    assert '<option value="mmol/L" selected>' in refused.text
    made = await visitor.post("/clinics/new", {"name": "New Clinic", "preferred_units": "mmol/L"})
    assert made.status_code == 303
    page = await visitor.get(made.headers["location"])
    assert "Your clinic is open." in page.text
    assert 'value="New Clinic"' in page.text
    async with house.work() as work:
        [member] = await organizations.memberships(work, person.key)
        assert member.is_admin
        assert (await organizations.get(work, member.organization)).profile.preferred_units == "mmol/L"
