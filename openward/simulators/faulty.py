"""What goes wrong on demand with the stand-ins of record systems: a list says how the next requests are answered."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from aiohttp import web

Fault: TypeAlias = int | str | None
_WORDS: Final = frozenset(("slow", "lost", "cut"))


@dataclass(slots=True)
class Faults:
    """`waiting`: a status; `slow` does what is asked and answers late; `lost` does it and cuts the connection; `cut`
    does nothing and cuts it; None is the usual. late_s: longer than anybody waits.
    """

    waiting: list[Fault] = field(default_factory=list)
    late_s: float = 10.0

    async def meet(self, request: web.Request, answer: Callable[[], Awaitable[web.Response]]) -> web.Response:
        """Answer one request as the list says."""
        fault = self.waiting.pop(0) if self.waiting else None
        if isinstance(fault, int) and fault != 200:
            return web.json_response({"error": "Refused"}, status=fault)
        if fault == "cut":
            return _cut(request)
        found = await answer()
        if fault == "slow":
            await asyncio.sleep(self.late_s)
        return _cut(request) if fault == "lost" else found

    async def take(self, request: web.Request) -> web.Response:
        """POST /simulator/faults: the new list."""
        said = await request.json()
        if not isinstance(said, list) or not all(_is_fault(one) for one in said):
            return web.json_response({"error": "a list of statuses, slow, lost, cut and null"}, status=400)
        self.waiting = said
        return web.json_response(said)


def _is_fault(said: object) -> bool:
    return said is None or said in _WORDS or (isinstance(said, int) and 200 <= said < 600)


def _cut(request: web.Request) -> web.Response:
    """End the connection in place of an answer."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
