"""A large clinic for measuring: its patients are written straight into the tables, for 100,000 posts take long."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from openward.bench.rig import Rig
from openward.care.roster import FIELDS, PERIODS
from openward.care.summaries import Kind
from openward.care.work import OrganizationKey

TAGS, SITES = 6, 4
NAMES = ["Ana", "Bruno", "Chidi", "Daniela", "Emil", "Fatima", "Goran", "Hana", "Ines", "Jonas"]
FAMILIES = ["Ruiz", "Okafor", "Lindqvist", "Tanaka", "Moreau", "Novak", "Silva", "Haddad", "Kowalski", "Petrov"]


@dataclass(frozen=True, slots=True)
class Clinic:
    """A filled clinic: an admin's token, ids as the wire says them, keys as the tables have them.

    Four in ten patients have each tag but the last, which one in two hundred has; sites are as common as tags.
    """

    token: str
    id: str
    key: OrganizationKey
    tags: list[str]
    tag_keys: list[UUID]
    sites: list[str]
    site_keys: list[UUID]

    @property
    def path(self) -> str:
        """Where the wire has it."""
        return f"/v1/clinics/{self.id}"


async def filled(rig: Rig, connection: asyncpg.Connection, patients: int) -> Clinic:
    """A clinic with so many patients, nine in ten with figures of sensors, half with figures of meters.

    One figure in ten is withheld.
    """
    _, token = await rig.person()
    made = await rig.call("POST", "/v1/clinics", token=token, body={"name": "Bench", "preferredBgUnits": "mg/dL"})
    labels: dict[str, list[str]] = {"patient_tags": [], "sites": []}
    for kind, number in (("patient_tags", TAGS), ("sites", SITES)):
        for place in range(number):
            path = f"/v1/clinics/{made['id']}/{kind}"
            labels[kind].append((await rig.call("POST", path, token=token, body={"name": f"L{place}"}))["id"])
    tags, sites = labels["patient_tags"], labels["sites"]
    rows = await connection.fetch(
        "select value, entity from identity.identifier where value = any($1::text[])", [made["id"], *tags, *sites]
    )
    keys = {row["value"]: row["entity"] for row in rows}
    clinic = Clinic(
        token=token,
        id=made["id"],
        key=OrganizationKey(keys[made["id"]]),
        tags=tags,
        tag_keys=[keys[tag] for tag in tags],
        sites=sites,
        site_keys=[keys[site] for site in sites],
    )
    async with connection.transaction():
        await _write(connection, clinic, patients)
    await connection.execute("vacuum analyze")
    return clinic


async def _write(connection: asyncpg.Connection, clinic: Clinic, patients: int) -> None:
    await connection.execute(
        "create temporary table made on commit drop as select gen_random_uuid() person, gen_random_uuid() record,"
        " ($1::text[])[1 + (random() * 9)::int] || ' ' || ($2::text[])[1 + (random() * 9)::int] || ' ' || n as name,"
        " date '1950-01-01' + (random() * 25000)::int as born, 'M' || n as mrn,"
        " array(select k from unnest($3::uuid[]) with ordinality t (k, place)"
        "  where random() < case when place = cardinality($3) then 0.005 else 0.4 end and n is not null) tags,"
        " array(select k from unnest($4::uuid[]) k where random() < 0.4 and n is not null) sites,"
        " case when random() < 0.7 then now() - random() * interval '90 days' end reviewed,"
        " random() < 0.8 standard,"
        " case when random() < 0.9 then now() - random() * interval '30 days' end cgm,"
        " case when random() < 0.5 then now() - random() * interval '30 days' end bgm"
        " from generate_series(1, $5::int) n",
        NAMES,
        FAMILIES,
        clinic.tag_keys,
        clinic.site_keys,
        patients,
    )
    for statement in _STATEMENTS:
        await connection.execute(statement, *([clinic.key] if "$1" in statement else []))
    for kind in (Kind.CGM, Kind.BGM):
        for period in PERIODS:
            await connection.execute(
                "insert into roster.figures (scope, organization, person, record, figures)"  # noqa: S608
                f" select '{kind}{period}', $1, person, record,"
                " (select array_agg(case when random() < 0.1 then '-Infinity' else random() end) from"
                f" generate_series(1, {len(FIELDS[kind])}) where person is not null) from made"
                f" where {kind} is not null",
                clinic.key,
            )


_STATEMENTS = (
    "insert into accounts.account (person, roles, created_at, modified_at)"
    " select person, '{custodial_account,patient}', now(), now() from made",
    "insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
    " select 'tidepool-user', '00000000-0000-0000-0000-000000000000', person::text, person, 'person', true, now()"
    " from made",
    "insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
    " select 'solo-practice-patient', $1, person::text, person, 'person', true, now() from made",
    "insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
    " select 'solo-patient', '00000000-0000-0000-0000-000000000000', nextval('identity.spid')::text, person, 'person',"
    " true, now() from made",
    "insert into patients.enrolment (key, organization, person, full_name, birth_date, mrn, tags, sites, permissions,"
    " is_active, counts_in_plan, created_at, updated_at) select record, $1, person, name, born, mrn, tags, sites,"
    " '{custodian,view,upload,note}', true, true, now(), now() from made",
    "insert into roster.entry (organization, person, record, name_key, birth_date, search, has_standard_ranges,"
    " last_reviewed_at, has_cgm, has_bgm, cgm_last_data, cgm_first_data, cgm_last_upload, bgm_last_data,"
    " bgm_first_data, bgm_last_upload) select $1, person, record, lower(name), born,"
    " lower(name) || e'\\x1f' || e'\\x1f' || lower(mrn) || e'\\x1f' || born, standard, reviewed,"
    " cgm is not null, bgm is not null,"
    " cgm, cgm - interval '1 year' * random(), cgm + interval '1 hour' * random(),"
    " bgm, bgm - interval '1 year' * random(), bgm + interval '1 hour' * random() from made",
    "insert into roster.label (organization, label, person, is_site)"
    " select $1::uuid, tag, person, false from made, unnest(tags) tag"
    " union all select $1::uuid, site, person, true from made, unnest(sites) site",
    "delete from roster.tally where organization = $1",
    "insert into roster.tally (organization, label, total)"
    " select $1::uuid, '00000000-0000-0000-0000-000000000000'::uuid, count(*) from made"
    " union all select $1::uuid, label, count(*) from made, unnest(tags || sites) label group by 2",
)
