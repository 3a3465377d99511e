"""Changing an organization: its profile, tier and settings, and its end."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openward.care import accounts
from openward.care.errors import Invalid
from openward.care.organizations import member_store, store
from openward.care.organizations.model import TIERS, MRNRules, Organization, PatientLimits, Profile, Restriction
from openward.care.organizations.read import get, lock
from openward.care.organizations.rules import limits_in_force
from openward.care.work import OrganizationKey, Work

_CLEARED_WHEN_ABSENT = frozenset({"phone_numbers", "timezone"})


async def update(work: Work, key: OrganizationKey, profile: Profile, *, is_whole: bool = False) -> Organization:
    """Set what is given. Tidepool: absent phone numbers and time zone are cleared, all else absent is kept.

    A form shows all of the profile, hence what is left empty there is cleared (`is_whole`).
    """
    before = await lock(work, key)
    kept = {
        name: getattr(before.profile, name)
        for name in Profile.__dataclass_fields__
        if getattr(profile, name) is None and name not in _CLEARED_WHEN_ABSENT and not is_whole
    }
    await store.put_profile(work, key, replace(profile, **kept))
    return await get(work, key)


async def set_tier(work: Work, key: OrganizationKey, tier: str) -> None:
    """`Invalid` for a tier that does not exist."""
    if tier not in TIERS:
        raise Invalid("unknown tier")
    await lock(work, key)
    await store.put(work, key, "tier", tier)


async def set_mrn_rules(work: Work, key: OrganizationKey, rules: MRNRules) -> None:
    """From now on; records that exist are not looked at."""
    await lock(work, key)
    await store.put(work, key, "mrn", rules)


async def set_patient_limits(work: Work, key: OrganizationKey, limits: PatientLimits) -> PatientLimits:
    """Keep the limits, and return those in force; `Invalid` when one ends before it starts."""
    for limit in (limits.hard, limits.soft):
        if limit and limit.start and limit.end and limit.start > limit.end:
            raise Invalid("the start date is after the end date")
    await lock(work, key)
    await store.put(work, key, "patient_limits", limits)
    return limits_in_force(await get(work, key))


async def set_ehr(work: Work, key: OrganizationKey, settings: Mapping[str, Any]) -> None:
    """Keep the settings of the link with an EHR, as given."""
    await lock(work, key)
    await store.put(work, key, "ehr", settings)


async def set_suppressed(work: Work, key: OrganizationKey, suppressed: Mapping[str, bool]) -> None:
    """Keep which mails the admins do not want."""
    await lock(work, key)
    await store.put(work, key, "suppressed_notifications", suppressed)


async def set_restrictions(work: Work, key: OrganizationKey, restrictions: Sequence[Restriction]) -> None:
    """Replace who may join."""
    await lock(work, key)
    await store.put(work, key, "membership_restrictions", list(restrictions))


async def delete(work: Work, key: OrganizationKey) -> None:
    """Archive the members and the organization and remove them; its patients must be gone already."""
    await lock(work, key)
    for content in await member_store.whole(work, key):
        await store.archive(work, "member", key, content)
    await store.archive(work, "organization", key, await store.whole(work, key))
    await accounts.cancel_confirmations(work, key)
    await store.delete(work, key)
