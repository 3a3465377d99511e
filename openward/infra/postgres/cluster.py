"""Open the cluster of a folder: attach to its running server, or start one; exactly one of several openers does."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from openward.infra.postgres.account import Account, server_account
from openward.infra.postgres.binaries import Binaries, ClusterError, find_binaries
from openward.infra.postgres.create import check_version, create_cluster, renew_password, restore_ownership
from openward.infra.postgres.launch import UNREACHABLE
from openward.infra.postgres.layout import PORT, Layout, lock_file, try_lock
from openward.infra.postgres.probe import Answer, ask, end_orphans, is_alive, recorded_pid, says_ready, serves
from openward.infra.postgres.server import ServerProcess, launch_command, server_command, unreachable
from openward.infra.postgres.settings import server_settings

# Recovery after a crash replays the log, which takes minutes on a slow disk; giving up earlier would only repeat it.
START_LIMIT_S = 600.0
NOTE_EVERY_S = 10.0
# Orphans normally leave as soon as they notice; this is for one that is deep in a long query.
ORPHAN_PATIENCE_S = 2.0
WATCH_STEP_S = 0.25


@dataclass(frozen=True)
class RunningCluster:
    """A server that answers, and our part in it.

    `dsn` is what `asyncpg.connect` takes; `owned` says that the server is our child and ends with `stop`.
    """

    data_dir: Path
    dsn: str = field(repr=False)
    server: ServerProcess | None = field(repr=False)

    @property
    def owned(self) -> bool:
        """Whether this process started the server."""
        return self.server is not None

    def alive(self) -> bool:
        """Whether the server still runs; when not, open the cluster again."""
        if self.server is not None:
            return not self.server.wait(0)
        with lock_file(self.data_dir / "run.lock") as handle:
            return not try_lock(handle)

    def watch(self, timeout_s: float | None = None) -> bool:
        """Block until the server has ended, at most this long; says whether it has ended."""
        if self.server is not None:
            return self.server.wait(timeout_s)
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while self.alive():
            if end is not None and time.monotonic() >= end:
                return False
            time.sleep(WATCH_STEP_S)
        return True

    def stop(self, timeout_s: float = 8.0) -> None:
        """Stop the server if it is ours; one that somebody else started goes on."""
        if self.server is not None:
            self.server.stop(timeout_s)

    def __enter__(self) -> "RunningCluster":
        """Use as a context manager."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at the end of the block."""
        self.stop()


def open_cluster(
    data_dir: Path, *, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None
) -> RunningCluster:
    """Attach to the server of this folder or start it, making the cluster first if need be; blocks until it answers.

    data_dir: a folder for the cluster alone; bin_dir: where `postgres` and `initdb` are, else they are looked for;
    settings: server settings that win over ours, for a server that this call starts (`{"fsync": "off"}` in tests).
    Raises ClusterError with a text for the operator.
    """
    try:
        return _open(data_dir.resolve(), bin_dir, settings or {})
    except PermissionError as error:
        raise ClusterError(
            f"This process may not use {error.filename or data_dir}, a part of the database folder. {_advice()}"
        ) from error


def _advice() -> str:
    if os.geteuid() == 0:
        return (
            "This container takes rights away from root: allow CAP_CHOWN, CAP_SETUID, CAP_SETGID, CAP_KILL, "
            "CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, or start Openward as an ordinary user with an empty folder."
        )
    return "Start Openward as the account that made it or as root, or change the owner of the folder."


def _open(folder: Path, bin_dir: Path | None, settings: Mapping[str, str]) -> RunningCluster:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    layout = Layout(folder)
    patience = _Patience()
    with lock_file(folder / "start.lock") as start, lock_file(folder / "run.lock") as run:
        while not try_lock(start):
            patience.wait("Another process is starting the database.")
        while not try_lock(run):
            attached = _attach(layout)
            if attached is not None:
                return attached
            _end_leftovers(layout, patience)
            patience.wait("The last server of this folder is still shutting down.")
        return _start(layout, find_binaries(bin_dir), settings, run, patience)


