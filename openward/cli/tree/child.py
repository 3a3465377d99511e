"""The entry of a child process: `python -m openward.cli.tree.child ROLE PARENT`, its plan on standard input."""

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openward.cli.tree.plan import Plan

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent is gone, however it went.

    SIGKILL, because a child that lingers would keep the port from the next start; nothing that was acknowledged can be
    lost by it, for that was committed before.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the supervisor is gone")


def _part(role: str) -> Callable[["Plan"], Coroutine[Any, Any, None]]:
    """What a child of this role runs; each imports no more than it needs."""
    if role == "api":
        from openward.cli.tree.api import run_api

        return run_api
    if role == "hl7v2":
        from openward.cli.tree.feed import run_feed

        return run_feed
    from openward.cli.tree.jobs import run_jobs

    return run_jobs


def main() -> None:
    """Become an API process, a job worker or the listener for HL7 messages."""
    role, parent = sys.argv[1], int(sys.argv[2])
    die_with_parent(parent)
    # Ctrl-C in a terminal reaches the whole group; only the supervisor decides when a child stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What is imported stays: to look through it for garbage would be a tenth of the start.
    gc.disable()
    import uvloop

    from openward.cli.tree.plan import decode
    from openward.infra.logs import get_log, set_up_logs
    from openward.infra.tracing import set_up_tracing

    plan = decode(sys.stdin.buffer.read())
    set_up_logs(plan.settings.log_level)
    set_up_tracing(enabled=plan.settings.tracing, service=f"openward-{role}")
    try:
        run = _part(role)
        gc.freeze()
        # A batch makes thousands of small objects and drops them again, none in a cycle; at the usual thresholds the
        # collector looks at them over and over.
        gc.set_threshold(100_000, 20, 50)
        gc.enable()
        uvloop.run(run(plan))
    except Exception:
        # The log keeps the places and drops the text of the error, which may quote what somebody sent.
        get_log("openward.child").exception("process ends with an error", process=role)
        sys.exit(1)


if __name__ == "__main__":
    main()
