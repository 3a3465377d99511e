"""The door for whoever runs the simulation, below `/simulator`: people, faults, counts, and what there was to fetch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from openward.simulators.cloud.faults import FAULTS

if TYPE_CHECKING:
    from openward.simulators.cloud.server import Cloud

_MOST = 1000


class Operator:
    """Open to everybody who reaches the server, which listens on this machine only."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def routes(self) -> Sequence[web.RouteDef]:
        """GET tells; PUT and POST change."""
        one = "/simulator/people/{number}"
        return [
            web.get("/simulator", self._tell),
            web.get("/simulator/faults", self._faults),
            web.put("/simulator/faults", self._change_faults),
            web.get("/simulator/requests", self._requests),
            web.delete("/simulator/requests", self._forget),
            web.get(one, self._person),
            web.get(one + "/expected", self._expected),
            web.post(one + "/grant", self._grant),
            web.post(one + "/revoke", self._revoke),
        ]

    async def _tell(self, _: web.Request) -> web.Response:
        cloud = self._cloud
        shown = [cloud.person(number).login for number in range(1, min(cloud.count, _MOST) + 1)]
        return _json(
            {
                "partner": cloud.setup.name,
                "now": cloud.world.clock.now().isoformat(timespec="seconds"),
                "people": cloud.count,
                "logins": shown,
                "faults": cloud.world.faults.rates,
                "requests": cloud.counts.total,
            }
        )

    async def _faults(self, _: web.Request) -> web.Response:
        return _json({"rates": self._cloud.world.faults.rates, "known": FAULTS})

    async def _change_faults(self, request: web.Request) -> web.Response:
        """The body holds all that shall happen from now on: {"429": 0.1}."""
        try:
            rates = msgspec.json.decode(await request.read(), type=dict[str, float])
            self._cloud.world.faults.change(rates, self._cloud.world.clock.seconds())
        except (ValueError, msgspec.DecodeError) as error:
            return _json({"error": str(error)}, 400)
        return _json({"rates": self._cloud.world.faults.rates})

    async def _requests(self, _: web.Request) -> web.Response:
        counts = self._cloud.counts
        minutes = {str(minute): count for minute, count in counts.minutes.items()}
        return _json({"total": counts.total, "answers": counts.answers, "minutes": minutes})

    async def _forget(self, _: web.Request) -> web.Response:
        self._cloud.counts.clear()
        return web.Response(status=204)

    async def _person(self, request: web.Request) -> web.Response:
        number = self._number(request)
        found = self._cloud.person(number)
        minutes = {str(minute): count for minute, count in self._cloud.counts.of(number).items()}
        is_granted = self._cloud.grants.is_granted(number)
        return _json(
            {
                "login": found.login,
                "name": found.name,
                "userId": found.user_id,
                "timezone": found.zone.key,
                "isGranted": is_granted,
                "minutes": minutes,
            }
        )

    async def _expected(self, request: web.Request) -> web.Response:
        return _json(self._cloud.expected(self._number(request)))

    async def _grant(self, request: web.Request) -> web.Response:
        """Tokens without a browser, for load tests."""
        tokens = self._cloud.grants.grant(self._number(request))
        return _json({"access_token": tokens.access, "refresh_token": tokens.refresh, "expires_in": int(tokens.life_s)})

    async def _revoke(self, request: web.Request) -> web.Response:
        return _json({"revoked": self._cloud.grants.revoke_person(self._number(request))})

    def _number(self, request: web.Request) -> int:
        text = request.match_info["number"]
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= self._cloud.count:
            raise web.HTTPNotFound
        return int(text[:9])


def _json(content: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(content), content_type="application/json")
