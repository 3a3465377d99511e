"""The SQL of `surveys`: profiles, answers with their entries, and views of patients and their groups."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from openward.care.surveys.model import Answer, Entry, Patient, Selection
from openward.care.surveys.rules import GENDERS, OLDEST
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record

_SCOPE = (
    " {0}.organization = $1 and ($2::uuid[] is null or {0}.person in (select person from surveys.place"
    "  where organization = $1 and patient_group = any($2::uuid[]))) and ($3::uuid is null or {0}.person = $3)"
)
_OF_PATIENT, _OF_ANSWER = _SCOPE.format("p"), _SCOPE.format("a")
_PATIENT = "p.person, p.enrolled_at, p.enrolment, p.birth_date, p.gender"
# Where the weight of a patient stands: by gender, then by age; both as `rules.weights` has them.
_PLACES = OLDEST + 2
_WEIGHT = (
    f"($4::int[])[coalesce(array_position(array['{GENDERS[0]}', '{GENDERS[1]}', '{GENDERS[2]}'], p.gender),"
    f" {len(GENDERS)}) * {_PLACES} - {_PLACES} + 1 + coalesce(least(greatest(extract(year from"
    # The ends of the calendar are endless to the database; nobody is that old, or that young.
    " age($5::date::timestamp, case p.birth_date when '-infinity' then '0002-01-01' when 'infinity' then $5::date"
    " else p.birth_date end::timestamp))::int, 0),"
    f" {OLDEST}), {OLDEST + 1})]"
)


def _scope(which: Selection) -> tuple[OrganizationKey, list[UUID] | None, PersonKey | None]:
    return which.organization, None if which.groups is None else list(which.groups), which.person


def _patient(row: Record) -> Patient:
    return Patient(PersonKey(row["person"]), row["enrolled_at"], row["enrolment"], row["birth_date"], row["gender"])


async def count_patients(work: Work, which: Selection) -> int:
    """How many patients there are."""
    query = "select count(*) from surveys.patient p where" + _OF_PATIENT  # noqa: S608 -- constants
    return int(await work.tx.fetchval(query, *_scope(which)))


async def patients(
    work: Work, which: Selection, offset: int, limit: int, after: tuple[datetime, UUID] | None
) -> list[Patient]:
    """Patients in the order they came, from `offset` on or after one of them."""
    rows = await work.tx.fetch(
        f"select {_PATIENT} from surveys.patient p where {_OF_PATIENT}"  # noqa: S608 -- constants
        " and ($4::timestamptz is null or (p.enrolled_at, p.enrolment) > ($4, $5::uuid))"
        " order by p.enrolled_at, p.enrolment offset $6 limit $7",
        *_scope(which),
        *(after or (None, None)),
        offset,
        limit,
    )
    return [_patient(row) for row in rows]


async def patients_of(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, Patient]:
    """These patients of an organization, as far as they are."""
    rows = await work.tx.fetch(
        f"select {_PATIENT} from surveys.patient p"  # noqa: S608 -- constants
        " where p.organization = $1 and p.person = any($2::uuid[])",
        organization,
        list(persons),
    )
    return {PersonKey(row["person"]): _patient(row) for row in rows}


async def count_weights(work: Work, which: Selection, weights: Sequence[int], today: date) -> int:
    """How many questions all these patients are asked."""
    found = await work.tx.fetchval(
        f"select coalesce(sum({_WEIGHT}), 0)::bigint from surveys.patient p"  # noqa: S608 -- constants
        f" where {_OF_PATIENT}",
        *_scope(which),
        list(weights),
        today,
    )
    return int(found)


async def weighed(
    work: Work,
    which: Selection,
    weights: Sequence[int],
    today: date,
    offset: int,
    limit: int,
    since: tuple[datetime, UUID] | None,
) -> list[tuple[Patient, int]]:
    """The patients to whom the questions from `offset` on belong, and how many questions come before each.

    since: begin with this patient, and count from there.
    """
    rows = await work.tx.fetch(
        f"with p as (select * from (select {_PATIENT}, {_WEIGHT} as weight from surveys.patient p"  # noqa: S608
        f" where {_OF_PATIENT} and ($6::timestamptz is null or (p.enrolled_at, p.enrolment) >= ($6, $7::uuid))) one"
        # Everybody who is asked anything is asked one question at least, so that no more patients can be needed.
        "  where weight > 0 order by enrolled_at, enrolment limit $8 + $9::bigint),"
        " q as (select p.*, sum(weight) over (order by enrolled_at, enrolment) as upto from p)"
        " select *, (upto - weight)::bigint as before from q where upto > $8 and upto - weight < $8 + $9::bigint"
        " order by enrolled_at, enrolment",
        *_scope(which),
        list(weights),
        today,
        *(since or (None, None)),
        offset,
        limit,
    )
    return [(_patient(row), row["before"]) for row in rows]


async def numbers(work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]) -> dict[PersonKey, int]:
    """The numbers of these patients' profiles; those that nobody has looked at yet are made."""
    query = (
        "select person, number from surveys.profile"
        " where organization = $1 and person = any($2::uuid[]) and replaced_by is null"
    )
    found = {row["person"]: row["number"] for row in await work.tx.fetch(query, organization, list(persons))}
    missing = [person for person in persons if person not in found]
    if missing:
        await work.tx.execute(
            "insert into surveys.profile (organization, person) select $1, person from unnest($2::uuid[]) person"
            " order by person on conflict (organization, person) where replaced_by is null do nothing",
            organization,
            missing,
        )
        rows = await work.tx.fetch(query, organization, missing)
        found |= {row["person"]: row["number"] for row in rows}
    return found


