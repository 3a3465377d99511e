"""Whom a path means."""

from openward.care import identity
from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call


async def person_of(work: Work, call: Call) -> PersonKey:
    """The person of `{userId}`; to whoever is no service an unknown one looks like one that he may not touch."""
    text = call.path["userId"]
    if not identity.is_valid(System.USER, text):
        raise Invalid([Fault("value-not-valid", "/userId", "the user id is not valid")])
    found = await identity.find(work, Identifier(System.USER, text))
    if found is None:
        if work.actor.is_service:
            raise NotFound("user with the given id was not found", code="user-id-not-found")
        raise NotAllowed("user is not authorized", code="unauthorized")
    return PersonKey(found)
