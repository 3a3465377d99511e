"""The organizations of a provisioning file, with their members, tags, sites and settings."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from openward.care import accounts, identity, organizations
from openward.care.accounts import Account
from openward.care.identity import System
from openward.care.organizations import Label, MRNRules, Profile, Role
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.cli.provision.ehr import put_settings
from openward.cli.provision.faults import BadFile, Fault
from openward.cli.provision.feeds import put_feeds
from openward.cli.provision.file import Membership, Organization
from openward.cli.provision.solo import put_practice
from openward.cli.provision.twine import put_coaching

_ROLES = {"CLINIC_ADMIN": Role.ADMIN, "CLINIC_MEMBER": Role.MEMBER, "PRESCRIBER": Role.PRESCRIBER}


async def put_organization(
    work: Work, wanted: Organization, people: Mapping[str, Account], rotate: Collection[str] = ()
) -> dict[str, Any]:
    """The organization, made or changed to what the file says, as the answer shows it.

    people: the account of every member, by address.
    """
    key = await organizations.by_provisioning_key(work, wanted.key)
    if key is None:
        made = await organizations.create(work, _profile(Profile(), wanted), admin=None, provisioning_key=wanted.key)
        key = made.key
    await _put_settings(work, key, wanted)
    # Whoever becomes an admin comes first: the last admin of a clinic cannot be made less.
    for member in sorted(wanted.members, key=lambda member: "CLINIC_ADMIN" not in member.roles):
        await _put_member(work, key, member, people[member.email])
    tags = await _put_labels(work, key, wanted.tags, is_tag=True)
    sites = await _put_labels(work, key, wanted.sites, is_tag=False)
    answer = {
        "key": wanted.key,
        "id": await identity.name(work, key, System.CLINIC),
        "share_code": await identity.name(work, key, System.SHARE_CODE),
        "tags": await _named(work, tags, System.TAG),
        "sites": await _named(work, sites, System.SITE),
    }
    try:
        practice = await put_practice(work, key, wanted.solo, rotate)
    except BadFile as bad:
        raise BadFile([Fault(f"solo.{fault.path}", fault.reason) for fault in bad.faults]) from None
    coaching = await put_coaching(work, key, wanted.twine, rotate)
    await put_feeds(work, key, wanted.hl7v2)
    return answer | ({"solo": practice} if practice else {}) | ({"twine": coaching} if coaching else {})


def _profile(before: Profile, wanted: Organization) -> Profile:
    given: dict[str, Any] = {
        "name": wanted.name,
        "timezone": wanted.timezone,
        "country": wanted.country,
        "preferred_units": wanted.preferred_units,
    }
    return replace(before, **{name: value for name, value in given.items() if value is not None})


async def _put_settings(work: Work, key: OrganizationKey, wanted: Organization) -> None:
    before = await organizations.get(work, key)
    profile = _profile(before.profile, wanted)
    if profile != before.profile:
        await organizations.update(work, key, profile)
    if wanted.tier is not None and wanted.tier != before.tier:
        await organizations.set_tier(work, key, wanted.tier)
    rules = before.mrn or MRNRules()
    after = MRNRules(
        required=rules.required if wanted.mrn_required is None else wanted.mrn_required,
        unique=rules.unique if wanted.mrn_unique is None else wanted.mrn_unique,
    )
    says_something = wanted.mrn_required is not None or wanted.mrn_unique is not None
    if after != rules or (says_something and before.mrn is None):
        await organizations.set_mrn_rules(work, key, after)
    await put_settings(work, key, wanted.ehr)


async def _put_member(work: Work, key: OrganizationKey, wanted: Membership, account: Account) -> None:
    roles = tuple(_ROLES[role] for role in wanted.roles)
    found = await organizations.membership(work, key, account.key)
    if found is None:
        name = await _full_name(work, account.key)
        await organizations.add_member(
            work, key, person=account.key, email=account.email or wanted.email, roles=roles, name=name
        )
    elif set(found.roles) != set(roles):
        await organizations.update_member(work, key, account.key, roles=roles, name=found.name)


async def _full_name(work: Work, person: PersonKey) -> str | None:
    name = (await accounts.document(work, person, "profile")).get("fullName")
    return name if isinstance(name, str) and name else None


def _same_tag(name: str) -> str:
    return "".join(name.split()).lower()


async def _put_labels(work: Work, key: OrganizationKey, wanted: tuple[str, ...], *, is_tag: bool) -> list[Label]:
    """All labels of the file, in its order; one that differs in case or spaces alone is renamed."""
    alike: Callable[[str], str] = _same_tag if is_tag else str.lower
    present = (await (organizations.tags if is_tag else organizations.sites)(work, [key])).get(key, [])
    by_name = {alike(label.name): label for label in present}
    labels = []
    for name in wanted:
        label = by_name.get(alike(name))
        if label is None:
            label = await (organizations.create_tag if is_tag else organizations.create_site)(work, key, name)
        elif label.name != name:
            rename = organizations.rename_tag if is_tag else organizations.rename_site
            label = await rename(work, key, label.key, name)
        labels.append(label)
    return labels


async def _named(work: Work, labels: list[Label], system: System) -> list[dict[str, str]]:
    ids = await identity.names(work, [label.key for label in labels], system)
    return [{"name": label.name, "id": ids[label.key]} for label in labels]
