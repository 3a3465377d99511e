"""Ids that a process makes up by counting are not those of a process forked from it."""

import os
from datetime import UTC, datetime

from openward.care.identity.shapes import hex24

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def test_a_forked_process_counts_for_itself() -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, hex24(NOW).encode())
        finally:
            os._exit(0)
    os.close(writing)
    theirs = os.read(reading, 100).decode()
    os.waitpid(pid, 0)
    os.close(reading)
    ours = hex24(NOW)
    assert ours[:8] == theirs[:8] == f"{int(NOW.timestamp()):08x}"
    assert ours[8:18] != theirs[8:18]
