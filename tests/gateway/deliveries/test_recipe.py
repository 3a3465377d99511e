"""What the page for developers of receivers shows, run as it stands: the program, and the lines for a shell."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from openward.infra.salted_text import encrypt

from .conftest import House, until_states

pytestmark = pytest.mark.anyio
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "receive-webhooks.md"


def shown(language: str, holding: str) -> str:
    """The block of code on the page that holds this word."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if holding in block]
    return str(found)


def a_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def test_the_shown_receiver_reads_real_deliveries(house: House, tmp_path: Path) -> None:
    script, port = tmp_path / "receiver.py", a_port()
    script.write_text(shown("python", "Receiver"), "utf-8")
    receiver, key = await house.receiver(url=f"http://127.0.0.1:{port}/hook")
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        str(port),
        env=os.environ | {"WEBHOOK_KEY": receiver.secret},
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    try:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                assert program.returncode is None, "it does not run"
                await asyncio.sleep(0.05)
        writer.close()
        numbers = await house.appointments(3)
        await house.engine()
        await until_states(house, key, *["delivered"] * 3)
        told = [json.loads(await program.stdout.readline()) for _ in numbers]
    finally:
        program.terminate()
        await program.wait()
    assert told == [{"event": "appointment:scheduled", "data": {"appointmentId": number}} for number in numbers]


@pytest.mark.skipif(not shutil.which("openssl") or not shutil.which("sha256sum"), reason="needs openssl and coreutils")
async def test_the_lines_for_a_shell_read_a_body(tmp_path: Path) -> None:
    secret, plain = "39VNjjSpgoUWMbUhVCjAoQ==", '{"event":"appointment:scheduled","data":{"appointmentId":1}}'
    (tmp_path / "body").write_text(encrypt(secret, plain.encode()), "ascii")
    done = await asyncio.to_thread(
        subprocess.run,
        ["sh", "-c", shown("sh", "openssl")],
        cwd=tmp_path,
        env=os.environ | {"WEBHOOK_KEY": secret},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == plain
