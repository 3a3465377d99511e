"""Who a patient is, over the pages: shown, changed, invited to take the account over."""

import re
from datetime import date, datetime
from typing import Any

import pytest

from openward.care import identity, organizations, patients
from openward.care.identity import System
from openward.care.organizations import Limit, PatientLimits
from openward.care.patients import Address, ContactPoint, Demographics, EmailGroup, HumanName
from openward.care.work import PersonKey

pytestmark = pytest.mark.anyio

KNOWN = Demographics(
    names=(HumanName("old", None, "Ada", None, "King"), HumanName("usual", None, "Ada", "A.", "Byron", "Countess")),
    birth_date=date(1984, 3, 5),
    telecom=(
        ContactPoint("phone", "+1 555", "home"),
        ContactPoint("email", "ada@about.example"),
        ContactPoint("phone", "+1 777", "old"),
    ),
    addresses=(Address(lines=("1 Main St", "", "Rear"), city="York"), Address(city="Leeds")),
    language="English",
    email_group=EmailGroup("family", "Byron"),
)


async def made(house: Any, clinic: Any, known: Demographics = KNOWN) -> tuple[PersonKey, str]:
    async with house.work() as work:
        enrolment = await patients.register(work, clinic.key, known)
        return enrolment.person, await identity.name(work, enrolment.person, System.USER)


async def described(house: Any, clinic: Any, person: PersonKey) -> Demographics:
    async with house.work() as work:
        found: Demographics = await patients.described(work, clinic.key, person)
        return found


def form(page: str) -> dict[str, str]:
    """What the form would send as it stands."""
    fields = dict(re.findall(r'<input name="(\w+)"[^>]*? value="([^"]*)"', page))
    for name, body in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        fields[name] = chosen[1] if chosen else ""
    return fields


async def test_it_is_shown_and_sent_back_unchanged(house: Any) -> None:
    clinic = await house.clinic("About Clinic")
    person, user_id = await made(house, clinic)
    member = await house.signed_in(clinic.member)
    page = (await member.get(f"/patients/{user_id}")).text
    for words in ("+1 555", "1 Main St, Rear, York", "Leeds", "English", "Ada Byron"):
        assert words in page
    fields = form((await member.get(f"/patients/{user_id}/about")).text)
    assert (fields["given"], fields["family"], fields["phone2"], fields["use2"]) == ("Ada", "Byron", "+1 777", "old")
    assert (await member.post(f"/patients/{user_id}/about", fields)).status_code == 303
    assert await described(house, clinic, person) == KNOWN


async def test_a_change_leaves_the_rest(house: Any) -> None:
    clinic = await house.clinic("About Clinic")
    person, user_id = await made(house, clinic)
    member = await house.signed_in(clinic.member)
    fields = form((await member.get(f"/patients/{user_id}/about")).text)
    fields |= {
        "family": "Lovelace",
        "phone1": "",
        "phone3": "+1 999",
        "use3": "work",
        "city": "Hull",
        "gender": "female",
    }
    fields |= {"deceased": "on", "deceased_at": "2020-03-31T10:12"}
    answer = await member.post(f"/patients/{user_id}/about", fields)
    assert answer.status_code == 303, answer.text
    known = await described(house, clinic, person)
    assert known.names == (
        KNOWN.names[0],
        HumanName("usual", "Ada A. Lovelace", "Ada", "A.", "Lovelace", "Countess"),
    )
    assert set(known.telecom) == {KNOWN.telecom[1], KNOWN.telecom[2], ContactPoint("phone", "+1 999", "work")}
    assert (known.addresses[0].city, known.addresses[0].lines, known.addresses[1]) == (
        *("Hull", ("1 Main St", "", "Rear")),
        KNOWN.addresses[1],
    )
    assert (known.gender, known.is_deceased, known.deceased_at) == ("female", True, datetime(2020, 3, 31, 10, 12))  # noqa: DTZ001 -- wall time
    assert "Lovelace" in (await member.get(f"/patients/{user_id}")).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"given": " ", "family": ""}, "Please enter a name"),
        ({"city": "x" * 256}, "At most 255 characters"),
        ({"gender": "blue"}, "Choose one of the list"),
        ({"standing": "asleep"}, "Choose one of the list"),
        ({"use1": "moon"}, "Choose what the number is for"),
        ({"deceased": "on"}, "Please enter the day and the time of death"),
        ({"deceased": "on", "deceased_at": "9999-01-01T00:00"}, "This time is still to come"),
    ],
    ids=["name", "long", "gender", "standing", "use", "no time", "future"],
)
async def test_wrong_fields_come_back(house: Any, wrong: dict[str, str], words: str) -> None:
    clinic = await house.clinic("About Clinic")
    person, user_id = await made(house, clinic)
    member = await house.signed_in(clinic.member)
    fields = form((await member.get(f"/patients/{user_id}/about")).text)
    answer = await member.post(f"/patients/{user_id}/about", fields | {"middle": "<b>"} | wrong)
    assert (answer.status_code, words in answer.text, 'value="&lt;b&gt;"' in answer.text) == (400, True, True)
    assert await described(house, clinic, person) == KNOWN


async def test_a_patient_is_put_aside_and_taken_back(house: Any) -> None:
    clinic = await house.clinic("About Clinic")
    person, user_id = await made(house, clinic)
    member = await house.signed_in(clinic.member)
    fields = form((await member.get(f"/patients/{user_id}/about")).text)
    await member.post(f"/patients/{user_id}/about", fields | {"standing": "inactive", "reason": "moved away"})
    async with house.work() as work:
        reason = await work.tx.fetchval("select reason from patients.activity where organization = $1", clinic.key)
    assert reason == "moved away"
    assert not (await described(house, clinic, person)).is_active
    assert "Not active" in (await member.get(f"/patients/{user_id}")).text
    async with house.work() as work:
        await organizations.set_patient_limits(work, clinic.key, PatientLimits(Limit(0)))
    answer = await member.post(f"/patients/{user_id}/about", fields)
    assert (answer.status_code, "plan of this clinic is full" in answer.text) == (402, True)
    async with house.work() as work:
        await organizations.set_patient_limits(work, clinic.key, PatientLimits())
    await member.post(f"/patients/{user_id}/about", fields)
    assert (await described(house, clinic, person)).is_active


async def test_others_see_nothing(house: Any) -> None:
    clinic, other = await house.clinic("About Clinic"), await house.clinic("Other Clinic")
    _, user_id = await made(house, clinic)
    stranger = await house.signed_in(other.member)
    assert (await stranger.get(f"/patients/{user_id}/about")).status_code == 404
    assert (await stranger.post(f"/patients/{user_id}/about", {"given": "x"}, "/me")).status_code == 404
    assert (await stranger.post(f"/patients/{user_id}/invite", {}, "/me")).status_code == 404


async def test_an_invitation_takes_the_address_that_is_noted(house: Any) -> None:
    clinic = await house.clinic("About Clinic")
    _, first = await made(house, clinic)
    _, second = await made(house, clinic)
    member = await house.signed_in(clinic.member)
    assert "Invite to take the account over" in (await member.get(f"/patients/{first}")).text
    for user_id, words in (
        (first, "invitation to take the account over is on its way"),
        (first, "An invitation waits already"),
        (second, "Somebody else signs in with this address"),
    ):
        answer = await member.post(f"/patients/{user_id}/invite", {}, f"/patients/{user_id}")
        assert words in (await member.get(answer.headers["location"])).text
