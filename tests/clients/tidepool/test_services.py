"""The unchanged npm client against a running server: notes, consents, devices, prescriptions, blobs and metrics."""

import json
import secrets
import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.clients.tidepool.test_journey import HERE, NODE

TOKEN = "x-tidepool-session-token"
PASSWORD = "Correct-horse-7"


def _signed_up(url: str, service: str) -> str:
    """The address of an account that may log in."""
    email = f"services-{secrets.token_hex(6)}@example.org"
    body = json.dumps({"username": email, "emails": [email], "password": PASSWORD}).encode()
    with urlopen(Request(url + "/auth/user", data=body, method="POST")) as answer:
        user = json.load(answer)["userid"]
    change = json.dumps({"updates": {"emailVerified": True}}).encode()
    urlopen(Request(f"{url}/auth/user/{user}", data=change, method="PUT", headers={TOKEN: service})).close()
    return email


@pytest.mark.node
@pytest.mark.xdist_group("server")
@pytest.mark.timeout(120)
def test_an_unchanged_client_uses_the_small_services(live_server: tuple[str, Path]) -> None:
    if NODE is None:
        pytest.skip("Node.js is not on this machine: the services were not called by the npm client")
    if not (HERE / "node_modules" / "tidepool-platform-client").is_dir():
        pytest.skip("the npm client is not installed (run `npm ci` in tests/clients/tidepool): services not called")
    url, _ = live_server
    known = {"x-tidepool-server-name": "test", "x-tidepool-server-secret": "test-service-secret"}
    with urlopen(Request(url + "/auth/serverlogin", method="POST", headers=known)) as answer:
        service = answer.headers[TOKEN]
    email = _signed_up(url, service)
    done = subprocess.run(
        [NODE, "services.js", url, email, PASSWORD], cwd=HERE, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told | {"cgms": 0, "pumps": 0} == {
        "all": 2,
        "notes": ["Half a taco"],
        "thread": True,
        "consentVersion": 1,
        "noConsent": [],
        "supported": ["DiabetesSisters"],
        "revoked": None,
        "consentStatus": "revoked",
        "cgms": 0,
        "pumps": 0,
        "revision": 1,
        "prescriptions": 1,
        "prescriptionsLeft": 0,
        "blob": len(json.dumps([{"hello": "world"}], separators=(",", ":"))),
    }
    assert min(told["cgms"], told["pumps"]) > 0
    query = "name=services%20-%20Viewed%20Notes"
    with urlopen(Request(f"{url}/v1/usage_events?{query}", headers={TOKEN: service})) as answer:
        assert json.load(answer)[0]["properties"] == {"place": "here", "sourceVersion": "1"}
