"""The unchanged npm client `tidepool-platform-client` against a running server, over real sockets."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import openward

HERE = Path(__file__).parent
NODE = shutil.which("node")
CLIENT = HERE / "node_modules" / "tidepool-platform-client"

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("server"), pytest.mark.timeout(150)]

# What the client has and we do not serve, and what asks nobody.
NOT_SERVED = {"uploadCarelinkDataForUser", "getCarelinkData"}
SAYS_NOTHING_USABLE = {"signupCancel"}  # sends its own table of statuses in the place of the key
ASKS_NOBODY = {
    *("destroySession", "getSessionTrace", "getUploadUrl", "getUserId", "hasDataHost", "isLoggedIn", "makeBlipUrl"),
    *("saveSession", "setApiHost", "setBlipHost", "setDataHost", "setUploadHost"),
}
STORIES = {
    "journey.js": {
        "loginBeforeConfirm": 403,
        "same": [True, True],
        "profile": "Ana Ruiz",
        "kept": [{"displayLanguageCode": "en"}, {"units": {"bg": "mg/dL"}}],
        "terms": "2026-01-02T03:04:05.000Z",
        "readBack": 300,
        "units": "mmol/L",
        "sets": 1,
        "older": 1,
        "blob": "available",
        "sources": [],
        "time": True,
        "uploaderInfo": True,
        "groups": {"root": {}},
        "authorize": "/v1/oauth/dexcom/authorize?restricted_token",
        "noCloud": 200,
        "exported": [200, 300],
        "oauth": [True, True, True],
        "afterLogout": 401,
        "oldPassword": 401,
        "newPassword": 200,
    },
    "clinic.js": {
        "clinic": ["America/Los_Angeles", True],
        "allClinics": 403,
        "clinicsOfService": 1,
        "settings": [{}, {}],
        "limit": 250,
        "inviteSeen": True,
        "invited": [[True, True, "Willow"]],
        "noInvites": [],
        "search": [True],
        "roles": ["CLINIC_MEMBER", "PRESCRIBER"],
        "clinicsOfMel": ["Willow"],
        "renamed": ["New", "South"],
        "roundTrip": True,
        "wrongBirthday": 1006,
        "claimed": [["note", "upload", "view"]],
        "readByMember": 1,
        "list": [{"count": 1, "totalCount": 1}, [True]],
        "tide": [True],
        "rpm": True,
        "notMine": 409,
        "reviewed": [True],
        "found": 1,
        "waiting": ["Nora Not", "Sam Shares"],
        "accepted": [True, ["note", "upload", "view"], 1],
        "waitingLater": [],
        "narrowed": {"view": {}},
        "connect": 1,
        "left": [],
        "revised": 1,
        "prescribed": [True],
        "unprescribed": 0,
        "count": 1,
        "afterwards": [403, 1],
        "unfinished": ["", 422],
        "canMigrate": True,
        "migration": "PENDING",
        "moved": ["note", "view"],
    },
    "together.js": {
        "sent": 3,
        "left": ["declined"],
        "team": True,
        "seen": {"view": {}, "note": {}},
        "details": ["Ana Owner"],
        "permissions": {"view": {}, "note": {}},
        "uploads": True,
        "child": True,
        "keeps": ["custodian", "upload", "view"],
        "thread": ["Thanks", "Two tacos, 20 g"],
        "messages": True,
        "notes": [True],
        "consent": ["active", []],
        "revoked": ["revoked"],
        "devices": [True, True],
    },
}


def tell(live_server: tuple[str, Path], story: str) -> dict[str, Any]:
    """Run one story of the client; what it saw."""
    if NODE is None:
        pytest.skip("Node.js is not on this machine: the journey of the npm client was not run")
    if not CLIENT.is_dir():
        pytest.skip("the npm client is not installed (run `npm ci` in tests/clients/tidepool): journey not run")
    url, data_dir = live_server
    done = subprocess.run(
        [NODE, story, url, str(data_dir / "outbox")], cwd=HERE, capture_output=True, text=True, timeout=140, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_an_unchanged_client_tells_its_stories_and_every_function_is_called(
    live_server: tuple[str, Path], tmp_path: Path
) -> None:
    """A person with her data; a clinic from its making to its report; people who let each other in."""
    file = tmp_path / "provision.json"
    client = {"client_id": "journey", "client_secret": "journey-client-secret", "name": "Journey"}
    file.write_text(json.dumps({"oauth_clients": [client]}), "utf-8")
    openward("provision", str(file), "--data-dir", str(live_server[1]))
    called: set[str] = set()
    for story, wanted in STORIES.items():
        found = tell(live_server, story)
        assert {name: found.get(name) for name in wanted} == wanted, story
        called |= set(found["called"])
    assert set(found["functions"]) - called == NOT_SERVED | SAYS_NOTHING_USABLE | ASKS_NOBODY
