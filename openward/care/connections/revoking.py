"""Telling a partner that a token of ours is not wanted any more (RFC 7009): deferred, and best effort."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openward.care.connections.model import Token
from openward.care.connections.partners import PartnerSetup, partner
from openward.care.errors import NotFound
from openward.care.work import Work, new_key
from openward.infra.jobs import Deferred

REVOKE: Final = "connections.revoke"
_COLUMN = "connections.revoke.token"


@dataclass(frozen=True, slots=True)
class Revocation:
    """One token to be revoked, and where."""

    partner: PartnerSetup
    token: str = field(repr=False)
    is_refresh: bool


async def revoke_later(work: Work, provider: str, token: Token) -> None:
    """Have the refresh token revoked, or the access token where there is no other; it waits sealed.

    A partner that cannot revoke is left alone, and its token is kept nowhere.
    """
    if await _revoking(work, provider) is None:
        return
    name = str(new_key(work))
    sealed = work.tools.keyring.seal((token.refresh or token.access).encode(), _COLUMN, name)
    data = {"provider": provider, "name": name, "token": base64.b64encode(sealed).decode()}
    work.tasks.append(Deferred(REVOKE, {**data, "is_refresh": token.refresh is not None}))


async def revocation(work: Work, data: Mapping[str, Any]) -> Revocation | None:
    """What the job is to do; None where the partner cannot revoke, or is not set up any more."""
    found = await _revoking(work, data["provider"])
    if found is None:
        return None
    plain = work.tools.keyring.unseal(base64.b64decode(data["token"]), _COLUMN, data["name"])
    return Revocation(found, plain.decode(), bool(data["is_refresh"]))


async def _revoking(work: Work, provider: str) -> PartnerSetup | None:
    try:
        found = await partner(work, provider)
    except NotFound:
        return None
    return None if found.policy.revoke_path is None else found
