"""Threads for work that takes the processor for long, in every process its own."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Threads:
    """At most `count` threads, begun when they are needed; a forked process begins its own, as threads stay behind."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._renew()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._pool = ThreadPoolExecutor(self._count, thread_name_prefix=self._name)

    async def run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What `work` returns; more callers than threads wait their turn."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(*args, **kwargs))
