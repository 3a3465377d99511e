"""The stand-in for Xealth as an operator starts it: it keeps orders, tells of them, and gives them to its client."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from openward.wire.xealth.partner import OrderRead, read_order

ORDER = {"orderInfo": {"programId": "program-1"}, "patientIdentity": {"ids": []}}


@pytest.fixture
def heard() -> Iterator[tuple[str, list[tuple[str | None, Any]]]]:
    """A server that notes what it is told: its address, and bearer and event of each call."""
    told: list[tuple[str | None, Any]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.append((self.headers["authorization"], json.loads(body)))
            self.send_response(200 if self.path == "/v1/xealth/notification" else 404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", told
    server.shutdown()
    server.server_close()


def _run(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "openward", "simulate", "xealth", "--port", "0", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_orders_are_kept_told_and_given(heard: tuple[str, list[tuple[str | None, Any]]]) -> None:
    ear, told = heard
    process = _run("--client-secret", "s", "--tell", ear, "--bearer", "b")
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        place = f"{url}/simulator/orders/system_1/o 1".replace(" ", "%20")
        for method in ("PUT", "DELETE"):
            with urlopen(Request(place, method=method, data=json.dumps(ORDER).encode())) as answer:
                assert json.load(answer) == {"told": 200}
        with pytest.raises(HTTPError, match="404"):
            urlopen(Request(f"{url}/simulator/orders/system_1/unknown", method="DELETE"))
        assert [(bearer, event["eventContext"], event["orderId"]) for bearer, event in told] == [
            ("Bearer b", "new", "o 1"),
            ("Bearer b", "cancel", "o 1"),
        ]
        assert {event["programId"] for _, event in told} == {"program-1"}
        link = {"base_url": url, "client_id": "openward", "client_secret": "s"}
        found = _read(link)
        assert found.content is not None
        assert json.loads(found.content) == ORDER
        refused = _read(link | {"client_secret": "x"})
        assert (refused.content, refused.reason) == (None, "token-refused")
        private = _read(link, allow_private=False)
        assert (private.content, private.reason) == (None, "address-refused")
    finally:
        process.terminate()
        process.wait(20)


def _read(link: dict[str, str], *, allow_private: bool = True) -> OrderRead:
    """Read the order as the server does."""
    reading = read_order(link, None, "system_1", "o 1", datetime.now(UTC), allow_private=allow_private)
    return asyncio.run(reading)


def test_telling_needs_a_bearer() -> None:
    process = _run("--tell", "http://127.0.0.1:1")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "--bearer" in said
