"""One server process that is our child: started as the right account, watched, and stopped in good order."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from openward.infra.postgres.account import Account
from openward.infra.postgres.binaries import ClusterError
from openward.infra.postgres.launch import UNREACHABLE

LAUNCHER = Path(__file__).with_name("launch.py")


def launch_command(account: Account, needs: Sequence[Path], argv: Sequence[str]) -> list[str]:
    """The command that becomes `argv` as this account; `needs` are the paths it must be able to reach."""
    plan = {"argv": list(argv), "parent": os.getpid(), "needs": [str(path) for path in needs]}
    if account.is_other:
        plan |= {"user_id": account.user_id, "group_id": account.group_id}
    return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(plan)]


def environment() -> dict[str, str]:
    """A plain environment, so that a start does not depend on who starts it; never somebody's PG* variables."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **kept}


def run_as(account: Account, needs: Sequence[Path], argv: Sequence[str], feed: str = "") -> str:
    """Run one program of the installation to its end and return what it printed; ClusterError if it fails."""
    done = subprocess.run(
        launch_command(account, needs, argv),
        input=feed,
        capture_output=True,
        text=True,
        cwd="/",
        env=environment(),
        start_new_session=True,
        check=False,
    )
    if done.returncode == UNREACHABLE:
        raise unreachable(account, done.stderr)
    if done.returncode != 0:
        raise ClusterError(f"{Path(argv[0]).name} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout + done.stderr


def unreachable(account: Account, reason: str) -> ClusterError:
    """The error for an account that cannot reach a file it needs."""
    return ClusterError(
        f"The database runs as the account with number {account.user_id}, which cannot reach {reason.strip()}. "
        "Choose a data folder that every account may pass through (for example below /var/lib), start Openward as "
        "an ordinary user, or allow the capability CAP_DAC_READ_SEARCH in this container."
    )


class ServerProcess:
    """A running `postgres`, kept by a thread of its own.

    The kernel signals the child when the *thread* that made it ends, so that thread must live as long as the server;
    a thread borrowed from a pool might not.
    """

    def __init__(self, command: Sequence[str], log: Path, pass_fd: int) -> None:
        """Start the command, with its output appended to the log and the lock in `pass_fd` handed over to it."""
        self._command = list(command)
        self._log = log
        self._pass_fd = pass_fd
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._started = threading.Event()
        self._ended = threading.Event()
        threading.Thread(target=self._keep, name="postgres-keeper", daemon=True).start()
        self._started.wait()
        if self._failure is not None:
            raise ClusterError(f"The database server cannot be started: {self._failure}") from self._failure

    def _keep(self) -> None:
        try:
            handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=handle,
                    stderr=handle,
                    cwd="/",
                    env=environment(),
                    pass_fds=(self._pass_fd,),
                    # A session of its own keeps the terminal's Ctrl-C away: the application drains first.
                    start_new_session=True,
                )
            finally:
                os.close(handle)
        except OSError as error:
            self._failure = error
            self._ended.set()
            self._started.set()
            return
        self._started.set()
        self._process.wait()
        self._ended.set()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The child process."""
        assert self._process is not None
        return self._process

    def wait(self, timeout_s: float | None) -> bool:
        """Wait until the server has ended; says whether it has."""
        return self._ended.wait(timeout_s)

    def stop(self, timeout_s: float) -> None:
        """Fast shutdown, which ends clients and writes a checkpoint; after the timeout the immediate one.

        The immediate one loses nothing that was acknowledged, but the next start has to recover.
        """
        for sign, patience_s in ((signal.SIGINT, timeout_s), (signal.SIGQUIT, 8.0), (signal.SIGKILL, 8.0)):
            if self._ended.is_set():
                return
            self.process.send_signal(sign)
            if self._ended.wait(patience_s):
                return


def server_command(program: str, pgdata: Path, settings: Mapping[str, str]) -> list[str]:
    """The command line of the server."""
    return [program, "-D", str(pgdata), *(f"--{name}={value}" for name, value in settings.items())]
