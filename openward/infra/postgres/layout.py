"""What lies where in the folder of a cluster, and the two locks that say who starts it and whether it runs.

start.lock    held by the one process that is looking after the start
run.lock      held by the server itself and all its children, so it is free exactly when none of them lives
pgdata/       PostgreSQL's own files; it appears by a rename only when it is complete
password      of the role `openward`, readable by whoever owns the folder
socket/       the server's only door; when its path is too long for a socket, `socket-path` names another folder
server.log    what the server says; `server.log.1` is the one before
"""

import fcntl
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from openward.infra.postgres.account import Account

# The kernel takes 107 bytes for the whole path of a socket; some tools take fewer.
LONGEST_SOCKET_PATH = 100
LOG_LIMIT_BYTES = 10 * 1024 * 1024
ROLE = "openward"
DATABASE = "openward"
PORT = 5432


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one cluster folder."""

    folder: Path

    @property
    def pgdata(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder / "pgdata"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "server.log"

    @property
    def cluster_name(self) -> str:
        """A name that all processes of this server carry in their titles, unique among living servers."""
        place = self.folder.stat()
        return f"openward-{place.st_dev:x}-{place.st_ino:x}"

    def password(self) -> str | None:
        """The kept password of the role `openward`, or None when there is none (any more)."""
        try:
            return (self.folder / "password").read_text().strip() or None
        except FileNotFoundError:
            return None

    def keep_password(self, password: str) -> None:
        """Write the password so that a reader sees the whole of it or nothing."""
        fresh = self.folder / f"password.{secrets.token_hex(4)}"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(password + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self.folder / "password")
        sync_folder(self.folder)

    def socket_dir(self) -> Path:
        """Where clients find the socket of a running server."""
        try:
            return Path((self.folder / "socket-path").read_text().strip())
        except FileNotFoundError:
            return self.folder / "socket"

    def make_socket_dir(self, account: Account) -> Path:
        """Make the folder of the socket for a new start, private to the account, and record it if it is elsewhere."""
        near = self.folder / "socket"
        record = self.folder / "socket-path"
        if _fits(near):
            record.unlink(missing_ok=True)
            near.mkdir(exist_ok=True)
            account.give(near, 0o700)
            return near
        kept = self.socket_dir()
        if kept != near and _is_private(kept, account):
            return kept
        far = Path(tempfile.mkdtemp(prefix="openward-"))
        if not _fits(far):
            far.rmdir()
            far = Path(tempfile.mkdtemp(prefix="openward-", dir="/tmp"))
        account.give(far, 0o700)
        record.write_text(f"{far}\n")
        return far

    def dsn(self, password: str) -> str:
        """The address of the database for asyncpg and libpq."""
        host = quote(str(self.socket_dir()), safe="")
        return f"postgresql://{ROLE}:{quote(password, safe='')}@/{DATABASE}?host={host}&port={PORT}"

    def rotate_log(self) -> None:
        """Put a log that has grown large aside; one older one is kept."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.folder / "server.log.1")

    def log_tail(self, since: int) -> str:
        """The last few lines that the server wrote after the log had this many bytes."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(since, self.log.stat().st_size - 4000))
                return "\n".join(file.read().decode(errors="replace").splitlines()[-8:])
        except OSError:
            return ""


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH


def _is_private(folder: Path, account: Account) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.user_id and stat.S_IMODE(found.st_mode) == 0o700


def sync_folder(folder: Path) -> None:
    """Make names just created or renamed in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def lock_file(path: Path) -> Iterator[int]:
    """Open a lock file and yield its descriptor; closing it gives up whatever lock was taken through it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
