"""How Redox shows who it is: by a token that both sides know, in a header or, to verify us, in the body."""

from openward.care import ehr
from openward.care.ehr import Provider
from openward.care.errors import NotAuthenticated
from openward.care.work import NOBODY, Actor, ActorKind, Work
from openward.gateway.call import Call
from openward.infra.crypto import equal

TOKEN = "verification-token"  # noqa: S105 -- the name of a header and of a property


async def require_token(work: Work, given: object) -> None:
    """`NotAuthenticated` unless this is the token of the installation; where none is set, nothing matches."""
    known = (await ehr.link(work, Provider.REDOX)).get("verification_token", "")
    if not known or not isinstance(given, str) or not equal(known, given):
        raise NotAuthenticated("the verification token is wrong")


async def identify(work: Work, call: Call) -> Actor:
    """Redox, by the token in the header."""
    await require_token(work, call.header(TOKEN))
    return Actor(ActorKind.CLIENT, credential="redox:verification-token")


async def identify_nobody(_work: Work, _call: Call) -> Actor:
    """For the operation that has the token in its body."""
    return NOBODY
