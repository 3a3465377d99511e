"""SQL of the sets that belong to an organization: those of many people at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from openward.care.devicedata.model import KIND_NUMBERS
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import to_json

_DATUM = ("time", "value", "data_set", "ordinal", "subject", "kind", "shape", "detail")
_SHAPE = 0
"""The one shape of all these readings, the first of each set."""


@dataclass(frozen=True, slots=True)
class HeldSet:
    """A set held until the end of the work; its next ordinal."""

    key: int
    subject: int
    person: PersonKey
    next_ordinal: int


@dataclass(frozen=True, slots=True)
class NewReading:
    """One reading on its way into its set, in mmol/L; `origin` is the digest by which it is known again."""

    target: HeldSet
    time: datetime
    value: float
    origin: UUID
    detail: bytes | None


async def hold_sets(
    work: Work,
    organization: OrganizationKey,
    people: Sequence[PersonKey],
    body: Mapping[str, object],
    shape: bytes,
    deduplicator: str,
) -> dict[PersonKey, HeldSet]:
    """The set of each of these people, made where there is none, held in their order; `people` are sorted."""
    wanted = list(people)
    await work.tx.execute(
        "insert into devicedata.subject (person) select p from unnest($1::uuid[]) p where not exists"
        " (select from devicedata.subject s where s.person = p) order by p on conflict (person) do nothing",
        wanted,
    )
    held = await _hold(work, organization, wanted)
    missing = [person for person in wanted if person not in held]
    if missing:
        await _make_sets(work, organization, missing, body, shape, deduplicator)
        held |= await _hold(work, organization, missing)
    return held


async def held_sets_of(work: Work, organization: OrganizationKey, source: str, person: PersonKey) -> list[int]:
    """The keys of a person's set of the organization and of those that merges have left as nobody's, held."""
    rows = await work.tx.fetch(
        "select s.key from devicedata.data_set s join devicedata.subject u on u.key = s.subject where u.person = $1"
        " and (s.organization = $2 or (s.organization is null and s.client_name = $3)) and s.deleted_at is null"
        " order by s.key for update of s",
        person,
        organization,
        source,
    )
    return [row["key"] for row in rows]


async def _hold(work: Work, organization: OrganizationKey, people: Sequence[PersonKey]) -> dict[PersonKey, HeldSet]:
    rows = await work.tx.fetch(
        "select s.key, s.subject, u.person, s.next_ordinal from devicedata.data_set s"
        " join devicedata.subject u on u.key = s.subject where u.person = any($2::uuid[]) and s.organization = $1"
        " and s.deleted_at is null order by s.key for update of s",
        organization,
        list(people),
    )
    return {
        PersonKey(row["person"]): HeldSet(row["key"], row["subject"], row["person"], row["next_ordinal"])
        for row in rows
    }


async def _make_sets(
    work: Work,
    organization: OrganizationKey,
    people: Sequence[PersonKey],
    body: Mapping[str, object],
    shape: bytes,
    deduplicator: str,
) -> None:
    rows = await work.tx.fetch(
        "insert into devicedata.data_set (subject, name, id, type, is_active, deduplicator, time, client_name,"
        " created_at, modified_at, body, shapes, organization)"
        " select s.key, n.name, n.name, 'continuous', true, $4, $5, $6, $5, $5, $7, 1, $1"
        " from unnest($2::uuid[], $3::text[]) n(person, name) join devicedata.subject s on s.person = n.person"
        " order by n.person on conflict (subject, organization) where organization is not null and deleted_at is null"
        " do nothing returning key",
        organization,
        list(people),
        [work.token_bytes(16).hex() for _ in people],
        deduplicator,
        work.now,
        (body["client"] or {})["name"],  # type: ignore[index]
        to_json(body),
    )
    await work.tx.execute(
        "insert into devicedata.shape (data_set, number, kind, digest, body)"
        " select key, $2, $3, $4, $5 from unnest($1::int[]) key",
        [row["key"] for row in rows],
        _SHAPE,
        KIND_NUMBERS["smbg"],
        UUID(bytes=blake2b(shape, digest_size=16).digest()),
        shape,
    )


async def insert_new(work: Work, readings: Sequence[NewReading], kind: int) -> list[NewReading]:
    """Add those readings whose origins their sets do not know, under the next ordinals; which these were."""
    known = await _known(work, readings)
    new = [one for one in readings if (one.target.key, one.origin) not in known]
    if not new:
        return []
    counts: dict[int, int] = {}
    data, origins = [], []
    for one in new:
        place = counts.get(one.target.key, 0)
        counts[one.target.key] = place + 1
        key, ordinal = one.target.key, one.target.next_ordinal + place
        data.append((one.time, one.value, key, ordinal, one.target.subject, kind, _SHAPE, one.detail))
        origins.append((one.origin, key, ordinal))
    await work.tx.copy_records_to_table("datum", schema_name="devicedata", columns=_DATUM, records=data)
    await work.tx.copy_records_to_table(
        "origin_key", schema_name="devicedata", columns=("origin", "data_set", "ordinal"), records=origins
    )
    await _advance(work, counts)
    return new


async def _known(work: Work, readings: Sequence[NewReading]) -> set[tuple[int, UUID]]:
    seen = [one for one in readings if one.target.next_ordinal]
    if not seen:
        return set()
    rows = await work.tx.fetch(
        "select k.data_set, k.origin from unnest($1::int[], $2::uuid[]) w(data_set, origin)"
        " join devicedata.origin_key k on k.data_set = w.data_set and k.origin = w.origin",
        [one.target.key for one in seen],
        [one.origin for one in seen],
    )
    return {(row["data_set"], row["origin"]) for row in rows}


async def _advance(work: Work, counts: Mapping[int, int]) -> None:
    """Take ordinals, and note by whom and from where these rows came."""
    await work.tx.execute(
        "with taken as (update devicedata.data_set s set next_ordinal = s.next_ordinal + n.count"
        "  from unnest($1::int[], $2::int[]) n(key, count) where s.key = n.key"
        "  returning s.key, s.next_ordinal - n.count as first, n.count)"
        " insert into devicedata.batch (data_set, first_ordinal, count, created_at, created_by, client, address)"
        " select key, first, count, $3, $4, $5, $6 from taken",
        list(counts),
        list(counts.values()),
        work.now,
        work.actor.person,
        work.actor.credential,
        work.origin.address,
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Sets of the source are the target's; where a person has one there, the source's goes on as nobody's."""
    await work.tx.execute(
        "update devicedata.data_set s set organization = case when s.deleted_at is null and exists"
        " (select from devicedata.data_set o where o.subject = s.subject and o.organization = $2"
        "  and o.deleted_at is null) then null else $2 end where s.organization = $1",
        source,
        target,
    )
