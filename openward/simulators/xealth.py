"""An EHR behind Xealth: grants tokens, gives orders, and tells of them. For tests, rehearsals and newcomers.

PUT /simulator/orders/{deployment}/{orderId} with an order as Xealth has it keeps the order and tells of it as new, a
DELETE tells that it was cancelled; with nobody to tell, orders are kept only. POST /simulator/faults says how the next
reads of orders are answered, GET /simulator/state how many there were.
"""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from aiohttp import web

from openward.infra.http import CallFailed, call, open_session
from openward.simulators.faulty import Faults


@dataclass(slots=True)
class Xealth:
    """What stands for Xealth. `orders` by deployment and id; a `status` other than 200 refuses to give them.

    client: the id and secret to ask for, in a header or, without `takes_basic`, in the body. life_s: of a token.
    tell: whose `/v1/xealth/notification` hears of orders, with the bearer token to show there.
    """

    client: tuple[str, str]
    tell: tuple[str, str] | None = None
    orders: dict[tuple[str, str], Any] = field(default_factory=dict)
    status: int = 200
    takes_basic: bool = True
    life_s: int = 3600
    tokens: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    reads: int = 0
    faults: Faults = field(default_factory=Faults)

    def app(self) -> web.Application:
        """The server."""
        made = web.Application()
        kept = "/simulator/orders/{deployment}/{order}"
        made.add_routes(
            [
                web.post("/oauth2/token", self._token),
                web.get("/partner/read/order/{deployment}/{order}", self._order),
                web.put(kept, self._keep),
                web.delete(kept, self._cancel),
                web.get("/simulator/state", self._state),
                web.post("/simulator/faults", self.faults.take),
            ]
        )
        return made

    async def _token(self, request: web.Request) -> web.Response:
        """Client credentials, proven in one of the two ways and not in both."""
        given = await request.post()
        pair = ":".join(quote(part, safe="") for part in self.client)
        basic = "Basic " + base64.b64encode(pair.encode()).decode()
        if self.takes_basic:
            is_known = request.headers.get("authorization") == basic and "client_secret" not in given
        else:
            is_known = (given.get("client_id"), given.get("client_secret")) == self.client
        if not is_known or given.get("grant_type") != "client_credentials":
            return web.json_response({"error": "invalid_client"}, status=401)
        self.tokens.append(secrets.token_hex(16))
        return web.json_response({"access_token": self.tokens[-1], "expires_in": self.life_s, "token_type": "Bearer"})

    async def _order(self, request: web.Request) -> web.Response:
        self.reads += 1
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or token in self.revoked:
            return web.json_response({"error": "Invalid token"}, status=401)
        if self.status != 200:
            return web.json_response({"error": "Refused"}, status=self.status)

        async def give() -> web.Response:
            found = self.orders.get(_name(request))
            return web.json_response(
                {"error": "Invalid orderId"} if found is None else found, status=200 if found else 400
            )

        return await self.faults.meet(request, give)

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response({"orders": len(self.orders), "reads": self.reads, "faults": self.faults.waiting})

    async def _keep(self, request: web.Request) -> web.Response:
        self.orders[_name(request)] = await request.json()
        return await self._told(request, "new")

    async def _cancel(self, request: web.Request) -> web.Response:
        return await self._told(request, "cancel")

    async def _told(self, request: web.Request, context: str) -> web.Response:
        """Tell of an order; the answer says what was heard back (`told`: a status, or null for nobody)."""
        deployment, order = _name(request)
        content = self.orders.get((deployment, order))
        if content is None:
            return web.json_response({"error": "Invalid orderId"}, status=404)
        if self.tell is None:
            return web.json_response({"told": None})
        event = {
            "eventType": "order",
            "eventContext": context,
            "eventId": secrets.token_hex(12),
            "eventTimeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "orderId": order,
            "deployment": deployment,
            "partnerId": "openward",
            "programId": content.get("orderInfo", {}).get("programId", ""),
            "patientIdentity": content.get("patientIdentity", {"ids": []}),
        }
        url, bearer = self.tell
        headers = {"authorization": f"Bearer {bearer}", "content-type": "application/json"}
        async with open_session(allow_private=True) as session:
            try:
                heard = await call(
                    session,
                    "POST",
                    f"{url.rstrip('/')}/v1/xealth/notification",
                    headers=headers,
                    body=msgspec.json.encode(event),
                )
            except CallFailed as failed:
                return web.json_response({"told": None, "reason": failed.reason}, status=502)
        return web.json_response({"told": heard.status})


def _name(request: web.Request) -> tuple[str, str]:
    return request.match_info["deployment"], request.match_info["order"]
