"""The SQL of organizations themselves and of what was deleted: `organizations.organization`, `.archive`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from openward.care.errors import Conflict
from openward.care.organizations.model import (
    MRNRules,
    Organization,
    PatientLimits,
    PhoneNumber,
    Profile,
    Restriction,
)
from openward.care.work import OrganizationKey, Work, new_key
from openward.infra.db import from_json, to_json

_PROFILE = (
    *("name", "address", "city", "postal_code", "state", "country", "phone_numbers", "clinic_type", "clinic_size"),
    *("website", "timezone", "preferred_units"),
)
_COLUMNS = ", ".join(
    [
        *("key", *_PROFILE, "tier", "is_migrated", "created_at", "updated_at", "has_had_tags", "has_had_sites", "mrn"),
        *("ehr", "patient_limits", "suppressed_notifications", "membership_restrictions", "provisioning_key"),
    ]
)
_JSON_SETTINGS = frozenset({"mrn", "ehr", "patient_limits", "suppressed_notifications", "membership_restrictions"})


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for among all organizations; None means any."""

    created_from: datetime | None = None
    created_until: datetime | None = None
    is_ehr_enabled: bool | None = None
    keys: tuple[OrganizationKey, ...] | None = None


def _organization(row: asyncpg.Record) -> Organization:
    profile = {name: row[name] for name in _PROFILE}
    numbers = from_json(row["phone_numbers"])
    profile["phone_numbers"] = None if numbers is None else tuple(PhoneNumber(**number) for number in numbers)
    mrn = from_json(row["mrn"])
    return Organization(
        key=OrganizationKey(row["key"]),
        profile=Profile(**profile),
        tier=row["tier"],
        is_migrated=row["is_migrated"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        has_had_tags=row["has_had_tags"],
        has_had_sites=row["has_had_sites"],
        mrn=None if mrn is None else MRNRules(**mrn),
        ehr=from_json(row["ehr"]),
        limits=msgspec.json.decode(row["patient_limits"], type=PatientLimits),
        suppressed=from_json(row["suppressed_notifications"]),
        restrictions=tuple(Restriction(**one) for one in from_json(row["membership_restrictions"])),
        provisioning_key=row["provisioning_key"],
    )


def _profile_values(profile: Profile) -> list[Any]:
    numbers = profile.phone_numbers
    return [
        (None if numbers is None else to_json([asdict(number) for number in numbers]))
        if name == "phone_numbers"
        else getattr(profile, name)
        for name in _PROFILE
    ]


async def insert(work: Work, organization: Organization) -> None:
    """Keep a new organization; `Conflict` when its provisioning key is taken."""
    values = [
        organization.key,
        *_profile_values(organization.profile),
        organization.tier,
        organization.is_migrated,
        to_json(organization.limits),
        organization.provisioning_key,
        organization.created_at,
        organization.updated_at,
    ]
    places = ", ".join(f"${place + 1}" for place in range(len(values)))
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                f"insert into organizations.organization (key, {', '.join(_PROFILE)}, tier, is_migrated,"  # noqa: S608
                f" patient_limits, provisioning_key, created_at, updated_at) values ({places})",
                *values,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("an organization with this provisioning key exists") from None


async def get_many(work: Work, keys: Sequence[OrganizationKey]) -> dict[OrganizationKey, Organization]:
    """The known ones among these keys."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from organizations.organization where key = any($1::uuid[])",  # noqa: S608
        list(keys),
    )
    return {OrganizationKey(row["key"]): _organization(row) for row in rows}


async def lock(work: Work, key: OrganizationKey, strength: str) -> Organization | None:
    """The organization with its row locked until the end: whoever counts its patients or admins comes through here."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} from organizations.organization where key = $1 for {strength}",  # noqa: S608
        key,
    )
    return None if row is None else _organization(row)


async def by_provisioning_key(work: Work, handle: str) -> OrganizationKey | None:
    """The organization that a provisioning file calls so."""
    found = await work.tx.fetchval("select key from organizations.organization where provisioning_key = $1", handle)
    return None if found is None else OrganizationKey(found)


