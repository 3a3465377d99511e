"""Health profiles: the questions that apply to a patient today, and how many of them are answered."""

from collections.abc import Sequence
from typing import Any

from openward.care import surveys
from openward.care.errors import NotFound
from openward.care.surveys import Ids, Kind, Profile, Question
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import health_ids, query, questions, scope
from openward.wire.twine.auth import organization
from openward.wire.twine.moments import written
from openward.wire.twine.names import names_of
from openward.wire.twine.query import Page, Paging
from openward.wire.twine.resource import Included, Resource, collection, one, pointer_to, pointers, resource

KIND = "health_profile"
_INCLUDE = ("patient", "questions")


async def render(work: Work, profiles: Sequence[Profile]) -> list[Resource]:
    """Profiles as resources; one query for the ids of all patients."""
    names, ids = await names_of(work, [profile.patient.person for profile in profiles]), Ids(work)
    return [
        resource(
            KIND,
            ids.encode(Kind.PROFILE, profile.number),
            _attributes(profile),
            {
                "patient": pointer_to("patient", names[profile.patient.person]),
                "questions": pointers(
                    questions.KIND,
                    [ids.encode(Kind.QUESTION, profile.number, asked.number) for asked in profile.questions],
                ),
            },
        )
        for profile in profiles
    ]


def _attributes(profile: Profile) -> dict[str, Any]:
    return {
        "stats": [
            {"category": category, "answered": answered, "total": total}
            for category, answered, total in profile.stats()
        ],
        "created_at": written(profile.patient.enrolled_at),
        "updated_at": written(profile.updated_at),
    }


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /health_profile: in the order in which the patients came."""
    asked = query.read(call, filters=scope.FILTERS, include=_INCLUDE, paging=Paging())
    whom = await scope.read(work, asked)
    if whom.is_empty:
        return collection(call, [], 0, query.links(call, asked, 0))
    which, page = health_ids.selection(whom), asked.page or Page(0)
    count = await surveys.count_profiles(work, which)
    found: list[Profile] = []
    if page.size:
        try:
            after = health_ids.after(work, Kind.PROFILE, page)
            number = None if after is None else after[0]
            found = await surveys.profiles(work, which, page.offset, page.size + page.is_cursor, number)
        except NotFound:
            raise health_ids.strange() from None
    has_more, found = len(found) > page.size, found[: page.size]
    shown = await render(work, found)
    last = [shown[-1]["id"]] if has_more and page.is_cursor else None
    included = await _include(work, found, asked.include)
    return collection(call, shown, count, query.links(call, asked, count, last), included)


async def fetch(work: Work, call: Call) -> Reply:
    """GET /health_profile/{id}."""
    asked = query.read(call, include=_INCLUDE)
    named = await health_ids.named(work, Kind.PROFILE, call.path["id"])
    found = await surveys.profile_of(work, organization(work), named.person)
    if found is None:
        raise NotFound
    return one(call, (await render(work, [found]))[0], await _include(work, [found], asked.include))


async def _include(work: Work, profiles: Sequence[Profile], wanted: frozenset[str]) -> Included:
    included = Included()
    if "patient" in wanted:
        await health_ids.include_patients(work, included, [profile.patient.person for profile in profiles])
    if "questions" in wanted:
        included.add(
            questions.render(
                work,
                [
                    Question(profile.number, profile.patient, asked.number, asked.number in profile.answers)
                    for profile in profiles
                    for asked in profile.questions
                ],
            )
        )
    return included


ROUTES = [
    Route("GET", "/pub/health_profile", fetch_all, "twine.v7:fetchHealthProfiles"),
    Route("GET", "/pub/health_profile/{id}", fetch, "twine.v7:fetchHealthProfile"),
]
