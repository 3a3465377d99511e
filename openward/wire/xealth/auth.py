"""How Xealth shows who it is: by a bearer token that both sides know. Who opens a report holds a link to it."""

from openward.care import accounts, ehr
from openward.care.ehr import Provider
from openward.care.errors import NotAuthenticated
from openward.care.work import NOBODY, Actor, ActorKind, Work
from openward.gateway.call import Call
from openward.infra.crypto import equal

LINK_PARAMETER = "restricted_token"


async def identify(work: Work, call: Call) -> Actor:
    """Xealth; `NotAuthenticated` for a wrong token, and for any while none is set."""
    known = (await ehr.link(work, Provider.XEALTH)).get("bearer_token", "")
    scheme, _, given = (call.header("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not known or not equal(known, given.strip()):
        raise NotAuthenticated("the bearer token is wrong")
    return Actor(ActorKind.CLIENT, credential="xealth:bearer-token")


async def identify_holder(work: Work, call: Call) -> Actor:
    """The holder of the one link in the query that is good for this page."""
    links = [value for name, value in call.query_items if name == LINK_PARAMETER]
    actor = await accounts.link_actor(work, links[0], call.url_path) if len(links) == 1 else None
    if actor is None:
        raise NotAuthenticated("restricted token is invalid or expired")
    return actor


async def identify_nobody(_work: Work, _call: Call) -> Actor:
    """For the parts of the page that hold nothing of anybody."""
    return NOBODY
