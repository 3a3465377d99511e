"""One child process that is kept alive: started, and after a growing pause started again whenever it ends."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from openward.cli.tree.child import fork
from openward.cli.tree.plan import Plan
from openward.infra.logs import get_log

log = get_log("openward.supervisor")
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0
# A child that lived this long was well; its next start begins with the short pause again.
_WELL_AFTER_S = 10.0


class Child:
    """A process of one role (`api`, `jobs`, `hl7v2`); `deaths`: how often in a row it ended soon after its start."""

    def __init__(self, role: str, plan: Callable[[], Plan], stopping: asyncio.Event) -> None:
        """plan: asked anew before each start, as the address of the database may change."""
        self.role = role
        self.deaths = 0
        self._plan = plan
        self._stopping = stopping
        self._pid = 0
        self._gone = asyncio.Event()
        self._gone.set()

    async def keep(self) -> None:
        """Keep it alive until `stopping` is set."""
        while not self._stopping.is_set():
            began = time.monotonic()
            status = await self._live()
            if self._stopping.is_set():
                return
            self.deaths = 0 if time.monotonic() - began > _WELL_AFTER_S else self.deaths + 1
            pause_s = min(_FIRST_PAUSE_S * 2 ** max(self.deaths - 1, 0), _LONGEST_PAUSE_S)
            log.warning("child ended and is started again", process=self.role, status=status, delay_s=pause_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause_s)

    async def _live(self) -> int:
        """One life, from its start to its end; the exit status, negative for a signal."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[int] = loop.create_future()
        self._pid, watched = fork(self.role, self._plan())
        self._gone.clear()

        def end() -> None:
            loop.remove_reader(watched)
            os.close(watched)
            # Its descriptors go a moment before the process is one that can be waited for.
            _, status = os.waitpid(self._pid, 0)
            self._gone.set()
            if not ended.done():
                ended.set_result(os.waitstatus_to_exitcode(status))

        loop.add_reader(watched, end)
        return await ended

    def terminate(self) -> None:
        """Ask it to finish what is under way and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it now."""
        self._signal(signal.SIGKILL)

    def _signal(self, sign: signal.Signals) -> None:
        # Until it has been waited for, its number is its own.
        if not self._gone.is_set():
            os.kill(self._pid, sign)

    async def ended(self) -> None:
        """Wait until the process is gone."""
        await self._gone.wait()
