"""Moments at the ends of the calendar: each is taken and shown wherever visits are, or refused as a bad parameter."""

import secrets
from typing import Any

import msgspec
import pytest
from httpx import Response

from openward.infra.salted_text import encrypt
from tests.wire.solo.conftest import MakePractice
from tests.wire.solo.operations import EPISODE, practice_part, settle
from tests.wire.solo.test_callers import House

pytestmark = pytest.mark.anyio

FIRST, LAST = -62135596800, 253402300799
SECONDS = (FIRST - 1, FIRST, FIRST + 1, -1, 0, LAST - 86400, LAST, LAST + 1, 2**31, 2**53, 2**63 - 1, 2**63, 10**30)
DAYS = ("0001-01-01", "0001-01-02", "9999-12-31", "0000-01-01", "10000-01-01")
MOMENTS = (
    "0001-01-01T00:00:00+00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59+00:00",
    "9999-12-31T23:59:59-12:00",
)


@pytest.fixture(params=["Pacific/Kiritimati", "Pacific/Honolulu"])
async def house(a_practice: MakePractice, request: pytest.FixtureRequest) -> House:
    """A practice on either side of the line where days begin, so that the ends lie beyond its own calendar."""
    secret = secrets.token_hex(16)
    practice = await a_practice(practice_part(secret), timezone=request.param)
    return House(practice, await settle(practice, practice.provisioned, secret))


def is_said(answer: Response, case: Any) -> bool:
    """Whether this was taken; what is refused is told why."""
    assert answer.is_success or (answer.status_code == 400 and answer.json()["error"]["message"]), (case, answer.text)
    return answer.is_success


async def look_around(house: House, visit: str) -> None:
    """Wherever this visit, its patient and his documents are shown."""
    practice, ids = house.practice, house.ids
    episode = {"episodeId": ids["episode_id"]}
    assert (await practice("PUT", f"/appointments/{visit}/episode/assign", episode)).status_code == 200
    shown = (
        f"/appointments/{visit}",
        f"/appointments/{visit}/provider-link",
        f"/appointments/id/type/SAID/value/{visit}/video-call-links",
        f"/appointments/{visit}/visit-note",
        f"/episodes/{ids['episode_id']}/appointments",
        f"/patients/{ids['patient_id']}",
        f"/patients/{ids['patient_id']}/episodes",
        "/appointment-slots?waitingRoom=GreatRoom&after=1505053200&before=1505057400",
        "/reports/csv-data-dump?from=0001-01-01&to=0001-01-02",
        "/reports/csv-data-dump?from=9999-12-30&to=9999-12-31",
    )
    for path in shown:
        answer = await practice("GET", path)
        assert answer.status_code in (200, 400), (path, answer.text)


async def test_visits_at_the_ends(house: House) -> None:
    practice, ids = house.practice, house.ids
    for date in SECONDS:
        for duration in (1, 86400):
            booking = {"waitingRoom": "my waiting room", "date": date, "duration": duration}
            answer = await practice("POST", f"/patients/{ids['patient_id']}/appointments", booking)
            if is_said(answer, (date, duration)):
                visit = str(answer.json()["id"])
                assert (await practice("GET", f"/appointments/{visit}")).json()["date"] == date
                await look_around(house, visit)
        change = await practice("PUT", f"/appointments/{ids['appointment_id']}", {"date": date})
        if is_said(change, date):
            await look_around(house, ids["appointment_id"])


async def test_documents_episodes_and_birthdays_at_the_ends(house: House) -> None:
    practice, ids = house.practice, house.ids
    for at in SECONDS:
        document = {"name": "a", "dateTime": at, "responses": [{"question": "q", "response": "r"}]}
        is_said(await practice("POST", f"/patients/{ids['patient_id']}/documents", document), at)
    for day in DAYS:
        for said in ({"from": day}, {"from": "0001-01-01", "to": day}):
            answer = await practice("PUT", f"/episodes/{ids['episode_id']}", EPISODE | said)
            if is_said(answer, said):
                shown = (await practice("GET", f"/episodes/{ids['episode_id']}")).json()
                assert {name: shown[name] for name in said} == said
        is_said(await practice("PUT", f"/patients/{ids['patient_id']}", {"birthDate": day}), day)
        for time in ("12:00 AM", "11:59 PM"):
            gone = {"deceased": True, "deceasedAt": f"{day} {time}"}
            is_said(await practice("PUT", f"/patients/{ids['patient_id']}", gone), gone)
    await look_around(house, ids["appointment_id"])


async def test_questions_about_the_ends(house: House) -> None:
    practice, ids = house.practice, house.ids
    for at in SECONDS:
        for span in ({"after": at, "before": LAST}, {"after": 0, "before": at}, {"after": at, "before": at}):
            is_said(await practice("GET", "/appointment-slots", params=span | {"waitingRoom": "GreatRoom"}), span)
    for day in DAYS:
        for other in DAYS:
            is_said(await practice("GET", "/reports/csv-data-dump", params={"from": day, "to": other}), (day, other))
    for moment in MOMENTS:
        for other in MOMENTS:
            asked = {"from": moment, "to": other, "presetId": ids["preset"], "password": "IK5adv2N5V-gr£9v6"}
            is_said(await practice("POST", "/encounter-report/create", asked), (moment, other))


async def test_links_to_the_ends(house: House) -> None:
    patient = {"id": house.ids["patient_id"], "sex": "female", "dob": "1990-02-28", "firstName": "A", "lastName": "B"}
    for date in (*SECONDS, LAST + 0.5, -0.5):
        for dob in DAYS:
            if abs(date) > 2**63:
                continue
            said: dict[str, Any] = {"user": "ada", "type": "patient", "visit": f"V{date}", "date": date}
            said["patient"] = patient | {"dob": dob}
            text = encrypt(house.ids["linking_secret"], msgspec.json.encode(said))
            answer = await house.practice.client.get(
                "/integrations/linking", params={"arg": text}, follow_redirects=False
            )
            assert answer.status_code in (302, 303, 400), (date, dob, answer.status_code, answer.text[:300])
