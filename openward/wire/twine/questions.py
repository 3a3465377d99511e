"""Questions of health profiles: one definition put to one patient, and the answer if there is one."""

from collections.abc import Sequence

from openward.care import surveys
from openward.care.errors import NotFound
from openward.care.surveys import Ids, Kind, Question
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import answers, definitions, health_ids, query, scope
from openward.wire.twine.auth import organization
from openward.wire.twine.query import Page, Paging
from openward.wire.twine.resource import Included, Resource, collection, one, pointer_to, resource

KIND = "health_profile_question"
_INCLUDE = ("question_definition", "answer")
_PAGING = Paging(5000, 5000)
"""The published list has no pages and is whole; ours holds five thousand unless asked otherwise."""


def render(work: Work, questions: Sequence[Question]) -> list[Resource]:
    """Questions as resources."""
    ids = Ids(work)
    return [
        resource(
            KIND,
            ids.encode(Kind.QUESTION, asked.profile, asked.number),
            {},
            {
                "answer": pointer_to(
                    answers.KIND, ids.encode(Kind.ANSWER, asked.profile, asked.number) if asked.is_answered else None
                ),
                "profile": pointer_to("health_profile", ids.encode(Kind.PROFILE, asked.profile)),
                "question_definition": pointer_to(definitions.KIND, str(asked.number)),
            },
        )
        for asked in questions
    ]


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /health_profile_question: patient by patient in the order they came, by number."""
    asked = query.read(call, filters=scope.FILTERS, include=_INCLUDE, paging=_PAGING)
    whom = await scope.read(work, asked)
    if whom.is_empty:
        return collection(call, [], 0, query.links(call, asked, 0))
    which, page = health_ids.selection(whom), asked.page or Page(0)
    count = await surveys.count_questions(work, which)
    found: list[Question] = []
    if page.size:
        try:
            after = health_ids.after(work, Kind.QUESTION, page)
            found = await surveys.questions(work, which, page.offset, page.size + page.is_cursor, after)
        except NotFound:
            raise health_ids.strange() from None
    has_more, found = len(found) > page.size, found[: page.size]
    shown = render(work, found)
    last = [shown[-1]["id"]] if has_more and page.is_cursor else None
    included = await _include(work, found, asked.include)
    return collection(call, shown, count, query.links(call, asked, count, last), included)


async def fetch(work: Work, call: Call) -> Reply:
    """GET /health_profile_question/{id}: one that applies today, or that was answered when it did."""
    asked = query.read(call, include=_INCLUDE)
    named = await health_ids.named(work, Kind.QUESTION, call.path["id"])
    found = await surveys.question(work, organization(work), named.person, named.question)
    if found is None:
        raise NotFound
    return one(call, render(work, [found])[0], await _include(work, [found], asked.include))


async def _include(work: Work, questions: Sequence[Question], wanted: frozenset[str]) -> Included:
    included = Included()
    if "question_definition" in wanted:
        known = await surveys.known_definitions(work, organization(work))
        numbers = dict.fromkeys(asked.number for asked in questions)
        included.add(definitions.render([known[number] for number in numbers]))
    if "answer" in wanted:
        answered = [(asked.profile, asked.number) for asked in questions if asked.is_answered]
        found = await surveys.answers_to(work, organization(work), answered)
        included.add(await answers.render(work, list(found.values())))
    return included


ROUTES = [
    Route("GET", "/pub/health_profile_question", fetch_all, "twine.v7:fetchHealthProfileQuestions"),
    Route("GET", "/pub/health_profile_question/{id}", fetch, "twine.v7:fetchHealthProfileQuestion"),
]
