"""A child process: forked from the supervisor, which has imported everything, so that it works within milliseconds.

A process of its own program would import for seconds of processor time, at each start and again whenever one is
replaced; forked ones share what is imported, in memory, too.
"""

import ctypes
import gc
import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from openward.cli.tree.plan import Plan
from openward.infra.logs import get_log, set_up_logs

PR_SET_PDEATHSIG = 1
_PARTS = {
    "api": ("openward.cli.tree.api", "run_api"),
    "hl7v2": ("openward.cli.tree.feed", "run_feed"),
    "jobs": ("openward.cli.tree.jobs", "run_jobs"),
}


def load(roles: Iterable[str]) -> None:
    """Import what children of these roles run; to be called once, before the first `fork`."""
    # What is imported stays: to look through it for garbage would be a tenth of the time, and would copy shared memory.
    gc.disable()
    for role in roles:
        importlib.import_module(_PARTS[role][0])
    from openward.gateway.measure import is_shared

    assert is_shared(), "something that counts was imported before share_figures"
    gc.freeze()
    gc.enable()


def fork(role: str, plan: Plan) -> tuple[int, int]:
    """Begin a child of this role; its process id, and a descriptor that can be read to its end when it is gone."""
    supervisor = os.getpid()
    reading, writing = os.pipe()
    # A signal in between would be told to the supervisor, whose handlers a new child still has.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNS)
    pid = os.fork()
    if pid == 0:
        _become(role, plan, supervisor)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNS)
    os.close(writing)
    return pid, reading


_SIGNS = (signal.SIGTERM, signal.SIGINT)


def _become(role: str, plan: Plan, supervisor: int) -> NoReturn:
    """Leave all that is the supervisor's, run the part, and end without a way back into the supervisor's code."""
    status = 1
    try:
        _detach(role, supervisor)
        status = _run(role, plan)
    finally:
        os._exit(status)


def _detach(role: str, supervisor: int) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Ctrl-C in a terminal reaches the whole group; only the supervisor decides when a child stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNS)
    _die_with(supervisor)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)  # standard output is the supervisor's own
    with suppress(OSError):
        Path("/proc/self/comm").write_text(f"openward-{role}", "ascii")


def _die_with(supervisor: int) -> None:
    """Ask the kernel to kill this process when the supervisor is gone, however it went.

    SIGKILL, because a child that lingers would keep the port from the next start; nothing that was acknowledged can be
    lost by it, for that was committed before.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != supervisor:
        os._exit(1)


def _run(role: str, plan: Plan) -> int:
    import uvloop

    from openward.infra.tracing import set_up_tracing

    # Nothing of the supervisor's is cleared away here: it would be closed there, too.
    gc.freeze()
    # A batch makes thousands of small objects and drops them again, none in a cycle; at the usual thresholds the
    # collector looks at them over and over.
    gc.set_threshold(100_000, 20, 50)
    set_up_logs(plan.settings.log_level)
    set_up_tracing(enabled=plan.settings.tracing, service=f"openward-{role}")
    module, name = _PARTS[role]
    run: Callable[[Plan], Coroutine[Any, Any, None]] = getattr(importlib.import_module(module), name)
    try:
        uvloop.run(run(plan))
    except Exception:
        # The log keeps the places and drops the text of the error, which may quote what somebody sent.
        get_log("openward.child").exception("process ends with an error", process=role)
        return 1
    finally:
        set_up_tracing(enabled=False)
        logging.shutdown()
    return 0
