"""Passwords for TURN servers that expire by themselves: what coturn calls `use-auth-secret`.

The server shares one secret with us and keeps no list of users: the user name says until when it holds, and the
password is its HMAC (the scheme of the draft "A REST API For Access To TURN Services").
"""

import base64
import hmac
from datetime import datetime, timedelta
from typing import Any

LIFE = timedelta(hours=12)


def ice_servers(stun_urls: str, turn_urls: str, secret: str, name: str, now: datetime) -> list[dict[str, Any]]:
    """The servers as browsers want them (`RTCIceServer`); addresses are comma separated.

    name: of the session, so that the TURN server's log tells sessions apart; it must not tell who somebody is.
    """
    servers: list[dict[str, Any]] = []
    if stun := _split(stun_urls):
        servers.append({"urls": stun})
    if turn := _split(turn_urls):
        user = f"{int((now + LIFE).timestamp())}:{name}"
        password = base64.b64encode(hmac.digest(secret.encode(), user.encode(), "sha1")).decode()
        servers.append({"urls": turn, "username": user, "credential": password})
    return servers


def _split(urls: str) -> list[str]:
    return [url.strip() for url in urls.split(",") if url.strip()]
