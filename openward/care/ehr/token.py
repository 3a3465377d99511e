"""The access token for calls to Redox: kept sealed and used again until shortly before it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from openward.care.ehr import link_store
from openward.care.work import Work
from openward.infra.crypto import token_hash

_COLUMN = "ehr.redox_token.sealed"
_MARGIN = timedelta(seconds=30)
_WHO = ("base_url", "client_id", "key_id", "private_key_pem")


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when it ends."""

    value: str
    expires_at: datetime


def _fingerprint(link: Mapping[str, str]) -> bytes:
    return token_hash("\n".join(link.get(name, "") for name in _WHO))


async def kept_token(work: Work, link: Mapping[str, str]) -> str | None:
    """The token of this link that is still good, None when a new one is needed."""
    name = _fingerprint(link)
    sealed = await link_store.token(work, name, work.now + _MARGIN)
    return None if sealed is None else work.tools.keyring.unseal(sealed, _COLUMN, name.hex()).decode()


async def put_token(work: Work, link: Mapping[str, str], token: Token) -> None:
    """Keep a token that Redox gave."""
    name = _fingerprint(link)
    sealed = work.tools.keyring.seal(token.value.encode(), _COLUMN, name.hex())
    await link_store.put_token(work, name, sealed, token.expires_at)