async def search(work: Work, search: Search, offset: int, limit: int) -> list[Organization]:
    """Organizations that fit, oldest first."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from organizations.organization"  # noqa: S608
        " where ($1::timestamptz is null or created_at >= $1) and ($2::timestamptz is null or created_at < $2)"
        " and ($3::boolean is null or (ehr ->> 'enabled')::boolean = $3) and ($4::uuid[] is null or key = any($4))"
        " order by created_at, key offset $5 limit $6",
        search.created_from,
        search.created_until,
        search.is_ehr_enabled,
        None if search.keys is None else list(search.keys),
        offset,
        limit,
    )
    return [_organization(row) for row in rows]


async def with_ehr_source(work: Work, provider: str, source: str, most: int) -> list[Organization]:
    """Organizations with an enabled link to this record system that have this source id."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from organizations.organization"  # noqa: S608
        " where ehr is not null and ehr ->> 'sourceId' = $2 and ehr ->> 'provider' = $1"
        " and (ehr ->> 'enabled')::boolean order by created_at, key limit $3",
        provider,
        source,
        most,
    )
    return [_organization(row) for row in rows]


async def with_ehr_cadence(work: Work, provider: str) -> list[tuple[OrganizationKey, int]]:
    """Organizations with an enabled link to this record system that push by themselves, and each how many days."""
    rows = await work.tx.fetch(
        "select key, rtrim(ehr #>> '{scheduledReports,cadence}', 'd')::int days from organizations.organization"
        " where ehr is not null and ehr ->> 'provider' = $1 and (ehr ->> 'enabled')::boolean"
        " and ehr #>> '{scheduledReports,cadence}' ~ '^[0-9]+d$' order by key",
        provider,
    )
    return [(OrganizationKey(row["key"]), row["days"]) for row in rows]


async def put_profile(work: Work, key: OrganizationKey, profile: Profile) -> None:
    """Replace the whole profile."""
    sets = ", ".join(f"{name} = ${place + 3}" for place, name in enumerate(_PROFILE))
    await work.tx.execute(
        f"update organizations.organization set updated_at = $2, {sets} where key = $1",  # noqa: S608
        key,
        work.now,
        *_profile_values(profile),
    )


async def put(work: Work, key: OrganizationKey, column: str, value: object) -> None:
    """Set one column: a setting, the tier, the migration state."""
    cast = "::jsonb" if column in _JSON_SETTINGS else ""
    await work.tx.execute(
        f"update organizations.organization set updated_at = $2, {column} = $3{cast} where key = $1",  # noqa: S608
        key,
        work.now,
        to_json(value) if cast and value is not None else value,
    )


async def touch(work: Work, key: OrganizationKey) -> None:
    """Move the time of the last change."""
    await work.tx.execute("update organizations.organization set updated_at = $2 where key = $1", key, work.now)


async def delete(work: Work, key: OrganizationKey) -> None:
    """Remove the row; its tags, sites and members go with it."""
    await work.tx.execute("delete from organizations.organization where key = $1", key)


async def archive(work: Work, kind: str, organization: OrganizationKey, content: Mapping[str, Any] | str) -> None:
    """Keep what is about to be deleted, whole, with when, by whom and by what."""
    await work.tx.execute(
        "insert into organizations.archive (key, kind, organization, deleted_at, deleted_by, reason, content)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        new_key(work),
        kind,
        organization,
        work.now,
        None if work.actor.is_service else work.actor.person,
        work.origin.route,
        content if isinstance(content, str) else to_json(content),
    )


async def whole(work: Work, key: OrganizationKey) -> str:
    """The organization with its tags and sites as JSON, for the archive."""
    return str(
        await work.tx.fetchval(
            "select (to_jsonb(o) || jsonb_build_object("
            "  'tags', coalesce((select jsonb_agg(t) from organizations.tag t where t.organization = o.key), '[]'),"
            "  'sites', coalesce((select jsonb_agg(s) from organizations.site s where s.organization = o.key), '[]')"
            "))::text from organizations.organization o where o.key = $1",
            key,
        )
    )
