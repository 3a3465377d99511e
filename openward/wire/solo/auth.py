"""Who calls: a program of one practice, by the key in its `Api-Key` header."""

from openward.care import accounts
from openward.care.errors import NotAllowed
from openward.care.work import Actor, OrganizationKey, Work
from openward.gateway.call import Call

HEADER = "api-key"


async def identify(work: Work, call: Call) -> Actor:
    """The practice's program; `NotAuthenticated` without a known key, `NotAllowed` for a change by a reading key."""
    actor, key = await accounts.by_api_key(work, call.header(HEADER) or "")
    if key.is_read_only and call.method != "GET":
        raise NotAllowed("This key may only read")
    return actor


def practice(work: Work) -> OrganizationKey:
    """The practice that the caller belongs to; every look-up is confined to it."""
    if work.actor.organization is None:
        raise NotAllowed("This call needs a practice")
    return work.actor.organization
