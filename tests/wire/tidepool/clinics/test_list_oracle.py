"""The patient list against an independent reading of the patients that the API itself shows, over random questions."""

import random
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from openward.care import identity, roster
from openward.care.identity import Identifier, System
from openward.care.summaries import Kind
from openward.care.work import PersonKey

pytestmark = pytest.mark.anyio

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = (
    "Ana",
    "ÁNA",
    "anabel",
    "Łucja",
    "lucjan",
    "Zoë",
    "Zoe",
    "Ørsted",
    "orson",
    "O'Brien",
    "ß",
    "Ss",
    "50%_\\",
    "a.c*",
)
BANDS = ("VeryLow", "AnyLow", "Low", "Target", "High", "VeryHigh", "ExtremeHigh", "AnyHigh")
CGM_FLOAT = [
    *("max", "min", "averageGlucoseMmol", "glucoseManagementIndicator", "averageDailyRecords"),
    *("standardDeviation", "coefficientOfVariation", "timeCGMUsePercent"),
    *(f"timeIn{band}Percent" for band in BANDS),
]
CGM_WHOLE = [
    *("timeCGMUseMinutes", "timeCGMUseRecords", "totalRecords", "hoursWithData", "daysWithData"),
    *(f"timeIn{band}Minutes" for band in BANDS),
    *(f"timeIn{band}Records" for band in BANDS),
]
BGM_FLOAT = ["max", "min", "averageGlucoseMmol", "averageDailyRecords", *(f"timeIn{band}Percent" for band in BANDS)]
BGM_WHOLE = ["totalRecords", *(f"timeIn{band}Records" for band in BANDS)]
SPREAD = ["standardDeviation", "coefficientOfVariation"]
DATES = ("lastUploadDate", "lastData", "firstData", "outdatedSince")


def with_deltas(names: list[str]) -> list[str]:
    return [name + ending for name in names for ending in ("", "Delta")]


SORTS = {"cgm": with_deltas(CGM_FLOAT + CGM_WHOLE), "bgm": with_deltas(BGM_FLOAT + SPREAD + BGM_WHOLE)}
WHOLE = {"cgm": with_deltas(CGM_WHOLE), "bgm": [*with_deltas(BGM_WHOLE), "averageDailyRecordsDelta"]}
FLOAT = {
    "cgm": with_deltas(CGM_FLOAT),
    "bgm": [name for name in with_deltas(BGM_FLOAT) if name != "averageDailyRecordsDelta"],
}


def said(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def random_stats(rnd: random.Random, kind: str) -> dict[str, Any]:
    def figure(name: str) -> float:
        whole = name in WHOLE[kind] and name != "averageDailyRecordsDelta"
        return rnd.randrange(-3, 6) if whole else rnd.choice((0.0, 0.25, 0.7, -0.5, round(rnd.random(), 3)))

    return {
        "id": f"{rnd.getrandbits(96):024x}",
        "config": {},
        "dates": {name: said(START + timedelta(hours=rnd.randrange(9))) for name in DATES if rnd.random() < 0.7},
        "periods": {
            period: {name: figure(name) for name in SORTS[kind] if rnd.random() < 0.8}
            for period in ("1d", "7d", "14d", "30d")
            if rnd.random() < 0.8
        },
    }


@pytest.fixture
async def filled(clinic: Any) -> Any:
    """Thirty-six patients in the order in which they were made, as the API shows them one by one."""
    rnd = random.Random(23)
    tags = [
        (await clinic.member("POST", f"{clinic.path}/patient_tags", {"name": f"t{n}"})).json()["id"] for n in range(3)
    ]
    sites = [(await clinic.admin("POST", f"{clinic.path}/sites", {"name": f"s{n}"})).json()["id"] for n in range(3)]
    shown = []
    for number in range(36):
        more: dict[str, Any] = {
            "fullName": f"{rnd.choice(NAMES)} {rnd.choice(NAMES)}",
            "birthDate": str(date(1970 + rnd.randrange(4), 1, 1 + rnd.randrange(3))),
            "tags": [tag for tag in tags if rnd.random() < 0.5],
            "sites": [{"id": site} for site in sites if rnd.random() < 0.4],
        }
        if rnd.random() < 0.5:
            more["mrn"] = f"Mrn.{rnd.randrange(60)}"
        if rnd.random() < 0.5:
            more["email"] = f"Mail{number}-{clinic.body['id']}@example.org"
        if rnd.random() < 0.6:
            preset = rnd.choice(("adaStandard", "adaHighRisk", "adaPregnancyType1"))
            more["glycemicRanges"] = {"type": "preset", "preset": preset}
        user = (await clinic.patient(**more))["id"]
        for kind in ("cgm", "bgm"):
            if rnd.random() < 0.8:
                async with clinic.house.work() as work:
                    key = PersonKey(await identity.resolve(work, Identifier(System.USER, user)))
                    await roster.put_summary(work, key, Kind(kind), random_stats(rnd, kind))
        if rnd.random() < 0.5:
            await clinic.member("PUT", f"{clinic.path}/patients/{user}/reviews")
        shown.append((await clinic.member("GET", f"{clinic.path}/patients/{user}")).json())
    return clinic, shown, tags, sites


def plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name).casefold()
    return "".join({"ł": "l", "ø": "o"}.get(c, c) for c in letters if unicodedata.category(c) != "Mn")


