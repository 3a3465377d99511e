"""Adding, editing and removing patients over the pages, by those who may."""

import re
from datetime import date
from typing import Any

import pytest

from openward.care import identity, organizations, patients
from openward.care.identity import System
from openward.care.organizations import Limit, MRNRules, PatientLimits

pytestmark = pytest.mark.anyio

NEW = {"full_name": "Ada  Marsh", "birth_date": "1984-03-05", "email": "", "mrn": "A-1"}


@pytest.fixture
async def clinic(house: Any) -> Any:
    """A clinic with a tag and a site, by their public ids."""
    made = await house.clinic("Edit Clinic")
    async with house.work() as work:
        made.tag = (await organizations.create_tag(work, made.key, "Pump")).key
        made.site = (await organizations.create_site(work, made.key, "North")).key
        made.tag_id = await identity.name(work, made.tag, System.TAG)
        made.site_id = await identity.name(work, made.site, System.SITE)
    return made


async def everybody(house: Any, clinic: Any) -> list[patients.Enrolment]:
    async with house.work() as work:
        return await patients.find(work, [clinic.key], limit=100)


async def test_a_member_adds_a_patient(house: Any, clinic: Any) -> None:
    member = await house.signed_in(clinic.member)
    fields = {**NEW, "email": "Ada@Marsh.example", "tag": clinic.tag_id, "site": clinic.site_id}
    answer = await member.post("/patients/new", {**fields, "diagnosis": "type1", "ranges": "adaHighRisk"})
    assert answer.status_code == 303, answer.text
    [made] = await everybody(house, clinic)
    assert (made.full_name, made.birth_date, made.mrn) == ("Ada Marsh", date(1984, 3, 5), "A-1")
    assert (made.email, made.tags, made.sites) == ("ada@marsh.example", (clinic.tag,), (clinic.site,))
    assert (made.diagnosis_type, made.glycemic_ranges) == ("type1", {"type": "preset", "preset": "adaHighRisk"})
    assert made.is_custodial
    assert made.invited_by == clinic.member.key
    page = await member.get(answer.headers["location"])
    assert "The patient is in the list." in page.text
    assert "Ada Marsh" in page.text


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"full_name": "  "}, 400, "Please enter the name"),
        ({"birth_date": "5.3.1984"}, 400, "Please enter year, month and day"),
        ({"birth_date": "1984-02-30"}, 400, "Please enter year, month and day"),
        ({"birth_date": "9999-12-31"}, 400, "to come"),
        ({"birth_date": "0001-01-01"}, 400, "too long ago"),
        ({"email": "ada"}, 400, "This is no e-mail address"),
        ({"mrn": "x" * 251}, 400, "At most 250 characters"),
        ({"diagnosis": "plague"}, 400, "Choose one of the list"),
        ({"ranges": "wide"}, 400, "Choose one of the list"),
        ({"tag": "f" * 24}, 400, "does not exist any more"),
        ({"site": "f" * 24}, 400, "does not exist any more"),
    ],
    ids=[
        "name",
        "date form",
        "no such day",
        "future",
        "past",
        "email",
        "mrn",
        "diagnosis",
        "ranges",
        "tag",
        "site",
    ],
)
async def test_wrong_fields_come_back(house: Any, clinic: Any, wrong: dict[str, str], status: int, words: str) -> None:
    member = await house.signed_in(clinic.member)
    answer = await member.post("/patients/new", {**NEW, "full_name": "Kept <b>", **wrong})
    assert answer.status_code == status
    assert words in answer.text
    if "full_name" not in wrong:
        assert 'value="Kept &lt;b&gt;"' in answer.text
    assert await everybody(house, clinic) == []


async def test_the_rules_of_record_numbers_and_addresses_hold(house: Any, clinic: Any) -> None:
    async with house.work() as work:
        await organizations.set_mrn_rules(work, clinic.key, MRNRules(required=True, unique=True))
    member = await house.signed_in(clinic.member)
    await member.post("/patients/new", {**NEW, "email": "one@marsh.example"})
    answer = await member.post("/patients/new", {**NEW, "mrn": ""})
    assert (answer.status_code, "needs a record number" in answer.text) == (400, True)
    answer = await member.post("/patients/new", NEW)
    assert (answer.status_code, "has this record number" in answer.text) == (400, True)
    answer = await member.post("/patients/new", {**NEW, "mrn": "A-2", "email": "ONE@marsh.example"})
    assert (answer.status_code, "by its share code" in answer.text) == (409, True)
    assert len(await everybody(house, clinic)) == 1


async def test_a_full_plan_is_told(house: Any, clinic: Any) -> None:
    async with house.work() as work:
        await organizations.set_patient_limits(work, clinic.key, PatientLimits(Limit(0)))
    answer = await (await house.signed_in(clinic.member)).post("/patients/new", NEW)
    assert (answer.status_code, "plan of this clinic is full" in answer.text) == (402, True)
    assert await everybody(house, clinic) == []


