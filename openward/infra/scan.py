"""Let an outside program look at a file before it is kept, such as a virus scanner."""

import asyncio
import contextlib
import shlex
from collections.abc import AsyncIterable
from enum import Enum, auto

SECONDS = 60


class Verdict(Enum):
    """What the program says of a file."""

    CLEAN = auto()
    REFUSED = auto()
    UNKNOWN = auto()
    """It could not be asked, did not end in time, or failed."""


async def scan(command: str, content: AsyncIterable[bytes], *, seconds: float = SECONDS) -> Verdict:
    """Run `command` with the content on its standard input: exit status 0 is clean, 1 refused, anything else unknown.

    That is how `clamdscan -` answers. What the program prints is not read: it may repeat parts of the file.
    """
    try:
        program = await asyncio.create_subprocess_exec(
            *shlex.split(command),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except (OSError, ValueError):
        return Verdict.UNKNOWN
    try:
        async with asyncio.timeout(seconds):
            await _feed(program, content)
            status = await program.wait()
    except TimeoutError:
        return Verdict.UNKNOWN
    finally:
        if program.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                program.kill()
            await program.wait()
    return {0: Verdict.CLEAN, 1: Verdict.REFUSED}.get(status, Verdict.UNKNOWN)


async def _feed(program: asyncio.subprocess.Process, content: AsyncIterable[bytes]) -> None:
    """Hand the content over; a program that has seen enough may stop reading."""
    if program.stdin is None:
        raise ValueError("the program was started without a standard input")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        async for chunk in content:
            program.stdin.write(chunk)
            await program.stdin.drain()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        program.stdin.close()
