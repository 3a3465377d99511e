"""What a patient lets clinics do, on his own page, and how clinics answer those who ask."""

import re
from typing import Any

import pytest

from openward.care import identity, organizations, patients
from openward.care.identity import System
from openward.care.organizations import MRNRules
from openward.care.patients import Joining, Permission

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shared(house: Any) -> Any:
    """A clinic with a patient who has an account of her own and lets the clinic look and upload."""
    clinic = await house.clinic("Shared Clinic")
    clinic.person = await house.person("Ada Marsh")
    async with house.work() as work:
        joining = Joining(permissions=frozenset({Permission.VIEW, Permission.UPLOAD}))
        await patients.enrol(work, clinic.key, clinic.person.key, joining)
    return clinic


async def may(house: Any, clinic: Any) -> set[Permission] | None:
    async with house.work() as work:
        found = await patients.peek(work, clinic.key, clinic.person.key)
    return set(found.permissions) if found else None


async def test_permissions_are_shown_given_and_taken_back(house: Any, shared: Any) -> None:
    visitor = await house.signed_in(shared.person)
    page = await visitor.get("/me")
    assert "may see your data, upload data for you" in page.text
    answer = await visitor.post(f"/me/clinics/{shared.public}", {"may": "note"}, "/me")
    assert answer.headers["location"] == "/me?said=sharing-saved#h-sharing"
    assert await may(house, shared) == {Permission.NOTE}


async def test_custody_cannot_be_given(house: Any, shared: Any) -> None:
    visitor = await house.signed_in(shared.person)
    answer = await visitor.post(f"/me/clinics/{shared.public}", {"may": "custodian"}, "/me")
    assert answer.headers["location"].endswith("/stop")
    assert await may(house, shared) == {Permission.VIEW, Permission.UPLOAD}


async def test_taking_everything_back_asks_first(house: Any, shared: Any) -> None:
    visitor = await house.signed_in(shared.person)
    stop = f"/me/clinics/{shared.public}/stop"
    answer = await visitor.post(f"/me/clinics/{shared.public}", {}, "/me")
    assert answer.headers["location"] == stop
    assert "Stop sharing with Shared Clinic?" in (await visitor.get(stop)).text
    assert await may(house, shared) == {Permission.VIEW, Permission.UPLOAD}
    assert (await visitor.post(stop, {})).headers["location"].startswith("/me?said=sharing-stopped")
    assert await may(house, shared) is None
    assert (await visitor.post(stop, {}, "/me")).status_code == 303, "pressed twice"
    assert "You share your data with no clinic" in (await visitor.get("/me")).text


async def test_nobody_decides_for_somebody_else(house: Any, shared: Any) -> None:
    stranger = await house.signed_in(await house.person("Eve"))
    answer = await stranger.post(f"/me/clinics/{shared.public}", {"may": "note"}, "/me")
    assert answer.status_code == 404
    await stranger.post(f"/me/clinics/{shared.public}/stop", {}, "/me")
    assert await may(house, shared) == {Permission.VIEW, Permission.UPLOAD}
    assert (await stranger.get("/me/clinics/nonsense/stop")).status_code == 404


async def code_of(house: Any, clinic: Any) -> str:
    async with house.work() as work:
        return str(await identity.name(work, clinic.key, System.SHARE_CODE))


async def asked(house: Any, clinic: Any, person: Any, permission: str) -> Any:
    """Somebody asks the clinic by its pages; the visitor who did."""
    visitor = await house.signed_in(person)
    code = await code_of(house, clinic)
    page = await visitor.get("/me/share", code=code.replace("-", "").lower())
    assert "Share with Hill Clinic?" in page.text
    sent = {"code": code, "may": permission}
    answer = await visitor.post("/me/share", sent, f"/me/share?code={code}")
    assert answer.headers["location"] == "/me?said=offered#h-sharing"
    return visitor


async def test_a_patient_asks_and_the_clinic_accepts(house: Any) -> None:
    clinic, person = await house.clinic(), await house.person("Ada Marsh")
    visitor = await asked(house, clinic, person, "view")
    assert "has not answered yet" in (await visitor.get("/me")).text
    member = await house.signed_in(clinic.member)
    page = await member.get("/clinic/requests")
    assert "Ada Marsh" in page.text
    assert "see your data" in page.text
    path = re.search(r'href="(/clinic/requests/[^"]+)"', page.text)
    assert path
    assert 'value="Ada Marsh"' in (await member.get(path[1])).text
    answer = await member.post(path[1], {"full_name": "Ada B. Marsh", "birth_date": "", "mrn": "A-7"})
    assert "said=request-accepted" in answer.headers["location"]
    assert "Ada B. Marsh" in (await member.get("/patients")).text
    clinic.person = person
    assert await may(house, clinic) == {Permission.VIEW}
    assert "has not answered yet" not in (await visitor.get("/me")).text
    late = await member.post(path[1], {"full_name": "Twice"}, "/clinic/requests")
    assert late.headers["location"].endswith("said=request-gone")


