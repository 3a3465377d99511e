"""The SQL of `surveys`: profiles, answers with their entries, and views of patients and their groups."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from openward.care.surveys.model import Answer, Entry, Patient, Selection
from openward.care.surveys.rules import GENDERS, OLDEST, births
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record

_FEW = 1000
_PLACE = "(p.enrolled_at, p.enrolment)"
_PATIENT = "p.person, p.enrolled_at, p.enrolment, p.birth_date, p.gender"
# Where the weight of a patient stands: by gender, then by age, both as `rules.weights` has them. Ages are counted by
# the days on which somebody has to be born to be younger than each, which takes a tenth of the time of reckoning in
# years. {weights} and {births} are the places of the parameters.
_PLACES = OLDEST + 2
_WEIGHT = (
    f"({{weights}}::int[])[case p.gender when '{GENDERS[0]}' then 0 when '{GENDERS[1]}' then 1 when '{GENDERS[2]}'"
    f" then 2 else 3 end * {_PLACES} + 1"
    f" + coalesce({OLDEST} - width_bucket(p.birth_date, (select {{births}}::text[]::date[])), {OLDEST + 1})]"
)


class _Scope:
    """The rows of a selection: `source` reads them, under a letter, and `values` are its parameters so far.

    is_short: only the first few are wanted, in order, so that whoever comes is asked for his groups, and not the groups
    for everybody whom they have.
    """

    def __init__(self, which: Selection, table: str, letter: str, *, is_short: bool = False) -> None:
        self.values: list[object] = [which.organization]
        self.source = f" from surveys.{table} {letter}"
        conditions = f" where {letter}.organization = $1"
        if which.groups is not None:
            groups = self.add(list(which.groups))
            places = f" from surveys.place where organization = $1 and patient_group = any({groups}::uuid[])"
            if is_short:
                conditions += f" and exists (select{places} and person = {letter}.person)"
            else:
                self.source += f" join (select distinct person{places}) g on g.person = {letter}.person"
        if which.person is not None:
            conditions += f" and {letter}.person = {self.add(which.person)}"
        self.source += conditions

    def add(self, value: object) -> str:
        """The place of one more parameter."""
        self.values.append(value)
        return f"${len(self.values)}"

    def weight(self, weights: Sequence[int], today: date) -> str:
        """How many questions a patient is asked."""
        return _WEIGHT.format(
            weights=self.add(list(weights)), births=self.add([day.isoformat() for day in births(today)])
        )


def _patient(row: Record) -> Patient:
    return Patient(PersonKey(row["person"]), row["enrolled_at"], row["enrolment"], row["birth_date"], row["gender"])


async def count_patients(work: Work, which: Selection) -> int:
    """How many patients there are."""
    if which.groups is not None and which.person is None:
        query = (
            "select count(*) from (select distinct person from surveys.place where organization = $1"
            " and patient_group = any($2::uuid[])) p"
        )
        return int(await work.tx.fetchval(query, which.organization, list(which.groups)))
    scope = _Scope(which, "patient", "p")
    return int(await work.tx.fetchval("select count(*)" + scope.source, *scope.values))


async def patients(
    work: Work, which: Selection, offset: int, limit: int, after: tuple[datetime, UUID] | None
) -> list[Patient]:
    """Patients in the order they came, from `offset` on or after one of them."""
    scope = _Scope(which, "patient", "p", is_short=offset < _FEW)
    behind = (
        "" if after is None else f" and (p.enrolled_at, p.enrolment) > ({scope.add(after[0])}, {scope.add(after[1])})"
    )
    rows = await work.tx.fetch(
        f"select {_PATIENT}{scope.source}{behind} order by p.enrolled_at, p.enrolment"
        f" offset {scope.add(offset)} limit {scope.add(limit)}",
        *scope.values,
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
    scope = _Scope(which, "patient", "p")
    query = f"select coalesce(sum({scope.weight(weights, today)}), 0)::bigint{scope.source}"
    return int(await work.tx.fetchval(query, *scope.values))


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
    scope = _Scope(which, "patient", "p", is_short=offset < _FEW)
    weight = scope.weight(weights, today)
    behind = f" and {_PLACE} >= ({scope.add(since[0])}, {scope.add(since[1])})" if since else ""
    first, most = scope.add(offset), scope.add(limit)
    rows = await work.tx.fetch(
        f"with one as (select p.enrolled_at, p.enrolment, p.person, {weight} as weight{scope.source}{behind}),"  # noqa: S608
        # Everybody who is asked anything is asked one question at least, so that no more patients can be needed.
        " asked as (select * from one where weight > 0 order by enrolled_at, enrolment"
        f"  limit case when {first} = 0 then {most}::bigint end),"
        " summed as (select *, sum(weight) over (order by enrolled_at, enrolment rows unbounded preceding) upto"
        "  from asked),"
        f" few as (select * from summed where upto > {first} order by enrolled_at, enrolment limit {most})"
        f" select {_PATIENT}, (upto - weight)::bigint as before from few join surveys.patient p"
        f" on p.organization = $1 and p.person = few.person where upto - weight < {first} + {most}"
        " order by p.enrolled_at, p.enrolment",
        *scope.values,
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
    scope = _Scope(which, "answer", "a")
    return int(await work.tx.fetchval("select count(*)" + scope.source, *scope.values))


async def answers(
    work: Work, which: Selection, offset: int, limit: int, after: tuple[datetime, int, int] | None
) -> list[Answer]:
    """Answers in the order in which they were first given, with all their entries."""
    scope = _Scope(which, "answer", "a", is_short=offset < _FEW)
    behind = ""
    if after is not None:
        behind = f" and (a.created_at, a.profile, a.question) > ({', '.join(scope.add(part) for part in after)})"
    rows = await work.tx.fetch(
        f"select a.*{scope.source}{behind} order by a.created_at, a.profile, a.question"
        f" offset {scope.add(offset)} limit {scope.add(limit)}",
        *scope.values,
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
