"""The patient list of a large clinic: over HTTP, and against the best statement we can write by hand."""

import random
import time
from urllib.parse import urlencode
from uuid import UUID

import asyncpg

from openward.bench.clinic import FAMILIES, TAGS, Clinic, filled
from openward.bench.figures import Figure, at_most, median, percentile
from openward.bench.rig import Rig
from openward.care.roster import FIELDS
from openward.care.summaries import Kind

QUESTIONS = 120


async def patient_list(rig: Rig, patients: int) -> list[Figure]:
    """Sorted by time in range, filtered by two tags and a text: the question a clinician asks most."""
    connection = await asyncpg.connect(rig.dsn)
    try:
        clinic = await filled(rig, connection, patients)
        ours, by_hand = [], []
        chance = random.Random(7)
        for number in range(QUESTIONS):
            two, text = chance.sample(range(TAGS - 1), 2), chance.choice(FAMILIES)[:4]
            seconds, count = await _ask(rig, clinic, [clinic.tags[place] for place in two], text)
            begun = time.perf_counter()
            wanted = await _by_hand(connection, clinic, [clinic.tag_keys[place] for place in two], text.lower())
            best = time.perf_counter() - begun
            if count != wanted:
                raise RuntimeError(f"the list found {count}, plain SQL {wanted}")
            if number >= 10:  # the first ones warm the caches
                ours.append(seconds)
                by_hand.append(best)
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


async def _ask(rig: Rig, clinic: Clinic, tags: list[str], text: str) -> tuple[float, int]:
    query = {"tags": ",".join(tags), "search": text, "sortType": "cgm", "sort": "-timeInTargetPercent", "limit": "10"}
    began = time.perf_counter()
    found = await rig.call("GET", f"{clinic.path}/patients?{urlencode(query)}", token=clinic.token)
    return time.perf_counter() - began, found["meta"]["count"]


async def _by_hand(connection: asyncpg.Connection, clinic: Clinic, tags: list[UUID], text: str) -> int:
    place = FIELDS[Kind.CGM].index("timeInTargetPercent") + 1
    rows = await connection.fetch(
        "select e.person, count(*) over () n from roster.entry e left join roster.figures f on f.scope = 'cgm14d'"  # noqa: S608
        " and f.organization = e.organization and f.person = e.person"
        " where e.organization = $1 and not e.is_fresh and e.search like '%' || $3 || '%'"
        " and e.person in (select person from roster.label"
        "  where organization = $1 and label = ($2::uuid[])[1] intersect select person from roster.label"
        "  where organization = $1 and label = ($2::uuid[])[2])"
        f" order by f.figures[{place}] desc nulls last, e.record limit 10",
        clinic.key,
        tags,
        text,
    )
    return int(rows[0]["n"]) if rows else 0