def _attach(layout: Layout) -> RunningCluster | None:
    password = layout.password()
    if password is None or ask(layout.socket_dir()) is not Answer.READY:
        return None
    return RunningCluster(layout.folder, layout.dsn(password), None)


def _end_leftovers(layout: Layout, patience: "_Patience") -> None:
    pid = recorded_pid(layout.pgdata)
    if patience.waited_s > ORPHAN_PATIENCE_S and (pid is None or not is_alive(pid)):
        end_orphans(layout.cluster_name)


def _start(
    layout: Layout, binaries: Binaries, changes: Mapping[str, str], run: int, patience: "_Patience"
) -> RunningCluster:
    """Start the server while we hold both locks, so nothing of an earlier one lives."""
    account = server_account(layout.pgdata)
    # The server's account has to pass through the folder; its parts stay closed to everybody else.
    layout.folder.chmod(0o711 if account.is_other else 0o700)
    _clear_pid_file(layout)
    if not layout.pgdata.exists():
        create_cluster(layout, binaries, account, durable=changes.get("fsync", "on") == "on")
    check_version(layout, binaries)
    restore_ownership(layout, account)
    if layout.password() is None:
        renew_password(layout, binaries, account)
    socket_dir = layout.make_socket_dir(account)
    # A killed server leaves its socket's lock, which PostgreSQL respects as long as that process id is taken, be it by
    # a stranger or by a zombie that nobody reaps. We hold the lock that says that no server lives, so the file is old.
    (socket_dir / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
    layout.rotate_log()
    said_before = layout.log.stat().st_size if layout.log.exists() else 0
    program = binaries.program("postgres")
    options = server_settings(socket_dir, layout.cluster_name, changes)
    needs = [binaries.folder, Path(program), layout.pgdata, socket_dir]
    command = launch_command(account, needs, server_command(program, layout.pgdata, options))
    server = ServerProcess(command, layout.log, run)
    try:
        _await_ready(layout, server, account, patience, said_before)
    except BaseException:
        server.stop(1.0)
        raise
    password = layout.password()
    assert password is not None
    return RunningCluster(layout.folder, layout.dsn(password), server)


def _clear_pid_file(layout: Layout) -> None:
    """Remove the note of a dead server whose process id now belongs to another program.

    PostgreSQL refuses to start when the id is alive, which after a reboot says nothing. The note stays where the id
    is dead, because PostgreSQL then looks for forgotten shared memory with its help.
    """
    pid = recorded_pid(layout.pgdata)
    if pid is None or not is_alive(pid):
        return
    if serves(pid, layout.pgdata):
        raise ClusterError(
            f"A server that Openward did not start (process {pid}) uses {layout.pgdata}. Stop it first "
            f"(pg_ctl -D {layout.pgdata} stop)."
        )
    (layout.pgdata / "postmaster.pid").unlink(missing_ok=True)


def _await_ready(
    layout: Layout, server: ServerProcess, account: Account, patience: "_Patience", said_before: int
) -> None:
    while not says_ready(layout.pgdata, server.process.pid):
        if server.wait(0.005):
            said = layout.log_tail(said_before)
            if server.process.returncode == UNREACHABLE:
                raise unreachable(account, said)
            raise ClusterError(f"The database server stopped at once. Its last words, from {layout.log}:\n{said}")
        patience.wait("The database is starting; after a crash it first replays its log.", step_s=0.0)


class _Patience:
    """Waiting that tells the operator now and then what for, and ends some day."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._next_note_s = NOTE_EVERY_S

    @property
    def waited_s(self) -> float:
        """How long it has been, in seconds."""
        return time.monotonic() - self._began

    def wait(self, reason: str, step_s: float = 0.05) -> None:
        """Sleep one step; raises ClusterError when the limit is reached."""
        if self.waited_s > START_LIMIT_S:
            raise ClusterError(f"{reason} It has taken {START_LIMIT_S:.0f} seconds, which is too long.")
        if self.waited_s > self._next_note_s:
            self._next_note_s += NOTE_EVERY_S
            os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"{reason} ({self.waited_s:.0f} s)\n".encode())
        time.sleep(step_s)
