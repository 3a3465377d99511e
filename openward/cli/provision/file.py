"""What a provisioning file may say: its shape, its own cross references, and the frozen values it becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from openward.care.ehr import EHRSettings
from openward.cli.provision import ehr, feeds, partners, solo, twine
from openward.cli.provision.faults import BadFile, Fault
from openward.cli.provision.shapes import (
    Shape,
    callback,
    date,
    email,
    flag,
    folded,
    list_of,
    one_of,
    password,
    record,
    secret,
    text,
    zone,
)

ACCOUNT_ROLES = ("clinic", "clinician", "custodial_account", "migrated_clinic", "patient", "brokered")
MEMBER_ROLES = ("CLINIC_ADMIN", "CLINIC_MEMBER", "PRESCRIBER")
TIERS = ("tier0100", "tier0200", "tier0300", "tier0400")
# Tidepool: a clinic has at most 50 tags and 50 sites.
MOST_TAGS = 50
MOST_SITES = 50


@dataclass(frozen=True, slots=True)
class User:
    """One account: confirmed at once; `patient` holds fullName and birthday for people with data; None leaves as is."""

    email: str
    password: str | None
    name: str | None
    roles: tuple[str, ...] | None
    patient: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """One program that gets tokens from us.

    client_secret: None when it is to be made. redirect_uris: where it has people sent back to; None leaves as is.
    """

    client_id: str
    client_secret: str | None
    name: str
    redirect_uris: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Membership:
    """One member of an organization, by the address of the account."""

    email: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organization:
    """One organization; None means that the file leaves a thing as it is."""

    key: str
    name: str
    timezone: str | None
    country: str | None
    preferred_units: str | None
    tier: str | None
    members: tuple[Membership, ...]
    tags: tuple[str, ...]
    sites: tuple[str, ...]
    mrn_required: bool | None
    mrn_unique: bool | None
    ehr: EHRSettings | None
    hl7v2: tuple[feeds.Wanted, ...]
    solo: Mapping[str, Any] | None
    twine: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole file, checked."""

    service_secret: str | None
    users: tuple[User, ...]
    oauth_clients: tuple[OAuthClient, ...]
    organizations: tuple[Organization, ...]
    partners: tuple[Mapping[str, Any], ...]
    redox: Mapping[str, str]
    xealth: Mapping[str, str]


def _matching(pattern: str, reason: str, longest: int) -> Shape:
    expression = regex.compile(pattern)
    plain = text(longest=longest)

    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        before = len(faults)
        kept = plain(value, path, faults)
        if len(faults) == before and not expression.fullmatch(kept):
            faults.append(Fault(path, reason))
        return kept

    return check


# Tidepool: the first character of a tag is a letter, a digit or one of _ + > < -; of a site any visible one.
_tag = _matching(r"[\p{L}\p{N}_+><-][\p{L}\p{N}\s_+><-]*", "holds a character that names of tags may not have", 20)
_site = _matching(r"[!-~\p{L}\p{N}][!-~\p{L}\p{N} ]*", "holds a character that names of sites may not have", 200)
_handle = _matching(r"[a-z0-9][a-z0-9._-]*", "may hold a-z, 0-9, dot, hyphen and underscore only", 100)


def _at_most(count: int, shape: Shape) -> Shape:
    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        if isinstance(value, list) and len(value) > count:
            faults.append(Fault(path, f"has {len(value)} items; at most {count} are allowed"))
        return shape(value, path, faults)

    return check


def _at_least_one(shape: Shape) -> Shape:
    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        if value == []:
            faults.append(Fault(path, "must not be empty"))
        return shape(value, path, faults)

    return check


def _spaceless(tag: str) -> object:
    """Tidepool: two tags are the same when equal without spaces and case."""
    return "".join(tag.split()).lower()


def _by_email(item: Mapping[str, Any]) -> object:
    return item["email"]


