"""The patient list against a plain Python reading of the same rules, over random patients and random questions."""

import operator
import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from openward.care import organizations, patients, reactions, roster
from openward.care.organizations import Organization, Profile
from openward.care.patients import Details, Enrolment
from openward.care.roster import (
    FIELDS,
    PERIODS,
    Comparison,
    DateFilter,
    EntryField,
    FigureFilter,
    Query,
    Sort,
    list_store,
)
from openward.care.summaries import INTEGER_FIELDS, Kind
from openward.care.work import PersonKey, Work

pytestmark = pytest.mark.anyio

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("Ana", "ána", "ANA 50%", "Émile_x", "emile x", "Zoë\\", "zoe", "Ström", "strom", "Łukasz", "İpek", "O'Brien")
COMPARE: dict[Comparison, Callable[[float, float], bool]] = {
    Comparison.ABOVE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.BELOW: operator.lt,
    Comparison.AT_MOST: operator.le,
}


@dataclass
class Known:
    """A patient as the test knows him."""

    enrolment: Enrolment
    stats: dict[Kind, dict[str, Any]]

    def figure(self, kind: Kind, period: str, name: str) -> float | None:
        found = self.stats.get(kind, {}).get("periods", {}).get(period, {}).get(name)
        return None if found is None else float(found)

    def moment(self, kind: Kind, name: str) -> datetime | None:
        text = self.stats.get(kind, {}).get("dates", {}).get(name)
        return datetime.fromisoformat(text) if text else None


def random_stats(rnd: random.Random, kind: Kind) -> dict[str, Any]:
    periods = {}
    for period in PERIODS:
        if rnd.random() < 0.85:
            periods[period] = {
                name: rnd.randrange(-3, 6)
                if name in INTEGER_FIELDS
                else rnd.choice([0.0, 0.25, 0.5, 0.7, rnd.random()])
                for name in FIELDS[kind]
                if rnd.random() < 0.8
            }
    names = ("lastData", "firstData", "lastUploadDate", "outdatedSince")
    moments = {name: START + timedelta(hours=rnd.randrange(12)) for name in names if rnd.random() < 0.7}
    dates = {name: moment.isoformat().replace("+00:00", "Z") for name, moment in moments.items()}
    return {"id": f"{rnd.getrandbits(96):024x}", "config": {}, "dates": dates, "periods": periods}


async def fill(work: Work, rnd: random.Random, number: int) -> tuple[Organization, list[UUID], list[UUID], list[Known]]:
    place = await organizations.create(work, Profile(name="Willow"), admin=None, tier="tier0300")
    tags = [(await organizations.create_tag(work, place.key, f"t{n}")).key for n in range(4)]
    sites = [(await organizations.create_site(work, place.key, f"s{n}")).key for n in range(3)]
    ranges = (None, {"type": "preset", "preset": "adaStandard"}, {"type": "preset", "preset": "adaHighRisk"})
    known = []
    for n in range(number):
        details = Details(
            full_name=f"{rnd.choice(NAMES)} {rnd.choice(NAMES)}",
            birth_date=date(1950 + rnd.randrange(60), 1, 1 + rnd.randrange(28)),
            email=f"{rnd.choice('abc')}{n}@example.org" if rnd.random() < 0.5 else None,
            mrn=f"M-{rnd.randrange(100)}" if rnd.random() < 0.5 else None,
            tags=tuple(tag for tag in tags if rnd.random() < 0.4),
            sites=tuple(site for site in sites if rnd.random() < 0.4),
            glycemic_ranges=rnd.choice(ranges),
        )
        made = await patients.create_custodial(work, place.key, details)
        stats = {kind: random_stats(rnd, kind) for kind in FIELDS if rnd.random() < 0.8}
        is_early = rnd.random() < 0.5  # a summary may be there before the enrolment, or come after it
        if not is_early:
            await reactions.react(work)
            work.recorded.clear()
        for kind, document in stats.items():
            await roster.put_summary(work, made.person, kind, document)
        await reactions.react(work)
        work.recorded.clear()
        if rnd.random() < 0.6:
            moment = START + timedelta(hours=rnd.randrange(6))
            await review(work, made, moment)
        known.append(Known(await patients.get(work, place.key, made.person), stats))
    return place, tags, sites, known


