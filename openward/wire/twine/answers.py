"""Answers to the questions of health profiles; they are given on our own pages and only read here."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care import surveys
from openward.care.errors import NotFound
from openward.care.surveys import Answer, Entry, Ids, Kind
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import health_ids, query, scope
from openward.wire.twine.moments import written
from openward.wire.twine.names import names_of
from openward.wire.twine.query import Page, Paging
from openward.wire.twine.resource import Included, Resource, collection, one, pointer_to, resource

KIND = "health_profile_answer"


async def render(work: Work, answers: Sequence[Answer]) -> list[Resource]:
    """Answers as resources; one query for the ids of all patients and coaches."""
    people = {answer.person for answer in answers}
    authors = {entry.answered_by for answer in answers for entry in answer.entries}
    names, ids = await names_of(work, list(people | authors)), Ids(work)
    return [
        resource(
            KIND,
            ids.encode(Kind.ANSWER, answer.profile, answer.question),
            _attributes(answer, names),
            {"patient": pointer_to("patient", names[answer.person])},
        )
        for answer in answers
    ]


def _attributes(answer: Answer, names: Mapping[UUID, str]) -> dict[str, Any]:
    entries = [_entry(entry, names) for entry in answer.entries]
    first, last = answer.entries[0].answered_by, answer.latest.answered_by
    shown = {
        "question_id": str(answer.question),
        "latest": entries[-1],
        "history": entries[:-1],
        "created_at": written(answer.created_at),
        "created_by": names.get(first),
        "updated_at": written(answer.updated_at),
        "updated_by": names.get(last),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _entry(entry: Entry, names: Mapping[UUID, str]) -> dict[str, Any]:
    shown = {"_id": entry.id, "answered_at": written(entry.answered_at), "value": entry.value}
    by = names.get(entry.answered_by)
    return shown if by is None else shown | {"_created_by": by}


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /health_profile_answer: in the order in which questions were first answered."""
    asked = query.read(call, filters=scope.FILTERS, include=("patient",), paging=Paging(50, 100))
    whom = await scope.read(work, asked)
    if whom.is_empty:
        return collection(call, [], 0, query.links(call, asked, 0))
    which, page = health_ids.selection(whom), asked.page or Page(0)
    count = await surveys.count_answers(work, which)
    found: list[Answer] = []
    if page.size:
        try:
            after = health_ids.after(work, Kind.ANSWER, page)
            found = await surveys.answers(work, which, page.offset, page.size + page.is_cursor, after)
        except NotFound:
            raise health_ids.strange() from None
    has_more, found = len(found) > page.size, found[: page.size]
    shown = await render(work, found)
    last = [shown[-1]["id"]] if has_more and page.is_cursor else None
    included = await _include(work, [one.person for one in found], asked.include)
    return collection(call, shown, count, query.links(call, asked, count, last), included)


async def fetch(work: Work, call: Call) -> Reply:
    """GET /health_profile_answer/{id}."""
    asked = query.read(call, include=("patient",))
    named = await health_ids.named(work, Kind.ANSWER, call.path["id"])
    found = await surveys.find_answer(work, named.profile, named.question)
    if found is None:
        raise NotFound
    return one(call, (await render(work, [found]))[0], await _include(work, [found.person], asked.include))


async def _include(work: Work, people: Sequence[PersonKey], wanted: frozenset[str]) -> Included:
    included = Included()
    if "patient" in wanted:
        await health_ids.include_patients(work, included, people)
    return included


ROUTES = [
    Route("GET", "/pub/health_profile_answer", fetch_all, "twine.v7:fetchHealthProfileAnswers"),
    Route("GET", "/pub/health_profile_answer/{id}", fetch, "twine.v7:fetchHealthProfileAnswer"),
]
