"""What partners send by themselves: twiist posts the data of a link, and tells when it has ended one."""

from typing import Any, Final

from openward.care import accounts, connections
from openward.care.errors import NotAllowed
from openward.care.work import Actor, ActorKind, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.data.upload import read_batch

TWIIST: Final = "twiist"

UNLINK: Final[dict[str, Any]] = {
    "summary": "End a link from the partner's side",
    "responses": {"204": {"description": "The link has ended"}, "404": {"description": "No such link"}},
    "security": [{"sessionToken": []}],
}


async def identify_twiist(work: Work, call: Call) -> Actor:
    """A service, or the partner's own program: the OAuth client that is called like the partner."""
    actor = await identify(work, call)
    if actor.is_service:
        return actor
    program = await accounts.oauth_client_user(work, TWIIST)
    if program is None or actor.person != program:
        raise NotAllowed("user is not authorized", code="unauthorized")
    return Actor(ActorKind.SERVICE, credential=f"partner:{TWIIST}")


async def take(work: Work, call: Call) -> Reply:
    """`POST /v1/partners/twiist/data/{linkId}`."""
    batch = await read_batch(work, call)
    await connections.take_push(work, TWIIST, call.path["linkId"], batch)
    return json_reply({"data": []})


async def unlink(work: Work, call: Call) -> Reply:
    """`DELETE /v1/partners/twiist/links/{linkId}`."""
    await connections.end_push(work, TWIIST, call.path["linkId"])
    return empty(204)
