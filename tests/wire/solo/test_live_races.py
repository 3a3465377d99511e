"""Many callers at once, each on a connection of its own, on a server of several processes: one of them wins."""

import asyncio
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import aiohttp
import httpx
import pytest

from openward.care.visits import CallStatus, Status
from tests.journeys.video import Caller, Line
from tests.wire.solo.live import Live, live
from tests.wire.solo.operations import SERIAL, _consult, link_text

__all__ = ["live"]
pytestmark = [pytest.mark.xdist_group("server"), pytest.mark.slow]
MANY = 32
ROOM = {"waitingRoom": "my waiting room"}


def at_once(live: Live, *asked: tuple[str, str, Any]) -> list[httpx.Response]:
    """The answers to `(method, path, body)`, all asked at one moment."""
    start = threading.Barrier(len(asked))

    def ask(one: tuple[str, str, Any]) -> httpx.Response:
        method, path, body = one
        with httpx.Client(base_url=live.url, headers={"api-key": live.key}, timeout=60) as client:
            client.get("/qapi/v1/waiting-rooms")  # the connection is there
            start.wait(60)
            return client.request(method, path, **({} if body is None else {"json": body}))

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(ask, asked))


def counted(answers: list[httpx.Response], say: Callable[[httpx.Response], Any]) -> Counter[Any]:
    return Counter(say(answer) for answer in answers)


def call(live: Live, method: str, path: str, body: Any = None) -> Any:
    headers = {"api-key": live.key}
    answer = httpx.request(method, f"{live.url}/qapi/v1{path}", json=body, headers=headers, timeout=60)
    assert answer.status_code < 300, answer.text
    return answer.json()


def status_and_text(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.status_code < 300 else answer.json()["error"]["message"]


def test_a_name_is_given_once(live: Live) -> None:
    ids = live.settle()
    patient = {"id": f"R-{secrets.token_hex(4)}"}
    answers = at_once(live, *[("POST", "/qapi/v1/patients", patient)] * MANY)
    used = (400, "Bad parameters [id: This value is already used.]")
    assert counted(answers, status_and_text) == {(201, ""): 1, used: MANY - 1}
    visit = ROOM | {"externalId": f"R-{secrets.token_hex(4)}"}
    answers = at_once(live, *[("POST", f"/qapi/v1/patients/{ids['patient_id']}/appointments", visit)] * MANY)
    assert counted(answers, lambda one: one.status_code) == {201: 1, 400: MANY - 1}


def test_one_consult_one_request_and_one_call_are_made(live: Live) -> None:
    consult = _consult({})
    answers = at_once(live, *[("POST", "/qapi/v1/perfect-answer", consult)] * MANY)
    double = (422, "A visit has already been created for the patient within 24 hours")
    found = counted(answers, status_and_text)
    assert (found.pop(double), sum(found.values())) == (MANY - 1, 1)
    path, device = "/qapi/v1/request-assistance", {"deviceSerialNumber": SERIAL}
    with suppress(AssertionError):
        call(live, "DELETE", "/request-assistance?deviceSerialNumber=" + SERIAL)
    answers = at_once(live, *[("POST", path, device)] * MANY)
    assert counted(answers, lambda one: one.status_code) == {201: 1, 200: MANY - 1}
    assert len({one.json()["id"] for one in answers}) == 1
    text = httpx.QueryParams({"arg": link_text(live.settle() | {"visit": f"L-{secrets.token_hex(4)}"})})
    answers = at_once(live, *[("GET", f"/integrations/linking?{text}", None)] * MANY)
    assert counted(answers, lambda one: one.status_code) == {302: MANY}
    assert len({one.headers["location"] for one in answers}) == 1


def test_a_visit_that_is_cancelled_stays_so_whoever_moves_it(live: Live) -> None:
    number = live.settle()["appointment_id"]
    path = f"/qapi/v1/appointments/{number}"
    cancels = [("PUT", path, {"status": "cancelled"})] * (MANY // 2)
    moves = [("PUT", path, {"date": 1900000000 + place}) for place in range(MANY // 2)]
    mixed = [one for pair in zip(cancels, moves, strict=True) for one in pair]
    answers = at_once(live, *mixed)
    refused = (422, 'Appointment can not be changed in status "cancelled"')
    assert counted(answers[::2], status_and_text) == {(200, ""): MANY // 2}
    assert set(counted(answers[1::2], status_and_text)) <= {(200, ""), refused}
    read = call(live, "GET", f"/appointments/{number}")
    assert read["status"] == "cancelled"
    moved = [
        body["date"]
        for (_, _, body), answer in zip(mixed, answers, strict=True)
        if answer.status_code == 200 and "date" in body
    ]
    assert read["date"] in moved if moved else read["date"] < 1900000000


@pytest.mark.parametrize("is_complete", [True, False], ids=["complete", "incomplete"])
def test_a_visit_is_cancelled_or_closed(live: Live, is_complete: bool) -> None:
    """Visit and call end together, whoever comes first."""
    ends = Counter(asyncio.run(_end(live, is_complete, place)) for place in range(4))
    closed = CallStatus.COMPLETE if is_complete else CallStatus.INCOMPLETE
    assert set(ends) <= {
        (Status.COMPLETED.value, closed.value, False),
        (Status.CANCELLED.value, CallStatus.INCOMPLETE.value, True),
    }


async def _end(live: Live, is_complete: bool, place: int) -> tuple[str, str, bool]:
    """The provider closes a visit while others cancel it; how both ended, and whether a cancelling was accepted."""
    visit = await asyncio.to_thread(live.settle)
    links = await asyncio.to_thread(call, live, "GET", f"/appointments/{visit['visit']}/video-call-links")
    caller = Caller(live.url, None, live.key)  # type: ignore[arg-type] -- nothing of its folder is asked
    path = f"/qapi/v1/appointments/{visit['appointment_id']}"
    async with aiohttp.ClientSession() as session:
        lines = []
        for address in (links["patientVisitUrl"], links["providerVisitUrl"]):
            line = await Line.dial(session, caller, address, str(uuid4()))
            await line.hear("welcome")
            await line.socket.send_json({"do": "join"})
            lines.append(line)
        await lines[1].until(call="on call")
        await lines[1].socket.send_json({"do": "hangup"})
        await lines[1].until(call="finalizing")
        cancelling = asyncio.create_task(
            asyncio.to_thread(at_once, live, *[("PUT", path, {"status": "cancelled"})] * 4)
        )
        await asyncio.sleep(0.01 * place)  # the race is tried from several sides
        await lines[1].socket.send_json({"do": "finish", "complete": is_complete})
        answers = await cancelling
    read = await asyncio.to_thread(call, live, "GET", f"/appointments/{visit['appointment_id']}")
    return read["status"], read["videoCall"]["status"], any(answer.status_code == 200 for answer in answers)
