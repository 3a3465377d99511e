"""Partner clouds as they are set up here: address, credentials, and the policy that holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from openward.care.connections import partner_store, task_store
from openward.care.connections.policy import Policy, overridden
from openward.care.connections.ports import Partner
from openward.care.errors import Invalid, NotFound
from openward.care.work import Work
from openward.infra.crypto import SealBroken

_COLUMN = "connections.partner.secret_sealed"


@dataclass(frozen=True, slots=True)
class PartnerSetup:
    """One partner ready to be called: `code` is its folder, `policy` its own with the operator's changes.

    base_url: without a slash at its end; modified_at: when the set-up changed last; faults: why what was agreed
    cannot hold, in words. Then `policy` is the partner's own, and nobody may be asked anything.
    """

    code: Partner
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    policy: Policy
    modified_at: datetime
    faults: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As providers are named on the wire."""
        return self.code.name


def known_partners(work: Work) -> dict[str, Partner]:
    """The partners that this program can talk to, by name, set up or not."""
    return {code.name: code for code in work.tools.partners}


async def partner(work: Work, name: str) -> PartnerSetup:
    """One partner that is set up and can be asked, or `NotFound`."""
    code = known_partners(work).get(name)
    row = None if code is None else await partner_store.of(work, name)
    found = None if code is None or row is None else _setup(work, code, row)
    if found is None or found.faults:
        raise NotFound("partner not found")
    return found


async def partners(work: Work) -> list[PartnerSetup]:
    """All partners that can be asked, by name."""
    return [one for one in await every_partner(work) if not one.faults]


async def every_partner(work: Work) -> list[PartnerSetup]:
    """All that are set up, also those that are held because of their faults; one that the program has not is left out.

    A policy that was sound may contradict itself when a newer program brings another one of its own: that partner
    waits for its operator, and the others go on.
    """
    known = known_partners(work)
    return [_setup(work, known[row["name"]], row) for row in await partner_store.every(work) if row["name"] in known]


def _setup(work: Work, code: Partner, row: Mapping[str, Any]) -> PartnerSetup:
    policy, faults = code.policy, tuple[str, ...]()
    try:
        policy = overridden(code.policy, row["policy"])
    except Invalid as invalid:
        faults = tuple(f"{fault.pointer.lstrip('/')}: {fault.detail or fault.code}" for fault in invalid.faults)
    secret = _secret(work, row)
    if secret is None:
        faults = (*faults, "client_secret: sealed with a key that is gone")
    return PartnerSetup(code, row["base_url"], row["client_id"], secret or "", policy, row["modified_at"], faults)


def _secret(work: Work, row: Mapping[str, Any]) -> str | None:
    try:
        return work.tools.keyring.unseal(row["secret_sealed"], _COLUMN, row["name"]).decode()
    except SealBroken:
        return None


async def put_partner(
    work: Work, name: str, base_url: str, client_id: str, client_secret: str, policy: Mapping[str, Any] | None
) -> None:
    """Set a partner up; nothing is written when nothing differs.

    policy: what differs from the partner's own, None for nothing. `NotFound` for a partner that this program does not
    know, `Invalid` for a policy that cannot be.
    """
    code = known_partners(work).get(name)
    if code is None:
        raise NotFound("partner not found")
    changes = dict(policy or {})
    agreed = overridden(code.policy, changes)
    address = base_url.rstrip("/")
    row = await partner_store.of(work, name, lock=True)
    if row is not None:
        same = (row["base_url"], row["client_id"], _secret(work, row)) == (address, client_id, client_secret)
        if same and row["policy"] == changes:
            return
    sealed = work.tools.keyring.seal(client_secret.encode(), _COLUMN, name)
    await partner_store.put(work, name, address, client_id, sealed, changes)
    # The interval may be shorter now, and the engine has to learn of all of it.
    low, high = (timedelta(minutes=minutes) for minutes in agreed.interval_minutes)
    await task_store.hurry(work, name, low, high)
    await task_store.tell_of_partners(work)
