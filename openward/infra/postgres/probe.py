"""Ask a server, or the traces it left, how it is: the small part of PostgreSQL's protocol that needs no password."""

import os
import signal
import socket
import struct
from enum import Enum
from pathlib import Path

from openward.infra.postgres.layout import DATABASE, PORT, ROLE

PROTOCOL_3 = 196608


class Answer(Enum):
    """What the socket said."""

    READY = "ready"
    BUSY = "starting up or shutting down"
    SILENT = "nobody there"


def ask(socket_dir: Path, timeout_s: float = 5.0) -> Answer:
    """Knock at the socket: an answer that asks for the password means that the server takes connections."""
    body = struct.pack("!i", PROTOCOL_3)
    body += b"".join(word.encode() + b"\0" for word in ("user", ROLE, "database", DATABASE, ""))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(timeout_s)
        try:
            door.connect(str(socket_dir / f".s.PGSQL.{PORT}"))
            door.sendall(struct.pack("!i", len(body) + 4) + body)
            reply = door.recv(4096)
        except OSError:
            return Answer.SILENT
    if reply[:1] == b"R":
        return Answer.READY
    if reply[:1] == b"E":
        # Only this state means "not now"; too many connections, for one, still means a living server.
        return Answer.BUSY if b"C57P03\0" in reply else Answer.READY
    return Answer.SILENT


def pid_file_lines(pgdata: Path) -> list[str]:
    """The lines of `postmaster.pid`: first the process id, eighth the state; empty when there is none."""
    try:
        return (pgdata / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def recorded_pid(pgdata: Path) -> int | None:
    """The process id that the last server wrote down, dead or alive."""
    lines = pid_file_lines(pgdata)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def says_ready(pgdata: Path, pid: int) -> bool:
    """Whether the server with this process id has noted that it takes connections."""
    lines = pid_file_lines(pgdata)
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def is_alive(pid: int) -> bool:
    """Whether some process has this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def serves(pid: int, pgdata: Path) -> bool:
    """Whether this process is a PostgreSQL server of that folder, as far as the kernel lets us see.

    A server stays in its data folder; where that may not be read, its command line names the folder.
    """
    try:
        if Path(f"/proc/{pid}/comm").read_text().strip() != "postgres":
            return False
        try:
            return os.path.samefile(f"/proc/{pid}/cwd", pgdata)
        except PermissionError:
            return os.fsencode(pgdata) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def end_orphans(cluster_name: str) -> None:
    """Kill what a killed server left behind: its children carry the cluster's name in their titles.

    It is safe because everything acknowledged is in the log that the next start replays.
    """
    for place in Path("/proc").glob("[0-9]*"):
        try:
            title = (place / "cmdline").read_bytes()
            if title.startswith(f"postgres: {cluster_name}: ".encode()):
                os.kill(int(place.name), signal.SIGKILL)
        except OSError:
            continue
