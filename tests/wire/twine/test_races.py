"""The same request from many connections at once."""

import asyncio
import secrets

import pytest
from httpx import AsyncClient, Response

from tests.wire.twine.live import Live, live
from tests.wire.twine.operations import KEYED

pytestmark = pytest.mark.anyio
__all__ = ["live"]
MANY = 32
CREATE = next(one for one in KEYED if one.name == "createPatient")


@pytest.mark.xdist_group("server")
@pytest.mark.parametrize("is_skipping", [False, True])
async def test_many_equal_creations_leave_one_patient(live: Live, is_skipping: bool) -> None:
    value = secrets.token_hex(8)
    _, path, body, _ = CREATE.request(live.ids)
    body["data"]["attributes"] = {
        "first_name": "Ada",
        "last_name": "Byron",
        "identifiers": [{"system": "lab", "value": value}],
    }
    if is_skipping:
        body["meta"] = {"ignore_duplicates": True}

    async def post() -> Response:
        async with AsyncClient(base_url=f"{live.url}/pub", headers=live.headers, timeout=120) as client:
            return await client.post(path, json=body)

    answers = await asyncio.gather(*(post() for _ in range(MANY)))
    codes = [answer.status_code for answer in answers]
    if is_skipping:
        assert codes == [201] * MANY
        made = [answer.json()["data"]["id"] for answer in answers if answer.json()["data"]]
    else:
        assert sorted(codes) == [201] + [409] * (MANY - 1)
        made = [answer.json()["data"]["id"] for answer in answers if answer.status_code == 201]
        pointers = {one["source"]["pointer"] for a in answers for one in a.json().get("errors", ())}
        assert pointers == {"/data/attributes/identifiers/0"}
    assert len(made) == 1
    async with AsyncClient(base_url=f"{live.url}/pub", headers=live.headers) as client:
        asked = {"filter[identifier][system]": "lab", "filter[identifier][value]": value}
        listed = (await client.get("/patient", params=asked)).json()
    assert [one["id"] for one in listed["data"]] == made
