"""How this installation talks with a record system: addresses, names and secrets, sealed as a whole."""

from collections.abc import Mapping

import msgspec

from openward.care.ehr import link_store
from openward.care.ehr.settings import Provider
from openward.care.work import Work

_COLUMN = "ehr.link.sealed"


async def link(work: Work, provider: Provider) -> dict[str, str]:
    """What was set for this system, by the names of the provisioning file; empty when nothing was."""
    sealed = await link_store.get(work, provider)
    if sealed is None:
        return {}
    return msgspec.json.decode(work.tools.keyring.unseal(sealed, _COLUMN, provider.value), type=dict[str, str])


async def put_link(work: Work, provider: Provider, values: Mapping[str, str]) -> None:
    """Set what is given and keep the rest; nothing is written when nothing differs."""
    before = await link(work, provider)
    after = before | dict(values)
    if after != before:
        plain = msgspec.json.encode(after)
        await link_store.put(work, provider, work.tools.keyring.seal(plain, _COLUMN, provider.value))
