"""Threads of work that takes the processor: bounded, and there in a forked process, too."""

import asyncio
import os
import threading
import time

import pytest

from openward.infra.threads import Threads

pytestmark = pytest.mark.anyio


async def test_never_more_at_once_than_were_asked_for() -> None:
    threads, seen = Threads(2, "few"), []
    lock = threading.Lock()
    busy = 0

    def work(number: int) -> int:
        nonlocal busy
        with lock:
            busy += 1
            seen.append(busy)
        time.sleep(0.01)
        with lock:
            busy -= 1
        return number

    assert await asyncio.gather(*(threads.run(work, number) for number in range(10))) == list(range(10))
    assert max(seen) <= 2


async def test_an_error_comes_back() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await Threads(1, "one").run(int, "x")


async def test_a_forked_process_has_its_own() -> None:
    threads = Threads(1, "one")
    assert await threads.run(os.getpid) == os.getpid()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, str(asyncio.run(_with_a_limit(threads))).encode())
        finally:
            os._exit(0)
    os.close(writing)
    told = await asyncio.to_thread(os.read, reading, 100)
    await asyncio.to_thread(os.waitpid, pid, 0)
    os.close(reading)
    assert told == str(pid).encode()


async def _with_a_limit(threads: Threads) -> int:
    async with asyncio.timeout(10):
        return await threads.run(os.getpid)