async def profile(work: Work, number: int) -> tuple[int, OrganizationKey, PersonKey] | None:
    """The profile of this number, or the one in its place, with whose it is."""
    row = await work.tx.fetchrow(
        "select coalesce(p.replaced_by, p.number) number, organization, person from surveys.profile p"
        " where number = $1",
        number,
    )
    return None if row is None else (row["number"], OrganizationKey(row["organization"]), PersonKey(row["person"]))


async def lock_profile(work: Work, organization: OrganizationKey, person: PersonKey) -> int:
    """The number of a patient's profile, held until the end of this work."""
    number = (await numbers(work, organization, [person]))[person]
    await work.tx.execute("select from surveys.profile where number = $1 for update", number)
    return number


async def answered(work: Work, profiles: Sequence[int]) -> dict[int, dict[int, datetime]]:
    """By profile and question: when it was last answered."""
    rows = await work.tx.fetch(
        "select profile, question, updated_at from surveys.answer where profile = any($1::bigint[])", list(profiles)
    )
    found: dict[int, dict[int, datetime]] = {}
    for row in rows:
        found.setdefault(row["profile"], {})[row["question"]] = row["updated_at"]
    return found


async def count_answers(work: Work, which: Selection) -> int:
    """How many answers there are."""
    query = "select count(*) from surveys.answer a where" + _OF_ANSWER  # noqa: S608 -- constants
    return int(await work.tx.fetchval(query, *_scope(which)))


async def answers(
    work: Work, which: Selection, offset: int, limit: int, after: tuple[datetime, int, int] | None
) -> list[Answer]:
    """Answers in the order in which they were first given, with all their entries."""
    rows = await work.tx.fetch(
        f"select a.* from surveys.answer a where {_OF_ANSWER}"  # noqa: S608 -- constants
        " and ($4::timestamptz is null or (a.created_at, a.profile, a.question) > ($4, $5::bigint, $6::int))"
        " order by a.created_at, a.profile, a.question offset $7 limit $8",
        *_scope(which),
        *(after or (None, None, None)),
        offset,
        limit,
    )
    return await _with_entries(work, rows)


async def answers_of(work: Work, wanted: Sequence[tuple[int, int]]) -> list[Answer]:
    """The answers to these questions of these profiles, as far as there are any."""
    rows = await work.tx.fetch(
        "select a.* from surveys.answer a join unnest($1::bigint[], $2::int[]) w(profile, question)"
        " using (profile, question)",
        [profile for profile, _ in wanted],
        [question for _, question in wanted],
    )
    return await _with_entries(work, rows)


async def _with_entries(work: Work, rows: Sequence[Record]) -> list[Answer]:
    entries: dict[tuple[int, int], list[Entry]] = {}
    found = await work.tx.fetch(
        "select e.* from surveys.entry e join unnest($1::bigint[], $2::int[]) w(profile, question)"
        " using (profile, question) order by e.answered_at, e.id",
        [row["profile"] for row in rows],
        [row["question"] for row in rows],
    )
    for row in found:
        made = Entry(row["id"], row["answered_at"], row["answered_by"], row["value"])
        entries.setdefault((row["profile"], row["question"]), []).append(made)
    return [
        Answer(
            row["profile"],
            row["question"],
            OrganizationKey(row["organization"]),
            PersonKey(row["person"]),
            row["created_at"],
            row["updated_at"],
            tuple(entries[row["profile"], row["question"]]),
        )
        for row in rows
    ]


async def add_entries(
    work: Work,
    profile: int,
    organization: OrganizationKey,
    person: PersonKey,
    given: Mapping[int, Entry],
) -> None:
    """Add what was answered, by question."""
    questions = list(given)
    await work.tx.execute(
        "insert into surveys.answer (profile, question, organization, person, created_at, updated_at)"
        " select $1, question, $3, $4, $5, $5 from unnest($2::int[]) question"
        " on conflict (profile, question) do update set updated_at = greatest(answer.updated_at, excluded.updated_at)",
        profile,
        questions,
        organization,
        person,
        work.now,
    )
    await work.tx.executemany(
        "insert into surveys.entry (id, profile, question, answered_at, answered_by, value)"
        " values ($1, $2, $3, $4, $5, $6)",
        [(one.id, profile, question, one.answered_at, one.answered_by, one.value) for question, one in given.items()],
    )
