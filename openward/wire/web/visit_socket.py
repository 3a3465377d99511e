"""The WebSocket behind an open page of a visit: it tells where the call stands and carries what both sides say.

From the page: `join`, `here` (the answer to each ping), `signal`, `engine`, `leave`, and from the provider `hold`,
`resume`, `hangup`, `finish`. To the page: `welcome`, `state`, `signal`, `engine`, `place`, `refused`, `ping`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from openward.care import visits
from openward.care.errors import Invalid, NotAuthenticated, NotFound, Unprocessable
from openward.care.visits import Appointment, Call, CallStatus, Role
from openward.care.work import Actor, PersonKey, Work
from openward.gateway.call import Call as Incoming
from openward.gateway.wiring import Ending, Session, Socket
from openward.infra.turn import ice_servers
from openward.wire.web import visit_engine
from openward.wire.web.visit_link import link_actor, signed_in_colleague

REPLACED = 4409
_PLACE_EVERY = 4  # signs of life
_GOES_ON = (CallStatus.ON_CALL, CallStatus.ON_HOLD)


class Seated:
    """One page that is open on one side of a visit."""

    def __init__(self, visit: Appointment, call: Call, role: Role, page: UUID, person: PersonKey | None) -> None:
        self.topic = visits.topic(call.id)
        self.actor: Actor = link_actor(visit, role, person)
        self._visit, self._call, self._role, self._page, self._person = visit, call, role, page, person
        self._signs = 0

    async def opened(self, work: Work) -> Mapping[str, Any]:
        """Take the seat."""
        visit = self._visit
        state = await visits.sit(work, visit.organization, visit.key, self._role, self._page)
        settings = work.tools.settings
        servers = ice_servers(
            settings.video_stun_urls, settings.video_turn_urls, settings.video_turn_secret, self._page.hex, work.now
        )
        return {"is": "welcome", "ice": servers, "relay": settings.video_relay_only, "state": state}

    async def took(self, work: Work, message: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Do what the page asks for."""
        where = (work, self._visit.organization, self._visit.key, self._role)
        match message.get("do"):
            case "here":
                return await self._here(work)
            case "signal" if isinstance(message.get("content"), dict):
                await visits.say(work, self._call.id, self._role, self._page, message["content"])
            case "engine" if work.tools.settings.video_engine_url:
                return await self._engine(work)
            case "join":
                await visits.join(*where, self._page, self._person)
            case "leave":
                await visits.go(*where, self._page)
            case "hold":
                await visits.hold(*where)
            case "resume":
                await visits.resume(*where)
            case "hangup":
                await visits.hang_up(*where)
            case "finish" if isinstance(message.get("complete"), bool):
                await visits.finish(*where, is_complete=message["complete"])
            case _:
                raise Invalid("there is no such message")
        return None

    async def _here(self, work: Work) -> Mapping[str, Any] | None:
        await visits.here(work, self._visit, self._call, self._role, self._page)
        self._signs += 1
        if self._role is Role.PATIENT and self._signs % _PLACE_EVERY == 1:
            return {"is": "place", "before": await visits.waiting_before(work, self._visit)}
        return None

    async def _engine(self, work: Work) -> Mapping[str, Any]:
        """Where to go, while the call is going on and no earlier: nobody waits for the provider in there."""
        visit = await visits.get(work, self._visit.organization, self._visit.key)
        if visit.status in visits.SETTLED or visit.call is None or visit.call.status not in _GOES_ON:
            raise Unprocessable("The call is not going on")
        name = "Patient"
        if self._role is Role.PROVIDER:
            known = await visits.staff_of(work, visit.organization, [self._person] if self._person else [])
            name = next((f"{one.first_name} {one.last_name}".strip() for one in known.values()), "Clinician")
        return {"is": "engine", "url": visit_engine.join_url(work, visit.call, self._role, name)}

    def heard(self, body: bytes) -> Mapping[str, Any] | Ending | None:
        """Pass on what concerns this side; make room for a later page of the same side."""
        told: dict[str, Any] = msgspec.json.decode(body)
        if told["is"] == "signal":
            return told if told["by"] != self._role else None
        mine = told["sides"][self._role]["page"]
        return told if mine in (None, str(self._page)) else Ending(REPLACED, "open elsewhere")


async def _enter(work: Work, call: Incoming) -> Session:
    """Whoever holds the link; `page` names the open page, `pass` says who holds it where a system let him in."""
    key, role = visits.read_link(work, call.path["token"])
    visit = await visits.behind_link(work, key)
    visit = await visits.open_call(work, visit.organization, key, role)
    if visit.call is None:
        raise NotFound("this visit is over")
    try:
        page = UUID(call.query.get("page", ""))
    except ValueError:
        raise Invalid("a page says its number") from None
    return Seated(visit, visit.call, role, page, await _person(work, call, visit, role))


async def _person(work: Work, call: Incoming, visit: Appointment, role: Role) -> PersonKey | None:
    """Who the provider is, where a pass or a session says it."""
    if role is not Role.PROVIDER:
        return None
    try:
        shown = visits.read_pass(work, call.query.get("pass", ""))
    except NotAuthenticated:
        return await signed_in_colleague(work, call, visit.organization)
    return shown.person if shown.appointment == visit.key else None


SOCKETS = [Socket("/visits/{token}/socket", _enter)]
