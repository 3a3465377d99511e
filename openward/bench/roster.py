"""The patient list of a large clinic: over HTTP, and against the best statement we can write by hand."""

import random
import time
from urllib.parse import urlencode

import asyncpg

from openward.bench.figures import Figure, at_most, median, percentile
from openward.bench.rig import Rig
from openward.care.roster import FIELDS, PERIODS
from openward.care.summaries import Kind

QUESTIONS = 120
TAGS = 6
_NAMES = ["Ana", "Bruno", "Chidi", "Daniela", "Emil", "Fatima", "Goran", "Hana", "Ines", "Jonas"]
_FAMILIES = ["Ruiz", "Okafor", "Lindqvist", "Tanaka", "Moreau", "Novak", "Silva", "Haddad", "Kowalski", "Petrov"]


async def patient_list(rig: Rig, patients: int) -> list[Figure]:
    """Sorted by time in range, filtered by two tags and a text: the question a clinician asks most."""
    _, token = await rig.person()
    clinic = await rig.call("POST", "/v1/clinics", token=token, body={"name": "Bench", "preferredBgUnits": "mg/dL"})
    tags = []
    for number in range(TAGS):
        made = await rig.call(
            "POST", f"/v1/clinics/{clinic['id']}/patient_tags", token=token, body={"name": f"T{number}"}
        )
        tags.append(made["id"])
    connection = await asyncpg.connect(rig.dsn)
    try:
        organization = await _fill(connection, clinic["id"], tags, patients)
        keys = await _keys(connection, tags)
        ours, by_hand, store = [], [], []
        chance = random.Random(7)
        for number in range(QUESTIONS):
            two, text = chance.sample(range(TAGS), 2), f"{chance.choice(_FAMILIES)[:4]}"
            seconds, count = await _ask(rig, token, clinic["id"], [tags[place] for place in two], text)
            begun = time.perf_counter()
            wanted = await _by_hand(connection, organization, [keys[place] for place in two], text.lower())
            best = time.perf_counter() - begun
            if count != wanted:
                raise RuntimeError(f"the list found {count}, plain SQL {wanted}")
            if number >= 10:  # the first ones warm the caches
                ours.append(seconds)
                by_hand.append(best)
                store.append(seconds / best)
    finally:
        await connection.close()
    size = f"{patients:,} patients"
    return [
        at_most(
            "list",
            f"{size}, by time in range, two tags and text: p95 over HTTP",
            percentile(ours, 0.95) * 1e3,
            "ms",
            60,
        ),
        Figure("list", "the same, median", median(ours) * 1e3, "ms"),
        Figure("list", "best hand-written SQL, p95", percentile(by_hand, 0.95) * 1e3, "ms"),
        at_most(
            "list",
            "p95 over HTTP against p95 of the SQL",
            percentile(ours, 0.95) / percentile(by_hand, 0.95),
            "ratio",
            3,
        ),
    ]


async def _ask(rig: Rig, token: str, clinic: str, tags: list[str], text: str) -> tuple[float, int]:
    query = {"tags": ",".join(tags), "search": text, "sortType": "cgm", "sort": "-timeInTargetPercent", "limit": "10"}
    began = time.perf_counter()
    found = await rig.call("GET", f"/v1/clinics/{clinic}/patients?{urlencode(query)}", token=token)
    return time.perf_counter() - began, found["meta"]["count"]


async def _by_hand(connection: asyncpg.Connection, organization: object, tags: list[object], text: str) -> int:
    place = FIELDS[Kind.CGM].index("timeInTargetPercent") + 1
    rows = await connection.fetch(
        "select e.person, count(*) over () n from roster.entry e join roster.figures f on f.scope = 'cgm14d'"  # noqa: S608
        " and f.organization = e.organization and f.person = e.person"
        " where e.organization = $1 and e.search like '%' || $3 || '%' and e.person in (select person from roster.label"
        "  where organization = $1 and label = ($2::uuid[])[1] intersect select person from roster.label"
        "  where organization = $1 and label = ($2::uuid[])[2])"
        f" order by f.figures[{place}] desc nulls last, e.record limit 10",
        organization,
        tags,
        text,
    )
    return int(rows[0]["n"]) if rows else 0


async def _keys(connection: asyncpg.Connection, tags: list[str]) -> list[object]:
    rows = await connection.fetch("select value, entity from identity.identifier where value = any($1::text[])", tags)
    known = {row["value"]: row["entity"] for row in rows}
    return [known[tag] for tag in tags]


async def _fill(connection: asyncpg.Connection, clinic: str, tags: list[str], patients: int) -> object:
    """Write the patients straight into the tables: only reading is measured, and 100,000 posts take long."""
    organization = await connection.fetchval("select entity from identity.identifier where value = $1", clinic)
    keys = await _keys(connection, tags)
    async with connection.transaction():
        await connection.execute(
            "create temporary table made on commit drop as select gen_random_uuid() person,"
            " gen_random_uuid() record,"
            " ($1::text[])[1 + (random() * 9)::int] || ' ' || ($2::text[])[1 + (random() * 9)::int]"
            " || ' ' || n as name,"
            " date '1950-01-01' + (random() * 25000)::int as born, 'M' || n as mrn,"
            " array(select k from unnest($3::uuid[]) k where random() < 0.4 and n is not null order by 1) tags"
            " from generate_series(1, $4::int) n",
            _NAMES,
            _FAMILIES,
            keys,
            patients,
        )
        for statement in _STATEMENTS:
            await connection.execute(statement, *([organization] if "$1" in statement else []))
        for kind in (Kind.CGM, Kind.BGM):
            for period in PERIODS:
                await connection.execute(
                    "insert into roster.figures (scope, organization, person, record, figures)"  # noqa: S608
                    f" select '{kind}{period}', $1, person, record, (select array_agg(random()) from"
                    f" generate_series(1, {len(FIELDS[kind])}) where person is not null) from made",
                    organization,
                )
    await connection.execute("vacuum analyze")
    return organization


_STATEMENTS = (
    "insert into accounts.account (person, roles, created_at, modified_at)"
    " select person, '{custodial_account,patient}', now(), now() from made",
    "insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)"
    " select 'tidepool-user', '00000000-0000-0000-0000-000000000000', person::text, person, 'person', true, now()"
    " from made",
    "insert into patients.enrolment (key, organization, person, full_name, birth_date, mrn, tags, permissions,"
    " is_active, counts_in_plan, created_at, updated_at) select record, $1, person, name, born, mrn, tags,"
    " '{custodian,view,upload,note}', true, true, now(), now() from made",
    "insert into roster.entry (organization, person, record, name_key, birth_date, search,"
    " has_standard_ranges, cgm_last_data) select $1, person, record, lower(name), born,"
    " lower(name) || e'\\x1f' || e'\\x1f' || lower(mrn) || e'\\x1f' || born, true, now() from made",
    "insert into roster.label (organization, label, person, is_site)"
    " select $1, tag, person, false from made, unnest(tags) tag",
    "delete from roster.tally where organization = $1",
    "insert into roster.tally (organization, label, total)"
    " select $1, '00000000-0000-0000-0000-000000000000', count(*) from made",
    "insert into roster.tally (organization, label, total)"
    " select $1, tag, count(*) from made, unnest(tags) tag group by 2",
)
