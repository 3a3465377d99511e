"""The health profile on pages: the patient's own, and what staff see and fill in."""

import pytest

from openward.care import identity, patients, surveys
from openward.care.identity import System
from openward.care.patients import Joining, Permission
from openward.care.surveys import Category, Choice, Definition, Selection
from openward.care.work import OrganizationKey
from tests.wire.web.conftest import House

pytestmark = pytest.mark.anyio

YES_NO = (Choice("No", "0"), Choice("Yes", "1"))
QUESTIONS = [
    Definition(1, Category.WELLBEING, "Do you sleep well?", "single_choice", YES_NO),
    Definition(2, Category.PREVENTION, "When was your last check-up?", "last_occurrence", (Choice("Never", "0"),)),
    Definition(3, Category.LIFESTYLE, "What do you do?", "multiple_choice", (Choice("Walk", "a"), Choice("Swim", "b"))),
    Definition(4, Category.LIFESTYLE, "Anything else?", "text"),
]


async def _entries(house: House, clinic: OrganizationKey) -> dict[int, list[str]]:
    async with house.work() as work:
        found = await surveys.answers(work, Selection(clinic), 0, 50)
        return {one.question: [entry.value for entry in one.entries] for one in found}


async def test_a_patient_answers_and_staff_see_it(house: House) -> None:
    clinic = await house.clinic()
    account = await house.person("Ana Ruiz")
    async with house.work() as work:
        await patients.enrol(work, clinic.key, account.key, Joining(frozenset({Permission.VIEW}), full_name="Ana Ruiz"))
        await surveys.put_definitions(work, clinic.key, QUESTIONS)
        user_id = await identity.name(work, account.key, System.USER)
    ana = await house.signed_in(account)
    assert "/me/health-profile" in (await ana.get("/me")).text
    page = await ana.get("/me/health-profile")
    assert page.status_code == 200
    assert "0 of 4 answered" in page.text
    saved = await ana.post("/me/health-profile", {"q1": "1", "d2": "2020-05-31", "q3": "b", "q4": " I <b>paint</b> "})
    assert saved.status_code == 303
    after = (await ana.get(saved.headers["location"])).text
    assert "The answers are kept." in after
    assert "4 of 4 answered" in after
    assert "by you" in after
    assert "I &lt;b&gt;paint&lt;/b&gt;" in after
    assert await _entries(house, clinic.key) == {1: ["1"], 2: ["2020-05-31"], 3: ["b"], 4: ["I <b>paint</b>"]}
    # The form comes back with what stands in it already; the choice was changed and the date was not.
    again = {"q1": "1", "q2": "0", "d2": "2020-05-31", "q3": "b", "q4": "I <b>paint</b>"}
    assert (await ana.post("/me/health-profile", again)).status_code == 303
    assert (await _entries(house, clinic.key))[2] == ["2020-05-31", "0"]

    member = await house.signed_in(clinic.member)
    path = f"/patients/{user_id}/health-profile"
    assert path in (await member.get(f"/patients/{user_id}")).text
    seen = (await member.get(path)).text
    assert "by the patient" in seen
    assert "31 May 2020" in seen
    told = await member.post(f"{path}?clinic={clinic.public}", {"q1": "0"}, form_at=path)
    assert told.status_code == 303
    assert "by Dr Member" in (await member.get(path)).text
    assert (await _entries(house, clinic.key))[1] == ["1", "0"]


async def test_an_answer_that_cannot_be_is_marked_and_nothing_kept(house: House) -> None:
    clinic = await house.clinic()
    _, user_id = await clinic.patient("Ben Lee")
    async with house.work() as work:
        await surveys.put_definitions(work, clinic.key, QUESTIONS)
    member = await house.signed_in(clinic.member)
    path = f"/patients/{user_id}/health-profile"
    refused = await member.post(f"{path}?clinic={clinic.public}", {"q1": "1", "d2": "2999-01-01"}, form_at=path)
    assert refused.status_code == 400
    assert 'id="f-2"' in refused.text
    assert await _entries(house, clinic.key) == {}
    other = await house.signed_in((await house.clinic("Other")).member)
    assert (await other.get(path)).status_code == 404
    assert (await other.post(path, {"q1": "1"}, form_at="/clinic")).status_code == 404
    stranger = await house.signed_in(await house.person())
    assert (await stranger.get(path)).status_code == 403
    assert (await stranger.get("/me/health-profile")).status_code == 200
    assert (await stranger.get(f"/me/health-profile?clinic={clinic.public}")).status_code == 404
    assert (await stranger.post("/me/health-profile", {"q1": "1"}, form_at="/me")).status_code == 404
    assert (await house.visitor().get("/me/health-profile")).status_code == 303
