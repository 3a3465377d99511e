"""Call out: HTTP to addresses that others give us, without letting them reach into our own network."""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver
from multidict import CIMultiDictProxy
from yarl import URL

TOTAL_S = 30.0
CONNECT_S = 10.0
RESPONSE_LIMIT_BYTES = 16 * 1024 * 1024
# An address in one of these ranges carries an IPv4 address, to which a gateway would bring the packets.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class CallFailed(Exception):
    """No usable answer came; `reason` is a short stable word and holds no address or content."""

    def __init__(self, reason: str) -> None:
        """reason: `timeout`, `connection`, `address-refused`, `too-large`, `bad-url`, `broken-answer`."""
        super().__init__(reason)
        self.reason = reason


class AddressRefused(OSError):
    """The address lies in a private, local or reserved range."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, read whole."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, also when it wraps another one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


_LONGEST_URL = 2048
_LOOK_UP_S = 3.0


def is_web_address(url: str) -> bool:
    """Whether this is an absolute http or https URL that `call` can take."""
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        return False
    try:
        found = URL(url)
    except ValueError:
        return False
    return found.scheme in ("http", "https") and bool(found.host) and found.port is not None


async def leads_inside(url: str) -> bool:
    """Whether the host of a web address is known and all its addresses are private; asks the name service.

    For telling people early: whoever calls goes through a session with the guard, which looks once more when it calls.
    """
    host, port = URL(url).host, URL(url).port
    try:
        async with asyncio.timeout(_LOOK_UP_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return False
    return not any(is_public(str(address[0])) for *_, address in found)


def _guarded_socket(info: Any) -> socket.socket:
    """Make the socket for an address about to be connected to: the last moment, so nothing can change in between."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise AddressRefused("private address")
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


class _PublicResolver(ThreadedResolver):
    """Names resolve to public addresses only, so that a name with both kinds still works."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = [item for item in await super().resolve(host, port, family) if is_public(item["host"])]
        if not found:
            raise AddressRefused("private address")
        return found


def open_session(*, allow_private: bool = False, total_s: float = TOTAL_S, limit: int = 100) -> aiohttp.ClientSession:
    """One session for a process: no cookies, no proxies from the environment, at most `limit` calls at once.

    With `allow_private` (tests, partner clouds within the own network) the address guard is off.
    """
    if allow_private:
        connector = aiohttp.TCPConnector(limit=limit)
    else:
        connector = aiohttp.TCPConnector(limit=limit, resolver=_PublicResolver(), socket_factory=_guarded_socket)
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=total_s, connect=CONNECT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "Openward"},
        trust_env=False,
    )


async def call(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    params: Mapping[str, str] | None = None,
    limit_bytes: int = RESPONSE_LIMIT_BYTES,
    is_cut: bool = False,
    total_s: float | None = None,
) -> Answer:
    """One request and its whole answer, whatever its status; raises CallFailed. Redirects are answers like others.

    A longer answer than `limit_bytes` is refused, or cut there (is_cut) when only its status matters.
    """
    timeout = aiohttp.ClientTimeout(total=total_s, connect=CONNECT_S) if total_s is not None else session.timeout
    try:
        async with session.request(
            method, url, headers=headers, data=body, params=params, allow_redirects=False, timeout=timeout
        ) as response:
            return Answer(response.status, response.headers, await _read(response, limit_bytes, is_cut))
    except TimeoutError:
        raise CallFailed("timeout") from None
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError):
        raise CallFailed("bad-url") from None
    except aiohttp.ClientConnectorError as error:
        refused = isinstance(error.os_error, AddressRefused)
        raise CallFailed("address-refused" if refused else "connection") from None
    except (aiohttp.ClientConnectionError, OSError):
        raise CallFailed("connection") from None
    except (aiohttp.ClientError, asyncio.IncompleteReadError):
        raise CallFailed("broken-answer") from None


async def _read(response: aiohttp.ClientResponse, limit_bytes: int, is_cut: bool) -> bytes:
    # Chunks come out of the decompression, so this also ends a small answer that unfolds into a huge one.
    content = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > limit_bytes:
            response.close()
            if is_cut:
                return bytes(content[:limit_bytes])
            raise CallFailed("too-large")
    return bytes(content)
