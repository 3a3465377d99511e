"""What only a server of its own shows: its log, and how it treats who is still sending when it refuses."""

import json
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import UUID

import pytest

from tests.cli.running import until
from tests.wire.solo.live import Live, live

__all__ = ["live"]
pytestmark = pytest.mark.xdist_group("server")

LIMIT = 5_242_880
PDF = {"content-type": "application/pdf"}


def post(live: Live, path: str, body: bytes, **headers: str) -> tuple[int, UUID]:
    """One POST by a client that sends all before it reads; the status and the id of the request."""
    connection = HTTPConnection(urlsplit(live.url).netloc, timeout=30)
    try:
        connection.request("POST", f"/qapi/v1{path}", body, {"api-key": live.key, **PDF, **headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status, UUID(answer.headers["x-correlation-id"])
    finally:
        connection.close()


def test_who_sends_too_much_gets_the_answer_and_the_log_has_its_id(live: Live, live_server: tuple[str, Path]) -> None:
    visit = f"/appointments/{live.settle()['appointment_id']}/attachments"
    large = b"%PDF-" + bytes(LIMIT)
    answers = [
        post(live, visit, large[:LIMIT]),
        post(live, visit, large[: LIMIT + 1]),
        post(live, visit, bytes(LIMIT)),
        post(live, visit, large, **{"content-type": "text/plain"}),
        post(live, visit, large, **{"api-key": "nobody's"}),
        post(live, "/nothing-here", large),
    ]
    assert [status for status, _ in answers] == [201, 413, 400, 400, 401, 404]
    ids = {str(correlation) for _, correlation in answers}
    assert len(ids) == 6
    log = live_server[1] / "serve.log"
    until(lambda: all(one in log.read_text("utf-8") for one in ids))


def test_a_name_with_a_slash_is_found_over_a_real_socket(live: Live) -> None:
    """What a path looked like before it was decoded is the server's to say."""
    patient = live.settle()["patient_id"]
    name, other = f"ward/{patient}", f"a%2Fb+ /{patient}"
    statuses = []
    connection = HTTPConnection(urlsplit(live.url).netloc, timeout=30)
    for method, path, body in (
        ("POST", "/qapi/v1/patients", {"id": name}),
        ("GET", f"/qapi/v1/patients/{quote(name, safe='')}", None),
        ("GET", f"/qapi/v1/patients/{name}", None),
        ("POST", "/qapi/v1/patients", {"id": other}),
        ("GET", f"/qapi/v1/patients/{quote(other, safe='')}", None),
        ("OPTIONS", "/qapi/v1/patients", None),
    ):
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"api-key": live.key, "content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert UUID(answer.headers["x-correlation-id"])
        statuses.append(answer.status)
    connection.close()
    assert statuses == [201, 200, 404, 201, 200, 204]
