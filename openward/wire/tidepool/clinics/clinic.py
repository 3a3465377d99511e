"""Clinics: create, read, update, delete, and how a clinic is written."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import msgspec

from openward.care import identity, organizations, patients, roster
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.organizations import DEFAULT_UNITS, Label, Organization, PhoneNumber, Profile
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call
from openward.gateway.paging import offset_limit
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import Text, decoded, flag, instant, moment, present

_TIERS = {"tier0100": "Free", "tier0200": "Standard", "tier0300": "Premium", "tier0400": "Enterprise"}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z")
_ZONES = frozenset(available_timezones())


class Phone(msgspec.Struct):
    """One phone number."""

    number: Text
    type: Text | None = None


class ClinicBody(msgspec.Struct):
    """What a client says about a clinic; ids, times, tier and share code are ignored."""

    name: Text
    preferredBgUnits: Literal["mg/dL", "mmol/L"]
    address: Text | None = None
    city: Text | None = None
    postalCode: Text | None = None
    state: Text | None = None
    country: Text | None = None
    phoneNumbers: Annotated[tuple[Phone, ...], msgspec.Meta(min_length=1)] | None = None
    clinicType: Literal["provider_practice", "healthcare_system", "veterinary_clinic", "other", "researcher"] | None = (
        None
    )
    clinicSize: Literal["0-249", "250-499", "500-999", "1000+"] | None = None
    website: str | None = None
    timezone: str | None = None


def profile_of(body: ClinicBody) -> Profile:
    """The body in care's words; `Invalid` for what a type cannot say."""
    numbers = tuple(PhoneNumber(phone.number, phone.type) for phone in body.phoneNumbers or ())
    if len(set(numbers)) != len(numbers):
        raise Invalid("a phone number is given twice")
    if body.website and _URI.match(body.website) is None:
        raise Invalid("website is not a URI")
    if body.timezone is not None and body.timezone not in _ZONES:
        raise Invalid("timezone is not a known time zone")
    return Profile(
        name=body.name,
        address=body.address,
        city=body.city,
        postal_code=body.postalCode,
        state=body.state,
        country=body.country,
        phone_numbers=numbers or None,
        clinic_type=body.clinicType,
        clinic_size=body.clinicSize,
        website=body.website,
        timezone=body.timezone,
        preferred_units=body.preferredBgUnits,
    )


async def encode_clinics(work: Work, found: Sequence[Organization]) -> dict[OrganizationKey, dict[str, Any]]:
    """Clinics as this API writes them, all in a handful of queries."""
    keys = [organization.key for organization in found]
    tags, sites = await organizations.tags(work, keys), await organizations.sites(work, keys)
    counts = await roster.label_counts(work, keys) if tags or sites else {}
    ids = await identity.names(work, keys, System.CLINIC)
    codes = await identity.names(work, keys, System.SHARE_CODE)
    tag_ids = await identity.names(work, [tag.key for those in tags.values() for tag in those], System.TAG)
    site_ids = await identity.names(work, [site.key for those in sites.values() for site in those], System.SITE)
    ready = [organization.key for organization in found if not organization.is_migrated]
    with_admin = await organizations.with_admin(work, ready) if ready else set()
    return {
        one.key: _clinic(one)
        | present(
            {
                "id": ids[one.key],
                "shareCode": codes[one.key],
                "canMigrate": one.key in with_admin and organizations.is_complete(one),
                "patientTags": [encode_label(tag, tag_ids, counts) for tag in tags.get(one.key, ())]
                if one.has_had_tags
                else None,
                "sites": [encode_label(site, site_ids, counts) for site in sites.get(one.key, ())]
                if one.has_had_sites
                else None,
            }
        )
        for one in found
    }


def encode_label(label: Label, ids: dict[Any, str], counts: dict[Any, int]) -> dict[str, Any]:
    """A tag or site; a count of zero is left out."""
    return present({"id": ids[label.key], "name": label.name, "numPatients": counts.get(label.key)})


def _clinic(one: Organization) -> dict[str, Any]:
    profile = one.profile
    numbers = profile.phone_numbers
    return present(
        {
            "name": profile.name,
            "address": profile.address,
            "city": profile.city,
            "postalCode": profile.postal_code,
            "state": profile.state,
            "country": profile.country,
            "phoneNumbers": None
            if numbers is None
            else [present({"type": phone.type, "number": phone.number}) for phone in numbers],
            "clinicType": profile.clinic_type,
            "clinicSize": profile.clinic_size,
            "website": profile.website,
            "timezone": profile.timezone,
            "preferredBgUnits": profile.preferred_units or DEFAULT_UNITS,
            "suppressedNotifications": one.suppressed,
            "tier": one.tier,
            "tierDescription": _TIERS.get(one.tier, ""),
            "createdTime": instant(one.created_at),
            "updatedTime": instant(one.updated_at),
        }
    )


async def _reply(work: Work, organization: Organization) -> Reply:
    return json_reply((await encode_clinics(work, [organization]))[organization.key])


async def list_clinics(work: Work, call: Call) -> Reply:
    """GET /v1/clinics: all clinics, for services."""
    callers.require_service(work)
    query = call.query
    page = offset_limit(query)
    found = await organizations.search(
        work,
        share_code=query.get("shareCode"),
        created_from=moment(query, "createdTimeStart"),
        created_until=moment(query, "createdTimeEnd"),
        is_ehr_enabled=flag(query, "ehrEnabled"),
        offset=page.offset,
        limit=page.limit,
    )
    return json_reply(list((await encode_clinics(work, found)).values()))


async def create_clinic(work: Work, call: Call) -> Reply:
    """POST /v1/clinics: the caller becomes the first admin."""
    admin = callers.require_person(work)
    profile = profile_of(await decoded(call, ClinicBody))
    return await _reply(work, await organizations.create(work, profile, admin=admin))


async def get_clinic(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}: any signed-in caller may look at any clinic."""
    callers.require_anybody(work)
    return await _reply(work, await organizations.get(work, await callers.clinic(work, call)))


async def get_by_share_code(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/share_code/{shareCode}: by any code that the clinic ever had."""
    callers.require_anybody(work)
    return await _reply(work, await organizations.by_share_code(work, call.path["shareCode"]))


async def update_clinic(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    profile = profile_of(await decoded(call, ClinicBody))
    return await _reply(work, await organizations.update(work, key, profile))


async def delete_clinic(work: Work, call: Call) -> Reply:
    """DELETE /v1/clinics/{clinicId}: only without patients."""
    await patients.dissolve(work, await callers.staff_clinic(work, call, as_admin=True))
    return empty(204)
