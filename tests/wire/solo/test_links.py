"""Links into a visit, for providers and patients."""

from uuid import uuid4

import pytest

from openward.care import visits
from openward.care.visits import Role, Status
from tests.wire.solo.conftest import MakePractice, Practice
from tests.wire.solo.visiting import ROOM, admit, book, key_of, told

pytestmark = pytest.mark.anyio
NOTHING = (404, "Appointment not found")
CANCELLED = (409, "Appointment is cancelled")
SAID = "/appointments/id/type/SAID/value/{}/video-call-links"


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    made = await a_practice({"waiting_rooms": [ROOM]})
    await admit(made)
    return made


async def test_links_lead_to_the_visit_and_stay_the_same(practice: Practice) -> None:
    created = await practice(
        "POST", "/patients/P-1/appointments", {"waitingRoom": "GreatRoom", "externalId": "ext.1 ä"}
    )
    number = created.json()["id"]
    provider = await practice("GET", f"/appointments/{number}/provider-link")
    assert (provider.status_code, list(provider.json())) == (200, ["id", "providerVisitUrl"])
    assert provider.json()["id"] == number
    links = await practice("GET", "/appointments/ext.1%20%C3%A4/video-call-links")
    assert links.status_code == 200
    assert links.json() == {
        "appointmentExternalId": "ext.1 ä",
        "providerVisitUrl": provider.json()["providerVisitUrl"],
        "patientVisitUrl": created.json()["visitUrl"],
    }
    assert (await practice("GET", SAID.format(number))).json() == links.json()
    assert (await practice("GET", f"/appointments/{number}/provider-link")).json() == provider.json()
    key = await key_of(practice, number)
    async with practice.work() as work:
        for url, role in (
            (created.json()["visitUrl"], Role.PATIENT),
            (provider.json()["providerVisitUrl"], Role.PROVIDER),
        ):
            assert visits.read_link(work, url.rsplit("/", 1)[1]) == (key, role)


async def test_each_form_takes_one_kind_of_id(practice: Practice, a_practice: MakePractice) -> None:
    number = await book(practice)
    assert (await practice("GET", SAID.format(number))).json()["appointmentExternalId"] is None
    assert told(await practice("GET", f"/appointments/{number}/video-call-links")) == NOTHING
    await practice("PUT", f"/appointments/{number}", {"externalId": "V-1"})
    for word in ("V-1", "0", "01", str(uuid4()), "9" * 30, "%00"):
        assert told(await practice("GET", SAID.format(word))) == NOTHING
    for word in ("%00", "%ff", "x" * 3000):
        assert told(await practice("GET", f"/appointments/{word}/video-call-links")) == NOTHING
    assert told(await practice("GET", "/appointments/V-1/provider-link")) == NOTHING
    other = await a_practice()
    for path in (SAID.format(number), "/appointments/V-1/video-call-links", f"/appointments/{number}/provider-link"):
        assert told(await other("GET", path)) == NOTHING
    assert (await practice("GET", "/appointments/V-1/video-call-links")).status_code == 200


async def test_a_cancelled_visit_has_no_links_and_any_other_has(practice: Practice) -> None:
    number = await book(practice, externalId="V-2")
    paths = (SAID.format(number), "/appointments/V-2/video-call-links", f"/appointments/{number}/provider-link")
    async with practice.work() as work:
        await visits.move(work, practice.organization, await key_of(practice, number), Status.NO_SHOW)
    for path in paths:
        assert (await practice("GET", path)).status_code == 200
    other = await book(practice, externalId="V-3")
    assert (await practice("PUT", f"/appointments/{other}", {"status": "cancelled"})).status_code == 200
    for path in paths:
        answer = await practice("GET", path.replace("V-2", "V-3").replace(str(number), str(other)))
        assert told(answer) == CANCELLED
