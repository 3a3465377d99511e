"""One API process: the application on Granian, on the socket that the supervisor opened.

Granian runs embedded in our own event loop. Its usual server would put a process of its own between the supervisor and
the one that answers; measured side by side the embedded form is within a tenth of it.
"""

import asyncio
import logging
import signal
from typing import Any

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.embed import Server

from openward.app import build
from openward.cli.tree.listen import BACKLOG
from openward.cli.tree.plan import Plan


class _OnSocket(Server):
    """Granian on a socket that is open already."""

    def __init__(self, app: Any, descriptor: int) -> None:
        super().__init__(app, interface=Interfaces.ASGI, log_enabled=False, backlog=BACKLOG, backpressure=BACKLOG)
        self._descriptor = descriptor

    def _init_shared_socket(self) -> None:
        make: Any = SocketHolder  # its published types leave the constructor out
        held: Any = self
        held._shd, held._sfd = make(self._descriptor, False, BACKLOG), self._descriptor

    def drain(self) -> None:
        """Take no new connection; requests under way are answered before `serve` returns."""
        self.interrupt_signal = True
        self.main_loop_interrupt.set()


async def run_api(plan: Plan) -> None:
    """Serve until SIGTERM."""
    # It announces each of its steps, and that the embedded form is young; neither says anything to an operator.
    logging.getLogger("_granian").setLevel(logging.ERROR)
    app = build(plan.settings, plan.dsn)
    server = _OnSocket(app, plan.socket)
    stopping: list[asyncio.Task[None]] = []

    async def stop() -> None:
        # Once the server drains, nothing reaches a WebSocket any more; so they are closed first.
        await app.state.hub.hang_up()
        server.drain()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: stopping.append(asyncio.create_task(stop())))
    await server.serve()