def figure(one: dict[str, Any], kind: str, period: str, name: str) -> float | None:
    stats = one.get("summary", {}).get(f"{kind}Stats", {})
    found: float | None = stats.get("periods", {}).get(period, {}).get(name)
    return found


def moment(one: dict[str, Any], kind: str, name: str) -> str | None:
    found: str | None = one.get("summary", {}).get(f"{kind}Stats", {}).get("dates", {}).get(name)
    return found


def comparing(text: str) -> Callable[[float], bool]:
    found = re.match(r"(>=|>|<=|<)(.*)", text)
    assert found
    limit = float(found[2])
    return {">": limit.__lt__, ">=": limit.__le__, "<": limit.__gt__, "<=": limit.__ge__}[found[1]]


def fits(one: dict[str, Any], query: dict[str, str]) -> bool:
    period = query.get("period", "14d")
    for name, value in query.items():
        match name:
            case "search":
                texts = (one["fullName"], one.get("email", ""), one.get("mrn", ""), one["birthDate"])
                holds = any(value.lower() in text.lower() for text in texts)
            case "tags":
                wanted = [part for part in value.split(",") if re.fullmatch("[0-9a-f]{24}", part)]
                holds = set(wanted) <= set(one["tags"] or ()) if wanted else not one["tags"]
            case "sites":
                wanted = [part for part in value.split(",") if re.fullmatch("[0-9a-f]{24}", part)]
                present = {site["id"] for site in one["sites"]}
                holds = bool(set(wanted) & present) if wanted else not present
            case "lastReviewed":
                holds = bool(one["reviews"]) and one["reviews"][0]["time"] <= value
            case "omitNonStandardRanges":
                holds = value == "false" or one.get("glycemicRanges", {}).get("preset", "adaStandard") == "adaStandard"
            case "cgm.lastDataFrom" | "bgm.lastDataFrom":
                last = moment(one, name[:3], "lastData")
                holds = last is not None and last >= value
            case "cgm.lastDataTo" | "bgm.lastDataTo":
                last = moment(one, name[:3], "lastData")
                holds = last is not None and last < value
            case _ if "." in name:
                found = figure(one, name[:3], period, name[4:])
                holds = found is not None and comparing(value)(found)
            case _:
                holds = True
        if not holds:
            return False
    return True


def expected(shown: list[dict[str, Any]], query: dict[str, str]) -> tuple[list[str], int]:
    """Ids on the page, and how many fit; stable sorting keeps the order of making, which is that of record ids."""
    attribute, kind = query.get("sort", "+fullName"), query.get("sortType", "cgm")

    def value(one: dict[str, Any]) -> Any:
        match attribute[1:]:
            case "fullName":
                return plain(one["fullName"])
            case "birthDate":
                return one["birthDate"]
            case "lastReviewed":
                return one["reviews"][0]["time"] if one["reviews"] else None
            case name if name in DATES:
                return moment(one, kind, name)
            case name:
                return figure(one, kind, query.get("period", "14d"), name)

    fitting = [one for one in shown if fits(one, query)]
    lacking = [one for one in fitting if value(one) is None]
    having = sorted((one for one in fitting if value(one) is not None), key=value, reverse=attribute[0] == "-")
    # `reverse` keeps equal ones in their order, as the contract wants it.
    ordered = [*having, *lacking] if attribute[0] == "-" else [*lacking, *having]
    offset, limit = int(query.get("offset", 0)), int(query.get("limit", 10))
    return [one["id"] for one in ordered[offset : offset + limit]], len(fitting)


