"""The stand-in for Microsoft Graph as an operator starts it."""

import json
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest


def test_meetings_are_made_for_whoever_shows_a_token() -> None:
    command = [sys.executable, "-m", "openward", "simulate", "teams", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            times = {"startDateTime": "2026-03-10T12:00:00Z", "endDateTime": "2026-03-10T12:15:00Z"}

            def make(token: str) -> int:
                headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
                asked = Request(f"{url}/me/onlineMeetings", json.dumps(times).encode(), headers)
                with urlopen(asked, timeout=30) as answer:
                    assert json.load(answer)["joinWebUrl"].startswith(
                        "https://teams.microsoft.com/v2/?meetingjoin=true"
                    )
                    return int(answer.status)

            assert make("any") == 201
            with pytest.raises(HTTPError) as refused:
                make("refused")
            assert refused.value.code == 401
            refused.value.close()
        finally:
            process.terminate()
