"""Pure decisions about organizations: names of tags and sites, whether a profile is complete, who may join."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from openward.care.errors import Invalid
from openward.care.organizations.model import DEFAULT_TIER, Organization, PatientLimits, Restriction

_TAG = regex.compile(r"[\p{L}\p{N}_+><-][\p{L}\p{N}\s_+><-]*")
_SITE = regex.compile(r"[!-~\p{L}\p{N}][!-~\p{L}\p{N} ]*")
LONGEST_TAG = 20
LONGEST_SITE = 200


def tag_name(text: str) -> str:
    """The name as it is kept, or `Invalid`. Tidepool: 1 to 20 letters, digits, blanks and `_ + > < -`."""
    return _name(text, _TAG, LONGEST_TAG, "tag")


def site_name(text: str) -> str:
    """The name as it is kept, or `Invalid`. Tidepool: 1 to 200 visible characters and blanks."""
    return _name(text, _SITE, LONGEST_SITE, "site")


def _name(text: str, pattern: "regex.Pattern[str]", longest: int, what: str) -> str:
    if not 1 <= len(text) <= longest:
        raise Invalid(f"the name of a {what} has 1 to {longest} characters")
    if pattern.fullmatch(text) is None:
        raise Invalid(f"the name of a {what} holds a character that is not allowed")
    return text.strip()


def folded_tag(name: str) -> str:
    """What two tags of an organization may not share: `Type 1` and `type1` are the same tag."""
    return "".join(name.split()).lower()


def folded_site(name: str) -> str:
    """What two sites of an organization may not share."""
    return name.lower()


def is_complete(organization: Organization) -> bool:
    """Whether a profile says enough to move patients into it (Tidepool: canMigrate)."""
    profile = organization.profile
    needed = (
        profile.name,
        profile.address,
        profile.city,
        profile.clinic_type,
        profile.country,
        profile.postal_code,
        profile.state,
        profile.preferred_units,
    )
    return all(needed)


def limits_in_force(organization: Organization) -> PatientLimits:
    """Tidepool limits clinics of the lowest tier in the US (or nowhere in particular); all others have none."""
    is_limited = organization.tier in ("", DEFAULT_TIER) and (organization.profile.country or "US") == "US"
    return organization.limits if is_limited else PatientLimits()


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether somebody may join; `required_idp` names the identity provider that he should have come through."""

    may_join: bool
    required_idp: str | None = None


def admission(restrictions: Sequence[Restriction], email: str | None, identity_provider: str) -> Admission:
    """Tidepool: without restrictions everybody may join; else the first one with the address's domain decides."""
    if not restrictions:
        return Admission(True)
    address = (email or "").lower()
    for one in restrictions:
        if address.endswith(f"@{one.email_domain.lower()}"):
            if one.required_idp is None or one.required_idp == identity_provider:
                return Admission(True)
            return Admission(False, one.required_idp)
    return Admission(False)


def free_site_name(wanted: str, taken: Sequence[str]) -> str:
    """The name for a site, with ` (2)`, ` (3)` ... behind it as long as another site has it; blanks become spaces."""
    name = plain = " ".join(wanted.split())
    present = {folded_site(one) for one in taken}
    number = 1
    while folded_site(name) in present:
        number += 1
        name = f"{plain} ({number})"
    return name