async def test_editing_writes_what_is_shown_and_keeps_what_is_not(house: Any, clinic: Any) -> None:
    async with house.work() as work:
        [hidden] = await organizations.tag_keys(work, ["ab" * 12])
    custom = {"type": "custom", "custom": {"name": "Own", "thresholds": []}}
    _, user_id = await clinic.patient(
        "Old Name", mrn="O-1", tags=(clinic.tag, hidden), target_devices=("dexcom",), glycemic_ranges=custom
    )
    member = await house.signed_in(clinic.member)
    path = f"/patients/{user_id}/edit"
    page = await member.get(path)
    assert 'value="Old Name"' in page.text
    assert f'value="{clinic.tag_id}" checked' in page.text
    assert '<option value="custom" selected>' in page.text
    answer = await member.post(
        path, {"full_name": "New Name", "birth_date": "1990-01-01", "site": clinic.site_id, "ranges": "custom"}
    )
    assert answer.headers["location"] == f"/patients/{user_id}?said=saved"
    [after] = await everybody(house, clinic)
    assert (after.full_name, after.birth_date, after.mrn) == ("New Name", date(1990, 1, 1), None)
    assert (after.tags, after.sites) == ((hidden,), (clinic.site,))
    assert (after.target_devices, after.glycemic_ranges) == (("dexcom",), custom)
    await member.post(path, {"full_name": "New Name", "birth_date": "1990-01-01", "ranges": "adaStandard"})
    [after] = await everybody(house, clinic)
    assert after.glycemic_ranges == {"type": "preset", "preset": "adaStandard"}
    refused = await member.post(path, {"full_name": "Kept", "birth_date": "x"})
    assert (refused.status_code, 'value="Kept"' in refused.text) == (400, True)


async def test_an_unknown_birth_date_may_stay_unknown(house: Any, clinic: Any) -> None:
    _, user_id = await clinic.patient("No Date", birth_date=None)
    member = await house.signed_in(clinic.member)
    answer = await member.post(f"/patients/{user_id}/edit", {"full_name": "Still No Date", "birth_date": ""})
    assert answer.status_code == 303
    [after] = await everybody(house, clinic)
    assert (after.full_name, after.birth_date) == ("Still No Date", None)


async def test_only_admins_remove_and_are_asked_first(house: Any, clinic: Any) -> None:
    _, user_id = await clinic.patient("Ada Marsh")
    path = f"/patients/{user_id}/remove"
    member = await house.signed_in(clinic.member)
    assert (await member.get(path)).status_code == 403
    assert (await member.post(path, {}, "/patients/new")).status_code == 403
    assert "Remove from the clinic" not in (await member.get(f"/patients/{user_id}/edit")).text
    admin = await house.signed_in(clinic.admin)
    assert "Remove Ada Marsh?" in (await admin.get(path)).text
    assert len(await everybody(house, clinic)) == 1
    answer = await admin.post(path, {})
    assert answer.headers["location"] == "/patients?said=patient-removed"
    assert await everybody(house, clinic) == []
    assert (await admin.post(path, {}, "/patients/new")).status_code == 303, "pressed twice"
    assert (await admin.get(f"/patients/{user_id}/edit")).status_code == 404


async def test_strangers_neither_see_nor_write(house: Any, clinic: Any) -> None:
    _, user_id = await clinic.patient("Ada Marsh")
    other = await house.clinic("Other")
    stranger = await house.signed_in(other.admin)
    path = f"/patients/{user_id}/edit"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(path, NEW, "/patients/new")).status_code == 404
    assert (await stranger.post(f"{path}?clinic={clinic.public}", NEW, "/patients/new")).status_code == 404
    nobody = await house.signed_in(await house.person())
    assert (await nobody.get("/patients/new")).status_code == 403
    assert (await house.visitor().get("/patients/new")).headers["location"].startswith("/signin")
    [after] = await everybody(house, clinic)
    assert after.full_name == "Ada Marsh"


async def test_nobody_undoes_the_change_of_another_unknowingly(house: Any, clinic: Any) -> None:
    _, user_id = await clinic.patient("Ada Marsh", mrn="A-1")
    path = f"/patients/{user_id}/edit"
    first, second = await house.signed_in(clinic.member), await house.signed_in(clinic.admin)

    def seen(page: Any) -> str:
        found = re.search(r'name="seen" value="([0-9a-f]+)"', page.text)
        assert found
        return found[1]

    at_first = seen(await first.get(path))
    fields = {**NEW, "tag": clinic.tag_id}
    assert (await second.post(path, {**fields, "seen": seen(await second.get(path))})).status_code == 303
    refused = await first.post(path, {**NEW, "full_name": "Mine", "seen": at_first})
    assert refused.status_code == 409
    assert "Somebody changed this patient meanwhile" in refused.text
    assert 'value="Mine"' in refused.text
    [kept] = await everybody(house, clinic)
    assert (kept.full_name, kept.tags) == ("Ada Marsh", (clinic.tag,))
    again = await first.post(path, {**NEW, "full_name": "Mine", "seen": seen(refused)})
    assert again.status_code == 303
    [kept] = await everybody(house, clinic)
    assert (kept.full_name, kept.tags) == ("Mine", ())


async def test_a_patient_may_have_every_tag_and_every_site(house: Any, clinic: Any) -> None:
    async with house.work() as work:
        made = [await organizations.create_tag(work, clinic.key, f"Tag {number}") for number in range(49)]
        held = [await organizations.create_site(work, clinic.key, f"Site {number}") for number in range(49)]
        tags = list((await identity.names(work, [one.key for one in made], System.TAG)).values())
        sites = list((await identity.names(work, [one.key for one in held], System.SITE)).values())
    member = await house.signed_in(clinic.member)
    sent = {**NEW, "tag": [clinic.tag_id, *tags], "site": [clinic.site_id, *sites]}
    assert (await member.post("/patients/new", sent)).status_code == 303
    [after] = await everybody(house, clinic)
    assert (len(after.tags), len(after.sites)) == (50, 50)
