"""The listening socket: opened once by the supervisor and handed to every API process.

A shared socket keeps the connections that wait in its queue when one process dies, and a second server on the same port
is refused; with a socket of their own for each process (SO_REUSEPORT) both would be lost.
"""

import errno
import socket
from dataclasses import dataclass

from openward.cli.outcome import BadInput, Failed

BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound socket. host, port: what it is bound to, with the port that was picked."""

    socket: socket.socket
    host: str
    port: int

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://{_bracketed(self.host)}:{self.port}"

    @property
    def probe_host(self) -> str:
        """Where the supervisor itself reaches the socket."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104


def listen(host: str, port: int) -> Listener:
    """Bind host and port (0 picks a free one); Failed or BadInput say what to do when that is not possible."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise BadInput(f"--host {host}: this name or address is not known here.") from None
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.bind(address)
    except OSError as error:
        opened.close()
        raise Failed(_hint(error, host, port)) from None
    opened.setblocking(False)
    return Listener(opened, host, opened.getsockname()[1])


def _hint(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken. Stop the program that uses it, or choose another one with --port (0 picks one)."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights. Choose one above 1023 with --port and put a reverse proxy before it."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine. Use 127.0.0.1 for this machine only, 0.0.0.0 for all."
    return f"Cannot listen on {host} port {port}: {error.strerror}."


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host or "127.0.0.1"
