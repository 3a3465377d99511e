"""The line that requests to one partner stand in, when its policy limits their number."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

_AHEAD_S = 0.25
"""Places are taken for so long ahead at most: few statements, and little is lost with a process that dies."""


class Line:
    """One process's end of the line that all workers share.

    Places are reserved only for those who wait already and the next only when these are used, so that a busy process
    does not take them from the others.
    """

    def __init__(self, reserve: Callable[[int], Awaitable[float]], spacing_s: float) -> None:
        """reserve: takes so many places and gives the seconds until the first; spacing_s: from one to the next."""
        self._reserve = reserve
        self._spacing_s = spacing_s
        self._most = max(1, int(_AHEAD_S / spacing_s))
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._serving: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Return when it is the caller's turn to send one request; raises what `reserve` raises."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        await turn

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while (first := self._next()) is not None:
            self._waiting.appendleft(first)
            count = min(len(self._waiting), self._most)
            try:
                at = loop.time() + await self._reserve(count)
            except Exception as error:
                self._refuse(error)
                return
            for place in range(count):
                await asyncio.sleep(max(0.0, at + place * self._spacing_s - loop.time()))
                turn = self._next()
                if turn is None:
                    return
                turn.set_result(None)

    def _next(self) -> asyncio.Future[None] | None:
        """The first who still waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                return turn
        return None

    def _refuse(self, error: Exception) -> None:
        while (turn := self._next()) is not None:
            turn.set_exception(error)