_USER = record(
    {"email": email},
    {
        "password": password,
        "name": text(),
        "roles": list_of(one_of(*ACCOUNT_ROLES), unique=folded),
        "patient": record({"fullName": text(), "birthday": date}),
    },
)
_CLIENT = record(
    {"client_id": text(longest=200)},
    {"client_secret": secret(), "name": text(), "redirect_uris": list_of(callback, unique=str)},
)
_MEMBER = record(
    {"email": email}, {"roles": (_at_least_one(list_of(one_of(*MEMBER_ROLES), unique=folded)), ["CLINIC_MEMBER"])}
)
_ORGANIZATION = record(
    {"key": _handle, "name": text(longest=255)},
    {
        "timezone": zone,
        "country": text(longest=100),
        "preferred_units": one_of("mg/dL", "mmol/L"),
        "tier": one_of(*TIERS),
        "members": (list_of(_MEMBER, unique=_by_email, what="email"), []),
        "tags": (_at_most(MOST_TAGS, list_of(_tag, unique=_spaceless)), []),
        "sites": (_at_most(MOST_SITES, list_of(_site, unique=folded)), []),
        "mrn": record({}, {"required": flag, "unique": flag}),
        "ehr": ehr.settings,
        "hl7v2": (feeds.FEEDS, []),
        "solo": solo.SOLO,
        "twine": twine.TWINE,
    },
)
_FILE = record(
    {},
    {
        "service_secret": secret(),
        "users": (list_of(_USER, unique=_by_email, what="email"), []),
        "oauth_clients": (list_of(_CLIENT, unique=lambda item: item["client_id"], what="client_id"), []),
        "organizations": (list_of(_ORGANIZATION, unique=lambda item: item["key"], what="key"), []),
        "partners": (partners.PARTNERS, []),
        "redox": ehr.REDOX,
        "xealth": ehr.XEALTH,
    },
)


def decode(content: object) -> Plan:
    """The checked file; raises BadFile with every fault found. An empty file is a plan that only makes the secret."""
    faults: list[Fault] = []
    made = _FILE({} if content is None else content, "", faults)
    if faults:
        raise BadFile(faults)
    return Plan(
        made["service_secret"],
        tuple(_user(item) for item in made["users"]),
        tuple(
            OAuthClient(
                item["client_id"],
                item["client_secret"],
                item["name"] or item["client_id"],
                None if item["redirect_uris"] is None else tuple(item["redirect_uris"]),
            )
            for item in made["oauth_clients"]
        ),
        tuple(_organization(item) for item in made["organizations"]),
        tuple(made["partners"]),
        ehr.said(made["redox"]),
        ehr.said(made["xealth"]),
    )


def strangers(plan: Plan, known: Sequence[str]) -> list[Fault]:
    """One fault for each member whose address is neither in the file nor among the `known` accounts."""
    there = {*known, *(user.email for user in plan.users)}
    return [
        Fault(
            f"organizations[{place}].members[{index}].email",
            "is neither in users nor an account of this installation",
        )
        for place, organization in enumerate(plan.organizations)
        for index, member in enumerate(organization.members)
        if member.email not in there
    ]


def _user(item: Mapping[str, Any]) -> User:
    roles = None if item["roles"] is None else tuple(item["roles"])
    return User(item["email"], item["password"], item["name"], roles, item["patient"])


def _organization(item: Mapping[str, Any]) -> Organization:
    mrn = item["mrn"] or {}
    return Organization(
        key=item["key"],
        name=item["name"],
        timezone=item["timezone"],
        country=item["country"],
        preferred_units=item["preferred_units"],
        tier=item["tier"],
        members=tuple(Membership(member["email"], tuple(member["roles"])) for member in item["members"]),
        tags=tuple(item["tags"]),
        sites=tuple(item["sites"]),
        mrn_required=mrn.get("required"),
        mrn_unique=mrn.get("unique"),
        ehr=item["ehr"],
        hl7v2=tuple(one for one in item["hl7v2"] if one is not None),
        solo=item["solo"],
        twine=item["twine"],
    )