async def test_the_clinic_needs_a_number_or_declines(house: Any) -> None:
    clinic, person = await house.clinic(), await house.person("Ada Marsh")
    async with house.work() as work:
        await organizations.set_mrn_rules(work, clinic.key, MRNRules(required=True))
    visitor = await asked(house, clinic, person, "view")
    member = await house.signed_in(clinic.member)
    path = re.search(r'href="(/clinic/requests/[^"]+)"', (await member.get("/clinic/requests")).text)
    assert path
    refused = await member.post(path[1], {"full_name": "Kept Name"})
    assert (refused.status_code, "needs a record number" in refused.text) == (400, True)
    assert 'value="Kept Name"' in refused.text
    answer = await member.post(f"{path[1]}/decline", {}, path[1])
    assert answer.headers["location"].endswith("said=request-declined")
    assert "Nobody waits." in (await member.get("/clinic/requests")).text
    assert "has not answered yet" not in (await visitor.get("/me")).text


async def test_a_request_is_withdrawn(house: Any) -> None:
    clinic, person = await house.clinic(), await house.person("Ada Marsh")
    visitor = await asked(house, clinic, person, "view")
    code = await code_of(house, clinic)
    twice = await visitor.post("/me/share", {"code": code, "may": "view"}, f"/me/share?code={code}")
    assert (twice.status_code, "has not answered your last request" in twice.text) == (409, True)
    handle = re.search(r'name="handle" value="([^"]+)"', (await visitor.get("/me")).text)
    assert handle
    stranger = await house.signed_in(await house.person("Eve"))
    await stranger.post("/me/share/withdraw", {"handle": handle[1]}, "/me")
    assert "has not answered yet" in (await visitor.get("/me")).text
    await visitor.post("/me/share/withdraw", {"handle": handle[1]}, "/me")
    assert "Nobody waits." in (await (await house.signed_in(clinic.member)).get("/clinic/requests")).text


async def test_wrong_codes_and_nothing_given(house: Any) -> None:
    clinic, visitor = await house.clinic(), await house.signed_in(await house.person())
    for code in ("ABCD-EFGH-JKLM", "x", "<b>"):
        page = await visitor.get("/me/share", code=code)
        assert (page.status_code, "No clinic has this share code." in page.text) == (404, True)
    assert (await visitor.get("/me/share")).status_code == 200
    code = await code_of(house, clinic)
    answer = await visitor.post("/me/share", {"code": code}, f"/me/share?code={code}")
    assert (answer.status_code, "Choose at least one thing" in answer.text) == (400, True)
    answer = await visitor.post("/me/share", {"code": "ABCD-EFGH-JKLM", "may": "view"}, f"/me/share?code={code}")
    assert (answer.status_code, 'value="ABCD-EFGH-JKLM"' in answer.text) == (404, True)


async def test_requests_are_for_the_clinic_alone(house: Any) -> None:
    clinic, person = await house.clinic(), await house.person("Ada Marsh")
    await asked(house, clinic, person, "view")
    path = re.search(
        r'href="(/clinic/requests/[^"]+)"', (await (await house.signed_in(clinic.admin)).get("/clinic/requests")).text
    )
    assert path
    other = await house.signed_in((await house.clinic("Other")).admin)
    assert "Nobody waits." in (await other.get("/clinic/requests")).text
    assert (await other.get(path[1])).status_code == 404
    answer = await other.post(path[1], {"full_name": "Stolen"}, "/clinic/requests")
    assert answer.headers["location"].endswith("said=request-gone")
    answer = await other.post(f"{path[1]}/decline", {}, "/clinic/tags")
    assert answer.headers["location"].endswith("said=request-gone")
    assert (await (await house.signed_in(person)).get("/clinic/requests")).status_code == 403


async def test_the_list_tells_of_what_waits(house: Any) -> None:
    clinic, other = await house.clinic(), await house.clinic("Inviting Clinic")
    await asked(house, clinic, await house.person("Ada Marsh"), "view")
    admin = await house.signed_in(other.admin)
    await admin.post("/clinic/team/invite", {"email": clinic.member.email, "role": "member"}, "/clinic/team")
    page = await (await house.signed_in(clinic.member)).get("/patients")
    assert "Somebody wants to share data with this clinic" in page.text
    assert "Inviting Clinic invites you to its team" in page.text
    page = await (await house.signed_in(clinic.admin)).get("/patients")
    assert "invites you" not in page.text
    assert "wants to share" not in (await admin.get("/patients")).text
