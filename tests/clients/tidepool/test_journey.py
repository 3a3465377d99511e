"""The unchanged npm client `tidepool-platform-client` against a running server, over real sockets."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE = shutil.which("node")


@pytest.mark.node
@pytest.mark.xdist_group("server")
@pytest.mark.timeout(120)
def test_an_unchanged_client_signs_up_uploads_and_reads_back(live_server: tuple[str, Path]) -> None:
    if NODE is None:
        pytest.skip("Node.js is not on this machine: the journey of the npm client was not run")
    if not (HERE / "node_modules" / "tidepool-platform-client").is_dir():
        pytest.skip("the npm client is not installed (run `npm ci` in tests/clients/tidepool): journey not run")
    url, data_dir = live_server
    done = subprocess.run(
        [NODE, "journey.js", url, str(data_dir / "outbox")],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    story = json.loads(done.stdout.splitlines()[-1])
    assert story["userid"] == story["loginUser"] == story["current"]
    assert story["loginBeforeConfirm"] == 403
    assert story["profile"] == "Ana Ruiz"
    assert story["readBack"] == 300
    assert story["units"] == "mmol/L"
    assert story["sets"] == 1
    assert story["time"] is True
    assert story["uploaderInfo"] is True
    assert "root" in story["groups"]
    assert story["afterLogout"] != 200