def random_query(rnd: random.Random, shown: list[dict[str, Any]], tags: list[str], sites: list[str]) -> dict[str, str]:
    query: dict[str, str] = {}
    some = rnd.choice(shown)
    words = ("ana", "AN", "ł", "50%", "_", "\\", ".", "a.c*", "mrn.1", "MAIL1", "1971-01", "-0", "zz", some["fullName"])
    ids = [*tags, *sites, "0" * 24]
    hour = said(START + timedelta(hours=rnd.randrange(9)))
    reviewed = [one["reviews"][0]["time"] for one in shown if one["reviews"]]
    for chance, name, text in (
        (0.3, "search", rnd.choice(words)),
        (
            0.3,
            "tags",
            rnd.choice(("", "none", ",".join(rnd.sample(tags, 2)), rnd.choice(tags) + ",x", rnd.choice(ids))),
        ),
        (0.3, "sites", rnd.choice(("", "none", ",".join(rnd.sample(sites, 2)), rnd.choice(sites) + ",x", "0" * 24))),
        (0.1, "lastReviewed", rnd.choice(reviewed)),
        (0.2, "omitNonStandardRanges", rnd.choice(("true", "false"))),
        (0.1, rnd.choice(("cgm.", "bgm.")) + rnd.choice(("lastDataFrom", "lastDataTo")), hour),
        (0.5, "period", rnd.choice(("1d", "7d", "14d", "30d"))),
        (0.3, "offset", str(rnd.randrange(5))),
        (0.7, "limit", rnd.choice(("1", "7", "100"))),
    ):
        if rnd.random() < chance:
            query[name] = text
    for _ in range(rnd.choice((0, 0, 1, 1, 2))):
        kind = rnd.choice(("cgm", "bgm"))
        number = rnd.choice(("0", "0.25", "-0.5", "+.7", "1.", "0.700"))
        name = rnd.choice(FLOAT[kind])
        if rnd.random() < 0.4:
            name, number = rnd.choice(WHOLE[kind]), rnd.choice(("0", "-1", "+2", "1.0", "0.50"))
        if not name.startswith("timeInExtremeHighRecords"):
            query[f"{kind}.{name}"] = rnd.choice((">", ">=", "<", "<=")) + number
    if rnd.random() < 0.8:
        kind = rnd.choice(("cgm", "bgm"))
        attributes = ["fullName", "birthDate", "lastReviewed", *DATES, *rnd.sample(SORTS[kind], 8)]
        query |= {"sort": rnd.choice("+-") + rnd.choice(attributes), "sortType": kind}
    return query


async def test_random_questions(filled: Any) -> None:
    clinic, shown, tags, sites = filled
    rnd = random.Random(29)
    for _ in range(250):
        query = random_query(rnd, shown, tags, sites)
        answer = await clinic.member("GET", f"{clinic.path}/patients", params=query)
        assert answer.status_code == 200, (query, answer.text)
        body = answer.json()
        ids, count = expected(shown, query)
        assert ([one["id"] for one in body["data"]], body["meta"]) == (
            ids,
            {"count": count, "totalCount": len(shown)},
        ), query


async def test_every_attribute_sorts_and_every_figure_filters(filled: Any) -> None:
    clinic, shown, _, _ = filled
    questions = [
        {"sort": f"{sign}{name}", "sortType": kind, "limit": "50"}
        for kind in SORTS
        for name in ("fullName", "birthDate", "lastReviewed", *DATES, *SORTS[kind])
        for sign in "+-"
    ]
    questions += [
        {f"{kind}.{name}": ">=0", "limit": "50"}
        for kind in SORTS
        for name in FLOAT[kind] + WHOLE[kind]
        if not name.startswith("timeInExtremeHighRecords")
    ]
    for query in questions:
        body = (await clinic.member("GET", f"{clinic.path}/patients", params=query)).json()
        assert [one["id"] for one in body["data"]] == expected(shown, query)[0], query


@pytest.mark.parametrize("name", ["bgm.averageDailyRecordsDelta", "bgm.totalRecords", "cgm.daysWithDataDelta"])
@pytest.mark.parametrize(
    ("text", "status"), [(">.5", 400), (">1.", 400), (">1.234", 400), (">1.5", 200), ("<=-2", 200)]
)
async def test_whole_figures(clinic: Any, name: str, text: str, status: int) -> None:
    assert (await clinic.member("GET", f"{clinic.path}/patients", params={name: text})).status_code == status


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("sort=%2BfullName&sortType=cgm", 200),
        ("sort=+fullName&sortType=cgm", 400),  # an unescaped plus is a blank, hence no sign
        ("cgm.timeInTargetPercent=%3E%3D0.5", 200),
        ("cgm.timeInTargetPercent=>=0.5", 200),
        ("cgm.timeInTargetPercent=%3E%2B0.5", 200),
        ("cgm.timeInTargetPercent=%3E+0.5", 400),
        ("sort=-fullName&sortType=CGM", 400),
        ("sort=&sortType=cgm", 400),
        ("period=", 400),
        ("offset=--1", 400),
        ("offset=%2B1", 400),
        ("limit=-1", 400),
        ("limit=99999999999", 200),
        ("search=%FF", 400),
        ("search=%00", 400),
    ],
)
async def test_percent_encoding_and_odd_values(clinic: Any, raw: str, status: int) -> None:
    assert (await clinic.member("GET", f"{clinic.path}/patients?{raw}")).status_code == status
