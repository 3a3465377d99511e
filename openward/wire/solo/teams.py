"""The link to a visit's meeting in Microsoft Teams."""

import asyncio
from datetime import timedelta
from uuid import UUID

from openward.care import identity, visits
from openward.care.errors import Conflict, NotAuthenticated, Unavailable
from openward.care.identity import System
from openward.care.visits import Appointment, MeetingMaker, Refusal, Turn, Wanted
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.request import KeepAndRaise
from openward.gateway.wiring import Outside, Reply, Route, json_reply
from openward.wire.solo import addresses, schema
from openward.wire.solo.auth import practice
from openward.wire.solo.errors import GATEWAY, bad
from openward.wire.solo.graph import GraphMeetings
from openward.wire.solo.links import refuse_cancelled

HEADER = "Teams-Auth-Token"
MAKER: MeetingMaker = GraphMeetings()
_LOOK_AGAIN_S = 0.2


async def provider_link(work: Work, call: Call) -> Reply | Outside:
    """`GET /appointments/{appointment_id}/msteams-provider-link`: the meeting is made by whoever asks first."""
    key = await addresses.appointment(work, call.path["appointment_id"])
    visit = await visits.get(work, practice(work), key)
    if not (call.header(HEADER) or "").strip():
        raise bad(HEADER, schema.BLANK)
    refuse_cancelled(visit)
    if await visits.teams_url(work, practice(work)) is None:
        raise Conflict("Microsoft Teams is not configured")
    return await _given_or_made(work, call, visit)


async def _given_or_made(work: Work, call: Call, visit: Appointment) -> Reply | Outside:
    """The meeting that there is; else it is made, or waited for while somebody else makes it."""
    if visit.meeting_url is not None:
        return json_reply({"id": await _number(work, visit), "msTeamsProviderVisitUrl": visit.meeting_url})
    if await visits.claim_meeting(work, visit) is Turn.MINE:
        return await _make(work, call, visit)

    async def look_again(work: Work, call: Call, _: None) -> Reply | Outside:
        return await _given_or_made(work, call, await visits.lock(work, practice(work), visit.key))

    return Outside(_a_moment, look_again)


async def _make(work: Work, call: Call, visit: Appointment) -> Outside:
    """Ask for the meeting; its subject holds nothing of the patient."""
    wanted = Wanted(
        url=await visits.teams_url(work, practice(work)) or "",
        token=(call.header(HEADER) or "").strip(),
        subject=f"Visit {await _number(work, visit)}",
        starts_at=visit.starts_at,
        ends_at=visit.starts_at + timedelta(seconds=visit.duration_s),
    )
    allow_private = work.tools.settings.webhooks_allow_private

    async def ask() -> str | Refusal:
        return await MAKER.make(wanted, allow_private=allow_private)

    async def then(work: Work, call: Call, found: str | Refusal) -> Reply | Outside:
        if isinstance(found, Refusal):
            await _give_up(work, visit.key, found)
        return await _given_or_made(work, call, await visits.keep_meeting(work, practice(work), visit.key, str(found)))

    return Outside(ask, then)


async def _give_up(work: Work, key: UUID, why: Refusal) -> None:
    await visits.give_meeting_up(work, key)
    if why is Refusal.TOKEN:
        raise KeepAndRaise(NotAuthenticated("Microsoft Teams refuses the token"))
    raise KeepAndRaise(Unavailable("Microsoft Teams can not be reached", code=GATEWAY))


async def _a_moment() -> None:
    await asyncio.sleep(_LOOK_AGAIN_S)


async def _number(work: Work, visit: Appointment) -> int:
    return int(await identity.name(work, visit.key, System.SAID))


ROUTES = [
    Route(
        "GET",
        "/qapi/v1/appointments/{appointment_id}/msteams-provider-link",
        provider_link,
        "solo.v1:getTeamsProviderLink",
    ),
]
