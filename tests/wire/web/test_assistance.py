"""The page of assistance requests: who waits, taking one, finishing it, devices in and out of service."""

import pytest

from openward.care import assistance, identity
from openward.care.assistance import BySerialNumber, DeviceSettings, Status
from openward.care.identity import System
from tests.wire.web.conftest import Clinic, House

pytestmark = pytest.mark.anyio

PATH = "/clinic/assistance"


async def a_device(clinic: Clinic, serial: str = "R-1", mrn: str = "") -> str:
    async with clinic.house.work() as work:
        settings = DeviceSettings(serial, "ICC 1", building="Main", floor="2", room="431", bed="A", patient_mrn=mrn)
        made = await assistance.put_device(work, clinic.key, settings)
        return await identity.name(work, made.key, System.SOLO)


async def a_request(clinic: Clinic, serial: str = "R-1") -> str:
    async with clinic.house.work() as work:
        made, _ = await assistance.ask(work, clinic.key, [BySerialNumber(serial)])
        return await identity.name(work, made.key, System.SOLO)


async def test_staff_take_and_finish(house: House) -> None:
    clinic = await house.clinic()
    await clinic.patient("Ada Byron", mrn="M-1")
    await a_device(clinic, mrn="M-1")
    request = await a_request(clinic)
    member, admin = await house.signed_in(clinic.member), await house.signed_in(clinic.admin)
    page = await member.get(PATH)
    assert page.status_code == 200
    assert "Main, 2, room 431, A" in page.text
    assert "Ada Byron" in page.text
    assert f'href="{PATH}"' in (await member.get("/clinic/team")).text
    answer = await member.post(f"{PATH}/take", {"id": request}, form_at=PATH)
    assert answer.headers["location"] == f"{PATH}?said=assistance-yours"
    assert (await member.post(f"{PATH}/take", {"id": request}, form_at=PATH)).headers["location"].endswith("-yours")
    assert (await admin.post(f"{PATH}/take", {"id": request}, form_at=PATH)).headers["location"].endswith("-taken")
    assert "Dr Member" in (await admin.get(PATH)).text
    async with house.work() as work:
        found = await assistance.find_open(work, clinic.key, [BySerialNumber("R-1")])
        assert (found.status, found.assigned_to) == (Status.IN_PROGRESS, clinic.member.key)
    answer = await admin.post(f"{PATH}/finish", {"id": request}, form_at=PATH)
    assert answer.headers["location"].endswith("-done")
    assert "Nobody waits" in (await admin.get(PATH)).text
    assert (await member.post(f"{PATH}/take", {"id": request}, form_at=PATH)).headers["location"].endswith("-taken")


async def test_strangers_and_members_may_not(house: House) -> None:
    clinic, other = await house.clinic(), await house.clinic("Other Clinic")
    device, request = await a_device(clinic), await a_request(clinic)
    stranger = await house.signed_in(other.admin)
    assert "431" not in (await stranger.get(PATH)).text
    for act in ("take", "finish"):
        answer = await stranger.post(f"{PATH}/{act}", {"id": request}, form_at=PATH)
        assert answer.headers["location"].endswith("-gone")
    answer = await stranger.post(f"{PATH}/device", {"id": device, "to": "out"}, form_at=PATH)
    assert answer.status_code == 404
    member = await house.signed_in(clinic.member)
    answer = await member.post(f"{PATH}/device", {"id": device, "to": "out"}, form_at=PATH)
    assert answer.status_code == 403
    assert (await house.visitor().get(PATH)).status_code == 303
    async with house.work() as work:
        assert await assistance.find_open(work, clinic.key, [BySerialNumber("R-1")])


async def test_a_device_goes_out_of_service_and_comes_back(house: House) -> None:
    clinic = await house.clinic()
    device = await a_device(clinic)
    await a_request(clinic)
    admin = await house.signed_in(clinic.admin)
    await admin.post(f"{PATH}/device", {"id": device, "to": "out"}, form_at=PATH)
    page = (await admin.get(PATH)).text
    assert "out of service" in page
    assert "Nobody waits" in page
    await admin.post(f"{PATH}/device", {"id": device, "to": "in"}, form_at=PATH)
    assert "offline" in (await admin.get(PATH)).text
