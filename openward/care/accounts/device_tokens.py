"""Devices of a person that may be sent notifications: each app names its own by a token of the device's maker."""

from typing import Final

from openward.care import audit
from openward.care.accounts import device_store
from openward.care.accounts.people import lock
from openward.care.work import PersonKey, Work
from openward.infra.crypto import token_hash

_COLUMN = "accounts.device_token.token_sealed"
_MOST: Final = 50


async def put_device_token(work: Work, person: PersonKey, platform: str, environment: str, token: str) -> None:
    """Keep the token of one device, sealed; the same again changes nothing but its age. `NotFound` without account.

    platform: `apple`; environment: `production` or `sandbox`. Of more than fifty devices the oldest are forgotten.
    """
    await lock(work, person)
    hashed = token_hash(f"{platform}:{environment}:{token}")
    sealed = work.tools.keyring.seal(token.encode(), _COLUMN, hashed.hex())
    await device_store.put(work, hashed, sealed, platform, environment, person)
    await device_store.keep_newest(work, person, _MOST)
    audit.note(work, "write", "device-token", person)
