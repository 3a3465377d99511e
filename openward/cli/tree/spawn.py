"""One child process that is kept alive: started, and after a growing pause started again whenever it ends."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from openward.cli.tree.plan import Plan, encode
from openward.config import Settings
from openward.gateway.measure import SHARED_FOLDER
from openward.infra.logs import get_log

log = get_log("openward.supervisor")
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0
# A child that lived this long was well; its next start begins with the short pause again.
_WELL_AFTER_S = 10.0


def figures_folder(settings: Settings) -> Path:
    """Where the processes of this tree keep the figures that `/metrics` shows; emptied when the tree starts."""
    return settings.data_dir / "run" / f"figures-{os.getpid()}"


class Child:
    """A process of one role (`api`, `jobs`, `hl7v2`); `deaths`: how often in a row it ended soon after its start."""

    def __init__(self, role: str, plan: Callable[[], Plan], stopping: asyncio.Event) -> None:
        """plan: asked anew before each start, as the address of the database may change."""
        self.role = role
        self.deaths = 0
        self._plan = plan
        self._stopping = stopping
        self._process: asyncio.subprocess.Process | None = None

    async def keep(self) -> None:
        """Keep it alive until `stopping` is set."""
        while not self._stopping.is_set():
            began = time.monotonic()
            self._process = await self._start()
            status = await self._process.wait()
            if self._stopping.is_set():
                return
            self.deaths = 0 if time.monotonic() - began > _WELL_AFTER_S else self.deaths + 1
            pause_s = min(_FIRST_PAUSE_S * 2 ** max(self.deaths - 1, 0), _LONGEST_PAUSE_S)
            log.warning("child ended and is started again", process=self.role, status=status, delay_s=pause_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause_s)

    async def _start(self) -> asyncio.subprocess.Process:
        plan = self._plan()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the working folder is no place to import from
            "-m",
            "openward.cli.tree.child",
            self.role,
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=sys.stderr.fileno(),  # standard output is the supervisor's own
            pass_fds=() if plan.socket < 0 else (plan.socket,),
            env=os.environ | {SHARED_FOLDER: str(figures_folder(plan.settings))},
        )
        assert process.stdin is not None
        with suppress(ConnectionError):
            process.stdin.write(encode(plan))
            await process.stdin.drain()
        process.stdin.close()
        return process

    def terminate(self) -> None:
        """Ask it to finish what is under way and end."""
        self._signal("terminate")

    def kill(self) -> None:
        """End it now."""
        self._signal("kill")

    def _signal(self, how: str) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                getattr(self._process, how)()

    async def ended(self) -> None:
        """Wait until the process is gone."""
        if self._process is not None:
            await self._process.wait()