async def review(work: Work, enrolment: Enrolment, moment: datetime) -> None:
    before = work.now
    work.now = moment
    work.actor = type(work.actor)(work.actor.kind, PersonKey(enrolment.person))
    await patients.add_review(work, enrolment.organization, enrolment.person)
    await reactions.react(work)
    work.recorded.clear()
    work.now = before


def plain(name: str) -> str:
    bare = (c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return "".join("l" if c == "ł" else c for c in bare)


def matches(one: Known, query: Query) -> bool:
    enrolment = one.enrolment
    texts = (enrolment.full_name, enrolment.email, enrolment.mrn, enrolment.birth_date.isoformat())  # type: ignore[union-attr]
    if query.search and not any(query.search.lower() in (text or "").lower() for text in texts):
        return False
    if query.tags is not None and not (set(query.tags) <= set(enrolment.tags) if query.tags else not enrolment.tags):
        return False
    if query.sites is not None and not (
        set(query.sites) & set(enrolment.sites) if query.sites else not enrolment.sites
    ):
        return False
    latest = enrolment.last_reviewed_at
    if query.reviewed_until is not None and (latest is None or latest > query.reviewed_until):
        return False
    if query.only_standard_ranges and (enrolment.glycemic_ranges or {}).get("preset", "adaStandard") != "adaStandard":
        return False
    for wish in query.figures:
        value = one.figure(wish.kind, query.period, wish.name)
        if value is None or not COMPARE[wish.comparison](value, wish.value):
            return False
    for dates in query.dates:
        last = one.moment(dates.kind, "lastData")
        if last is None or (dates.start and last < dates.start) or (dates.end and last >= dates.end):
            return False
    return True


DATE_NAMES = {
    EntryField.LAST_DATA: "lastData",
    EntryField.FIRST_DATA: "firstData",
    EntryField.LAST_UPLOAD: "lastUploadDate",
    EntryField.OUTDATED_SINCE: "outdatedSince",
}


def sort_value(one: Known, query: Query) -> Any:
    by, kind = query.sort.by, query.sort.kind
    match by:
        case EntryField.NAME:
            return plain(one.enrolment.full_name)
        case EntryField.BIRTH_DATE:
            return one.enrolment.birth_date
        case EntryField.LAST_REVIEWED:
            return one.enrolment.last_reviewed_at
        case EntryField():
            return one.moment(kind, DATE_NAMES[by])
    return one.figure(kind, query.period, by)


def expected(known: list[Known], query: Query) -> tuple[list[PersonKey], int]:
    fitting = sorted((one for one in known if matches(one, query)), key=lambda one: one.enrolment.key)
    having = [one for one in fitting if sort_value(one, query) is not None]
    lacking = [one for one in fitting if sort_value(one, query) is None]
    having.sort(key=lambda one: sort_value(one, query), reverse=query.sort.is_descending)
    ordered = [*having, *lacking] if query.sort.is_descending else [*lacking, *having]
    page = ordered[query.offset : query.offset + query.limit]
    return [one.enrolment.person for one in page], len(fitting)


def random_query(rnd: random.Random, tags: list[UUID], sites: list[UUID]) -> Query:
    def sometimes(chance: float, value: Callable[[], Any]) -> Any:
        return value() if rnd.random() < chance else None

    kind = rnd.choice(list(FIELDS))
    sort_by: Any = rnd.choice([*EntryField, rnd.choice(FIELDS[kind]), rnd.choice(FIELDS[kind]), "timeInTargetPercent"])
    figures = []
    for _ in range(rnd.choice((0, 0, 1, 2))):
        of = rnd.choice(list(FIELDS))
        value = rnd.choice((0, 0.5, 0.7, 1, 3, -1))
        figures.append(FigureFilter(of, rnd.choice(FIELDS[of]), rnd.choice(list(Comparison)), value))
    words = (
        "",
        "",
        "ana",
        "AN",
        "50%",
        "_",
        "\\",
        "é",
        "m-1",
        "example.org",
        "195",
        "-0",
        "zz",
        "i̇p",
        "O'B",
        "a 50% z",
    )
    hour = START + timedelta(hours=6)
    return Query(
        search=rnd.choice(words),
        tags=sometimes(0.3, lambda: tuple(rnd.sample(tags, rnd.randrange(3)))),
        sites=sometimes(0.3, lambda: tuple(rnd.sample(sites, rnd.randrange(3)))),
        reviewed_until=sometimes(0.2, lambda: START + timedelta(hours=3)),
        only_standard_ranges=rnd.random() < 0.2,
        period=rnd.choice(PERIODS),
        figures=tuple(figures),
        dates=tuple(DateFilter(of, *rnd.choice(((hour, None), (None, hour)))) for of in FIELDS if rnd.random() < 0.1),
        sort=Sort(sort_by, kind, rnd.random() < 0.5),
        offset=rnd.choice((0, 0, 0, 3)),
        limit=rnd.choice((1, 10, 100)),
    )


@pytest.mark.parametrize(("seed", "few"), [(1, 5_000), (2, 0), (3, 10)])
async def test_the_list_says_what_a_plain_reading_says(
    work: Work, monkeypatch: pytest.MonkeyPatch, seed: int, few: int
) -> None:
    """Whether matches are few enough to be sorted as a set changes the statement, never the answer."""
    monkeypatch.setattr(list_store, "_FEW", few)
    rnd = random.Random(seed)
    place, tags, sites, known = await fill(work, rnd, 40)
    for turn in range(150):
        if turn % 30 == 0:  # whose words are in the index, and whose are still to come: nobody's first, then some
            share = rnd.random() if turn else 0.0
            sql = "update roster.entry set is_fresh = random() < $2 where organization = $1"
            await work.tx.execute(sql, place.key, share)
        query = random_query(rnd, tags, sites)
        found = await roster.find(work, place.key, query)
        assert (list(found.people), found.count) == expected(known, query), query
        assert found.total == len(known)


async def test_an_organization_never_sees_the_patients_of_another(work: Work) -> None:
    rnd = random.Random(7)
    _, _, _, known = await fill(work, rnd, 8)
    other = await organizations.create(work, Profile(name="Oak"), admin=None)
    query = Query(search="example", figures=(FigureFilter(Kind.CGM, "min", Comparison.AT_LEAST, -9),))
    assert (await roster.find(work, other.key, query)).total == 0
    joined = await patients.enrol(work, other.key, known[0].enrolment.person, patients.Joining())
    await reactions.react(work)
    sort = Sort("timeInTargetPercent", Kind.CGM, True)
    found = await roster.find(work, other.key, Query(sort=sort))
    assert (found.people, found.total) == ((joined.person,), 1)
    wish = FigureFilter(Kind.CGM, "timeInTargetPercent", Comparison.AT_LEAST, -9)
    has_figure = known[0].figure(Kind.CGM, "14d", "timeInTargetPercent") is not None
    assert (await roster.find(work, other.key, Query(figures=(wish,)))).count == int(has_figure)


async def test_labels_are_counted_and_leave_the_list(work: Work) -> None:
    place, tags, sites, known = await fill(work, random.Random(5), 20)
    counts = await roster.label_counts(work, [place.key])
    for tag in tags:
        assert counts.get(tag, 0) == sum(tag in one.enrolment.tags for one in known)
    await organizations.delete_tag(work, place.key, tags[0])
    await organizations.delete_site(work, place.key, sites[0])
    await reactions.react(work)
    counts = await roster.label_counts(work, [place.key])
    assert tags[0] not in counts
    assert sites[0] not in counts
    for one in known:
        after = await patients.get(work, place.key, one.enrolment.person)
        assert tags[0] not in after.tags
        assert sites[0] not in after.sites


async def test_a_forgotten_summary_leaves_no_figures(work: Work) -> None:
    place, _, _, known = await fill(work, random.Random(9), 10)
    one = next(one for one in known if Kind.CGM in one.stats)
    assert await roster.forget_summary(work, one.stats[Kind.CGM]["id"]) == 1
    assert await roster.forget_summary(work, one.stats[Kind.CGM]["id"]) == 0
    del one.stats[Kind.CGM]
    query = Query(sort=Sort(EntryField.LAST_DATA, Kind.CGM, True))
    assert list((await roster.find(work, place.key, query)).people) == expected(known, query)[0]
    assert Kind.CGM not in (await roster.summaries(work, [one.enrolment.person])).get(one.enrolment.person, {})


def test_the_order_of_figures_is_that_of_the_index() -> None:
    """The migration names the place of time in target; whoever changes the order has to change the index too."""
    assert FIELDS[Kind.CGM][20] == "timeInTargetPercent"
    assert (len(FIELDS[Kind.CGM]), len(FIELDS[Kind.BGM])) == (74, 46)
