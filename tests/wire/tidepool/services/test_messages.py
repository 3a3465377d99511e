"""Messages: written, answered, read, changed and removed by whom the owner lets."""

from typing import Any
from uuid import uuid4

import pytest

from tests.wire.tidepool.clinics.conftest import Clinic, House

pytestmark = pytest.mark.anyio


def _note(text: str = "A taco, 10 g", at: str = "2026-03-01T10:00:00-07:00", **more: Any) -> dict[str, Any]:
    return {"message": {"messagetext": text, "timestamp": at, "guid": str(uuid4())} | more}


async def _ids(caller: Any, path: str) -> list[str]:
    answer = await caller("GET", path)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["messages"]]


async def test_a_thread(house: House) -> None:
    ana = await house.person("Ana Ruiz")
    made = await ana("POST", f"/message/send/{ana.user_id}", _note(userid=ana.user_id, groupid=ana.user_id))
    assert made.status_code == 201
    first = made.json()["id"]
    answered = await ana("POST", f"/message/reply/{first}", _note("Two tacos", "2026-03-01T18:00:00Z"))
    second = answered.json()["id"]
    third = (await ana("POST", f"/message/reply/{second}", _note("Three", "2026-03-01T19:00:00Z"))).json()["id"]
    assert await _ids(ana, f"/message/all/{ana.user_id}?starttime=&endtime=") == [third, second, first]
    assert await _ids(ana, f"/message/notes/{ana.user_id}") == [first]
    assert await _ids(ana, f"/message/thread/{second}") == [third, second, first]
    assert await _ids(ana, f"/message/all/{ana.user_id}?starttime=2026-03-01T17:30:00Z") == [third, second]
    one = (await ana("GET", f"/message/read/{second}")).json()["message"]
    assert (one["parentmessage"], one["groupid"], one["user"]) == (first, ana.user_id, {"fullName": "Ana Ruiz"})
    top = (await ana("GET", f"/message/read/{first}")).json()["message"]
    assert (top["parentmessage"], top["timestamp"], "modifiedtime" in top) == (None, "2026-03-01T17:00:00.000Z", False)


async def test_the_same_message_twice_is_one(house: House) -> None:
    ana = await house.person()
    note = _note()
    ids = {(await ana("POST", f"/message/send/{ana.user_id}", note)).json()["id"] for _ in range(2)}
    assert len(ids) == 1
    assert await _ids(ana, f"/message/all/{ana.user_id}") == list(ids)


async def test_only_its_author_changes_a_message(house: House) -> None:
    ana, bob = await house.person(), await house.person("Bob")
    granted = await ana("POST", f"/access/{ana.user_id}/{bob.user_id}", {"view": {}, "note": {}})
    assert granted.status_code == 200
    said = (await bob("POST", f"/message/send/{ana.user_id}", _note())).json()["id"]
    assert (await ana("PUT", f"/message/edit/{said}", {"message": {"messagetext": "x"}})).status_code == 403
    assert (await bob("PUT", f"/message/edit/{said}", {"message": {"id": said}})).status_code == 400
    assert (await bob("PUT", f"/message/edit/{said}", {"message": {"messagetext": "Half"}})).status_code == 200
    kept = (await ana("GET", f"/message/read/{said}")).json()["message"]
    assert (kept["messagetext"], "modifiedtime" in kept) == ("Half", True)
    assert (await ana("DELETE", f"/message/remove/{said}")).status_code == 202
    assert (await bob("GET", f"/message/read/{said}")).status_code == 404


async def test_strangers_and_lookers_are_refused(house: House) -> None:
    ana, bob = await house.person(), await house.person()
    said = (await ana("POST", f"/message/send/{ana.user_id}", _note())).json()["id"]
    for _ in range(2):  # the second round with permission to look, which is not enough
        for method, path in (
            ("GET", f"/message/all/{ana.user_id}"),
            ("GET", f"/message/notes/{ana.user_id}"),
            ("POST", f"/message/send/{ana.user_id}"),
            ("POST", f"/message/reply/{said}"),
            ("GET", f"/message/thread/{said}"),
            ("DELETE", f"/message/remove/{said}"),
        ):
            answer = await bob(method, path, _note() if method == "POST" else None)
            assert answer.status_code == 403, path
            assert list(answer.json()) == ["messages"]
        await ana("POST", f"/access/{ana.user_id}/{bob.user_id}", {"view": {}})
    nobody = type(bob)(bob.client, None)
    assert (await nobody("GET", f"/message/all/{ana.user_id}")).status_code == 401
    assert (await bob("GET", f"/message/thread/{'0' * 24}")).status_code == 404
    assert (await bob("GET", "/message/thread/nonsense")).status_code == 404


async def test_a_clinic_writes_on_its_patient(clinic: Clinic) -> None:
    patient = await clinic.patient()
    assert (await clinic.member("POST", f"/message/send/{patient['id']}", _note())).status_code == 201
    assert (await clinic.stranger("POST", f"/message/send/{patient['id']}", _note())).status_code == 403
    assert (await clinic.service("POST", f"/message/send/{patient['id']}", _note())).status_code == 403


@pytest.mark.parametrize(
    "broken",
    [{}, {"messagetext": ""}, {"messagetext": "a" * 10_001}, {"timestamp": "now"}, {"guid": "x"}, {"timestamp": None}],
)
async def test_bad_messages_are_refused(house: House, broken: dict[str, Any]) -> None:
    ana = await house.person()
    body = _note(**broken) if broken else {}
    assert (await ana("POST", f"/message/send/{ana.user_id}", body)).status_code == 400
    assert await _ids(ana, f"/message/all/{ana.user_id}") == []
