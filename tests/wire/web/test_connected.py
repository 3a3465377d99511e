"""The pages at the end of the way to a partner cloud."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_the_ends_of_the_way(server: Any) -> None:
    server.cookies.clear()
    connected = await server.get("/oauth/dexcom/authorized")
    assert (connected.status_code, connected.headers["referrer-policy"]) == (200, "no-referrer")
    assert "Dexcom is connected" in connected.text
    assert 'href="/signin"' in connected.text
    declined = await server.get("/oauth/dexcom/declined")
    assert declined.status_code == 200
    assert "Dexcom is not connected" in declined.text
    for outcome in ("authorized", "declined"):
        assert (await server.get(f"/oauth/nobody/{outcome}")).status_code == 404


async def test_whoever_has_not_finished_his_sign_up_is_led_there(server: Any) -> None:
    answer = await server.get("/oauth/dexcom/authorized", params={"signupKey": "a key&b=<c>", "signupEmail": "a@b.org"})
    assert 'href="/signup/confirm?key=a+key%26b%3D%3Cc%3E"' in answer.text
    title = answer.text.partition("<title>")[2].partition("</title>")[0]
    assert "key" not in title
