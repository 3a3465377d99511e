"""Ask the server whether it is ready, as anybody else would."""

import asyncio
from collections.abc import Callable

from openward.cli.tree.listen import Listener

_STEP_S = 0.05
_ANSWER_S = 10.0


async def await_ready(listener: Listener, check: Callable[[], None]) -> None:
    """Return when `/health/ready` answers 200; `check` is called between tries and raises when there is no hope."""
    while True:
        check()
        try:
            async with asyncio.timeout(_ANSWER_S):
                if await _answers(listener.probe_host, listener.port):
                    return
        except (OSError, TimeoutError):
            pass
        await asyncio.sleep(_STEP_S)


async def _answers(host: str, port: int) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        await writer.drain()
        return (await reader.readline()).split(b" ")[1:2] == [b"200"]
    finally:
        writer.close()
