"""Who calls: a program of one organization, by a bearer token; it reaches the whole organization or some groups."""

from collections.abc import Collection
from uuid import UUID

from openward.care import accounts
from openward.care.errors import NotAllowed, NotAuthenticated
from openward.care.work import NOBODY, Actor, OrganizationKey, Work
from openward.gateway.call import Call


async def identify(work: Work, call: Call) -> Actor:
    """The program that holds the token; `NotAuthenticated` without a good one."""
    actor, _ = await accounts.by_client_token(work, bearer(call))
    return actor


async def identify_nobody(_work: Work, _call: Call) -> Actor:
    """For the operation that gives tokens."""
    return NOBODY


def bearer(call: Call) -> str:
    """The token of the request; `NotAuthenticated` without one."""
    scheme, _, token = (call.header("authorization") or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("there is no token")
    return token.strip()


def organization(work: Work) -> OrganizationKey:
    """The organization of the token."""
    if work.actor.organization is None:
        raise NotAllowed("the token has no organization")
    return work.actor.organization


def reach(work: Work) -> tuple[UUID, ...] | None:
    """The groups that the token is confined to; None for the whole organization."""
    return None if accounts.WHOLE in work.actor.scopes else work.actor.groups


def require_groups(work: Work, groups: Collection[UUID]) -> None:
    """`NotAllowed` unless the token reaches all of these groups of its own organization."""
    confined = reach(work)
    if confined is not None and not set(groups) <= set(confined):
        raise NotAllowed
