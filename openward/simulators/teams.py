"""Microsoft Graph as far as meetings go: `POST /v1.0/me/onlineMeetings`. For tests, rehearsals and newcomers.

Any bearer token will do but `refused`. Without meetings of its own it knows nothing and keeps nothing but a list.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

REFUSED = "refused"


@dataclass(slots=True)
class Teams:
    """What stands for Graph. `meetings`: what was made, newest last; a `status` other than 201 makes none."""

    meetings: list[dict[str, Any]] = field(default_factory=list)
    status: int = 201

    def app(self) -> web.Application:
        """The server."""
        made = web.Application()
        made.add_routes([web.post("/v1.0/me/onlineMeetings", self._make)])
        return made

    async def _make(self, request: web.Request) -> web.Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token or token == REFUSED:
            return _refuse(401, "InvalidAuthenticationToken")
        if self.status != 201:
            return _refuse(self.status, "Refused")
        asked = await request.json()
        if not {"startDateTime", "endDateTime"} <= asked.keys():
            return _refuse(400, "BadRequest")
        name = secrets.token_hex(16)
        join = f"https://teams.microsoft.com/v2/?meetingjoin=true&meeting={name}"
        self.meetings.append({"id": name, "joinWebUrl": join} | asked)
        return web.json_response(self.meetings[-1], status=201)


def _refuse(status: int, code: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": code}}, status=status)
