"""The process tree: starts, says so, drains, restarts what dies, and recovers from being killed."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.running import Running, call, is_alive, make_account, openward, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "installation"


@pytest.fixture
def server(folder: Path) -> Iterator[Running]:
    running = Running("serve", folder, "--port", "0", "--processes", "2")
    yield running
    if running.process.poll() is None:
        running.kill_all()


def test_it_says_ready_once_and_stops_in_time(server: Running) -> None:
    url = server.ready()
    assert call(f"{url}/health/ready")[0] == 200
    assert len(server.children("openward-api")) == 2
    assert len(server.children("openward-jobs")) == 1
    children = server.children("")
    assert server.stop() < 10
    assert server.process.returncode == 0
    assert server.process.stdout is not None
    assert server.process.stdout.read() == b""
    assert not [pid for pid in children if is_alive(pid)]


def test_a_request_under_way_is_answered_before_the_end(server: Running) -> None:
    address = urlsplit(server.ready())
    body = json.dumps(
        {"username": "late@example.org", "emails": ["late@example.org"], "password": "Correct-horse-7"}
    ).encode()
    head = (
        f"POST /auth/user HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=15) as connection:
        connection.sendall(head.encode() + body[:10])
        until(lambda: call(f"{address.geturl()}/health/live")[0] == 200)
        server.process.send_signal(signal.SIGTERM)
        until(lambda: call(f"{address.geturl()}/health/live")[0] == 0)
        connection.sendall(body[10:])
        assert b" 201 " in connection.recv(4096).partition(b"\r\n")[0]
    assert server.process.wait(10) == 0


def test_every_part_that_dies_is_started_again(server: Running) -> None:
    url = server.ready()
    for word in ("openward-api", "openward-jobs"):
        killed = server.children(word)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        until(lambda word=word, killed=killed: len(set(server.children(word)) - set(killed)) == len(killed))
    until(lambda: call(f"{url}/health/ready")[0] == 200)
    assert make_account(url, "one@example.org") == 201
    (database,) = server.children("pgdata")
    os.kill(database, signal.SIGKILL)
    until(lambda: [pid for pid in server.children("pgdata") if pid != database])
    until(lambda: make_account(url, "two@example.org") == 201)
    assert make_account(url, "one@example.org") == 409
    assert server.stop() < 10


@pytest.mark.parametrize("whole", [False, True], ids=["supervisor", "everything"])
def test_a_kill_loses_nothing_and_leaves_nothing(server: Running, folder: Path, whole: bool) -> None:
    url = server.ready()
    assert make_account(url, "kept@example.org") == 201
    children = server.children("")
    if whole:
        server.kill_all()
    else:
        server.process.kill()
        server.process.wait(10)
    until(lambda: not [pid for pid in children if is_alive(pid)])
    again = Running("serve", folder, "--port", str(urlsplit(url).port))
    try:
        assert make_account(again.ready(), "kept@example.org") == 409
        assert again.stop() < 10
    finally:
        if again.process.poll() is None:
            again.kill_all()


def test_a_port_in_use_is_refused_with_advice(server: Running, tmp_path: Path) -> None:
    port = urlsplit(server.ready()).port
    refused = openward("serve", "--port", str(port), "--data-dir", str(tmp_path / "other"), check=False)
    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert "--port" in refused.stderr
    assert refused.stdout == ""


def test_workers_run_beside_the_server_and_outlive_it(server: Running, folder: Path) -> None:
    server.ready()
    beside = Running("work", folder, "--workers", "2")
    try:
        until(lambda: len(beside.children("openward-jobs")) == 2)
        assert not beside.children("pgdata")
        assert server.stop() < 10
        until(lambda: beside.children("pgdata"))
        again = Running("serve", folder, "--port", "0", "--no-jobs")
        url = again.ready()
        assert not again.children("openward-jobs")
        assert make_account(url, "beside@example.org") == 201
        # The database belongs to the workers now; when they go, the server starts one of its own.
        assert beside.stop() < 10
        until(lambda: make_account(url, "beside2@example.org") == 201)
        assert make_account(url, "beside@example.org") == 409
        assert again.stop() < 10
    finally:
        for running in (beside, again):
            if running.process.poll() is None:
                running.kill_all()
