"""What tests of visits share: a practice with rooms and a patient who is known by three ids."""

from typing import Any
from uuid import UUID

from httpx import Response

from openward.care import identity
from openward.care.identity import Identifier, Kind, System
from tests.wire.solo.conftest import Practice

OPEN = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ROOM = {"name": "GreatRoom", "service_line": "Demo", "service_type": "Demo", "hours": OPEN, "timezone": "UTC"}
ADA = {
    "id": "P-1",
    "name": [{"use": "usual", "firstName": "Ada", "lastName": "Byron"}],
    "telecom": [{"use": "home", "system": "phone", "value": "+1 (111) 111-1111"}],
}


async def admit(practice: Practice, patient_id: str = "P-1", hsid: str | None = None) -> int:
    """A patient with an external id; the SPID."""
    answer = await practice("POST", "/patients", ADA | {"id": patient_id})
    assert answer.status_code == 201, answer.text
    if hsid:
        async with practice.work() as work:
            person = await identity.resolve(
                work, Identifier(System.PRACTICE_PATIENT, patient_id, practice.organization)
            )
            await identity.add(work, Identifier(System.HSID, hsid, practice.organization), person, Kind.PERSON)
    return int(answer.json())


async def book(practice: Practice, patient_id: str = "P-1", **said: Any) -> int:
    """A visit of the patient in the room; the SAID."""
    answer = await practice("POST", f"/patients/{patient_id}/appointments", {"waitingRoom": "GreatRoom"} | said)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def key_of(practice: Practice, said: int) -> UUID:
    """Our own key of a visit."""
    async with practice.work() as work:
        return await identity.resolve(work, Identifier(System.SAID, str(said)))


def told(answer: Response) -> tuple[int, str]:
    """Status and text of a refusal in the nested envelope."""
    body = answer.json()
    assert list(body) == ["error"], body
    assert list(body["error"]) == ["message"], body
    return answer.status_code, body["error"]["message"]


def bad(*faults: str) -> tuple[int, str]:
    """The refusal of a request with these faults."""
    return 400, f"Bad parameters [{', '.join(faults)}]"
