"""How an operator names a clinic on the command line: by its id, its share code, or its key in a provisioning file."""

from openward.care import identity, organizations
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.organizations import Organization
from openward.care.work import OrganizationKey, Work
from openward.cli.outcome import BadInput


async def named(work: Work, name: str) -> Organization:
    """The clinic of this name; BadInput when there is none."""
    key = await organizations.by_provisioning_key(work, name)
    for system in (System.CLINIC, System.SHARE_CODE):
        found = await identity.find(work, Identifier(system, name)) if key is None else None
        key = OrganizationKey(found) if found is not None else key
    try:
        if key is not None:
            return await organizations.get(work, key)
    except NotFound:
        pass  # the id of a clinic that was deleted or merged
    raise BadInput(f"{name}: no such clinic. Give its id, its share code, or its key in a provisioning file.")
