"""The simulated partner clouds as an operator starts them."""

import json
import subprocess
import sys
from urllib.request import Request, urlopen

import pytest


def _run(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "openward", "simulate", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("name", ["dexcom", "pump"])
def test_it_says_where_it_is_and_who_may_log_in(name: str) -> None:
    process = _run(name, "--port", "0", "--people", "2", "--days", "2", "--client-id", "c", "--faults", "late=0.5")
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert (ready["partner"], ready["client_id"], ready["people"]) == (name, "c", 2)
        assert ready["logins"][1] == {"login": "person2", "password": "secret"}
        assert f"http://localhost:8000/v1/oauth/{name}/redirect" in ready["redirect_uris"]
        with urlopen(Request(ready["url"] + "/simulator/people/1/grant", method="POST")) as answer:
            token = json.load(answer)["access_token"]
        path = {"dexcom": "/v3/users/self/dataRange", "pump": "/api/v1/users/self/span"}[name]
        with urlopen(Request(ready["url"] + path, headers={"authorization": f"Bearer {token}"})) as answer:
            assert json.load(answer)["userId"]
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(
    ("words", "told"),
    [(["--faults", "fire=1"], "no such fault"), (["--origin", "noon"], "write a time"), (["--people", "0"], "range")],
    ids=["fault", "origin", "people"],
)
def test_what_makes_no_sense_is_refused(words: list[str], told: str) -> None:
    process = _run("dexcom", *words)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 2
    assert told in error
