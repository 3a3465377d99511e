"""Files kept whole: what arrives is what comes out, only for those who may, and nothing is left behind."""

import asyncio
import base64
import hashlib
import secrets
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from openward.care import files
from openward.config import Settings
from tests.wire.tidepool.clinics.conftest import Caller, House

pytestmark = pytest.mark.anyio


def _digest(content: bytes) -> str:
    return "md5=" + base64.b64encode(hashlib.md5(content).digest()).decode()


async def _put(caller: Caller, content: bytes, of: Caller | None = None, **headers: Any) -> Response:
    given = {"x-tidepool-session-token": caller.token or "", "content-type": "text/plain", "digest": _digest(content)}
    sent = {name: value for name, value in (given | headers).items() if value}
    return await caller.client.post(f"/v1/users/{(of or caller).user_id}/blobs", content=content, headers=sent)


def _on_disk(settings: Settings, content: bytes) -> Path:
    name = hashlib.sha256(content).hexdigest()
    return settings.data_dir / "blobs" / "files" / name[:2] / name


async def test_what_arrives_comes_out(house: House) -> None:
    ana = await house.person()
    content = secrets.token_bytes(700_000)
    made = await _put(ana, content, None, **{"content-type": "application/octet-stream"})
    assert made.status_code == 201
    blob = made.json()
    assert (blob["size"], blob["status"], blob["userId"], len(blob["id"])) == (700_000, "available", ana.user_id, 32)
    assert "md5=" + blob["digestMD5"] == _digest(content)
    back = await ana("GET", f"/v1/blobs/{blob['id']}/content")
    assert (back.content, back.headers["digest"]) == (content, _digest(content))
    assert back.headers["content-type"].startswith("application/octet-stream")
    assert back.headers["content-disposition"] == "attachment"
    assert (await ana("GET", f"/v1/blobs/{blob['id']}")).json() == blob
    path = f"/v1/users/{ana.user_id}/blobs"
    assert (await ana("GET", path)).json() == [blob]
    assert (await ana("GET", path, params={"mediaType": "image/png"})).json() == []
    assert (await ana("GET", path, params={"status": "created"})).json() == []
    assert (await ana("GET", path, params={"status": "lost"})).status_code == 400


async def test_a_wrong_digest_keeps_nothing(house: House, settings: Settings) -> None:
    ana = await house.person()
    content = secrets.token_bytes(64)
    refused = await _put(ana, content, digest=_digest(b"other"))
    assert (refused.status_code, refused.json()["code"]) == (400, "digests-not-equal")
    assert not _on_disk(settings, content).exists()
    for broken in ("sha=abcd", "md5=%%%", "md5=YWJj"):
        assert (await _put(ana, content, digest=broken)).status_code == 400
    assert (await _put(ana, content, digest="")).status_code == 400
    assert (await _put(ana, content, None, **{"content-type": "nonsense"})).status_code == 400
    assert (await ana("GET", f"/v1/users/{ana.user_id}/blobs")).json() == []


async def test_strangers_are_refused(house: House) -> None:
    ana, bob = await house.person(), await house.person()
    blob = (await _put(ana, b"mine")).json()["id"]
    assert (await _put(bob, b"x", of=ana)).status_code == 403
    for method, path in (
        ("GET", f"/v1/users/{ana.user_id}/blobs"),
        ("DELETE", f"/v1/users/{ana.user_id}/blobs"),
        ("GET", f"/v1/blobs/{blob}"),
        ("GET", f"/v1/blobs/{blob}/content"),
        ("DELETE", f"/v1/blobs/{blob}"),
    ):
        assert (await bob(method, path)).status_code == 403, path
    assert (await Caller(house.client, None)("GET", f"/v1/blobs/{blob}")).status_code == 401
    assert (await bob("GET", f"/v1/blobs/{'0' * 32}")).status_code == 404
    granted = await ana("POST", f"/access/{ana.user_id}/{bob.user_id}", {"view": {}, "upload": {}})
    assert granted.status_code == 200
    assert (await _put(bob, b"for her", of=ana)).status_code == 201
    assert (await bob("GET", f"/v1/blobs/{blob}/content")).content == b"mine"
    assert (await bob("DELETE", f"/v1/blobs/{blob}")).status_code == 403


async def test_a_content_goes_with_its_last_file(house: House, settings: Settings) -> None:
    ana, bob = await house.person(), await house.person()
    content = secrets.token_bytes(32)
    hers, his = [(await _put(one, content)).json()["id"] for one in (ana, bob)]
    assert (await ana("DELETE", f"/v1/blobs/{hers}")).status_code == 204
    data: dict[str, Any] = {"content": hashlib.sha256(content).hexdigest()}
    async with house.work() as work:
        await files.drop_job(work, data)
    assert (await bob("GET", f"/v1/blobs/{his}/content")).content == content
    assert (await bob("DELETE", f"/v1/users/{bob.user_id}/blobs")).status_code == 204
    async with house.work() as work:
        await files.drop_job(work, data)
        await files.drop_job(work, data)
    assert not _on_disk(settings, content).exists()
    assert (await bob("GET", f"/v1/blobs/{his}")).status_code == 404


async def test_many_at_once_share_one_content(house: House) -> None:
    ana = await house.person()
    content = secrets.token_bytes(1000)
    # The test client holds its own loop until it is answered, hence a thread for each caller.
    answers = await asyncio.gather(*(asyncio.to_thread(asyncio.run, _put(ana, content)) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 5


LOG = (
    b'[{"type":"send","managerIdentifier":"M","deviceIdentifier":"D","timestamp":"2026-03-01T10:00:00Z","message":"m"}]'
)


async def test_device_logs(house: House) -> None:
    ana = await house.person()
    path = f"/v1/users/{ana.user_id}/device_logs"

    async def put(content: bytes, **more: str) -> Response:
        headers = {
            "x-tidepool-session-token": ana.token or "",
            "content-type": "application/json",
            "digest": _digest(content),
            "x-logs-start-at-time": "2026-03-01T09:00:00Z",
            "x-logs-end-at-time": "2026-03-01T11:00:00Z",
        }
        return await ana.client.post(path, content=content, headers=headers | more)

    made = await put(LOG)
    assert made.status_code == 201
    assert made.json()["startAt"] == "2026-03-01T09:00:00.000Z"
    when = {"startAtTime": "2026-03-01T10:30:00Z", "endAtTime": "2026-03-02T00:00:00Z"}
    assert (await ana("GET", path, params=when)).json() == [made.json()]
    later = when | {"startAtTime": "2026-03-01T12:00:00Z"}
    assert (await ana("GET", path, params=later)).json() == []
    assert (await ana("GET", path)).status_code == 400
    assert (await put(b'[{"type":"shout"}]')).status_code == 400
    assert (await put(LOG, **{"x-logs-end-at-time": "2026-02-01T11:00:00Z"})).status_code == 400
    assert (await put(LOG, **{"x-logs-start-at-time": ""})).status_code == 400
    assert (await ana("GET", f"/v1/users/{ana.user_id}/blobs")).json() == []
