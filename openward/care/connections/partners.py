"""Partner clouds as they are set up here: address, credentials, and the policy that holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from openward.care.connections import partner_store, task_store
from openward.care.connections.policy import Policy, contradictions, overridden
from openward.care.connections.ports import Partner
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.work import Work

_COLUMN = "connections.partner.secret_sealed"


@dataclass(frozen=True, slots=True)
class PartnerSetup:
    """One partner ready to be called: `code` is its folder, `policy` its own with the operator's changes.

    base_url: without a slash at its end; modified_at: when the set-up changed last.
    """

    code: Partner
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    policy: Policy
    modified_at: datetime

    @property
    def name(self) -> str:
        """As providers are named on the wire."""
        return self.code.name


def known_partners(work: Work) -> dict[str, Partner]:
    """The partners that this program can talk to, by name, set up or not."""
    return {code.name: code for code in work.tools.partners}


async def partner(work: Work, name: str) -> PartnerSetup:
    """One partner that is set up, or `NotFound`."""
    code = known_partners(work).get(name)
    row = None if code is None else await partner_store.of(work, name)
    if code is None or row is None:
        raise NotFound("partner not found")
    return _setup(work, code, row)


async def partners(work: Work) -> list[PartnerSetup]:
    """All partners that are set up, by name; one whose code has gone from the program is left out."""
    known = known_partners(work)
    return [_setup(work, known[row["name"]], row) for row in await partner_store.every(work) if row["name"] in known]


async def policy_faults(work: Work) -> dict[str, list[Fault]]:
    """What contradicts itself in the policies, by partner: in those of this program and those that were set up here."""
    known = known_partners(work)
    found = {name: contradictions(code.policy) for name, code in known.items()}
    for row in await partner_store.every(work):
        if row["name"] in known and not found[row["name"]]:
            try:
                overridden(known[row["name"]].policy, row["policy"])
            except Invalid as error:
                found[row["name"]] = list(error.faults)
    return {name: faults for name, faults in found.items() if faults}


def _setup(work: Work, code: Partner, row: Mapping[str, Any]) -> PartnerSetup:
    secret = work.tools.keyring.unseal(row["secret_sealed"], _COLUMN, row["name"]).decode()
    policy = overridden(code.policy, row["policy"])
    return PartnerSetup(code, row["base_url"], row["client_id"], secret, policy, row["modified_at"])


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
        before = _setup(work, code, row)
        same = (before.base_url, before.client_id, before.client_secret) == (address, client_id, client_secret)
        if same and row["policy"] == changes:
            return
    sealed = work.tools.keyring.seal(client_secret.encode(), _COLUMN, name)
    await partner_store.put(work, name, address, client_id, sealed, changes)
    # The interval may be shorter now, and the engine has to learn of all of it.
    low, high = (timedelta(minutes=minutes) for minutes in agreed.interval_minutes)
    await task_store.hurry(work, name, low, high)
    await task_store.tell_of_partners(work)
