"""Question definitions: what patients are asked, for everybody of whom the requirements hold."""

import re
from collections.abc import Sequence
from typing import Any

from openward.care import surveys
from openward.care.errors import NotFound
from openward.care.surveys import Definition, Requirement
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import query
from openward.wire.twine.auth import organization
from openward.wire.twine.resource import Resource, collection, one, resource

KIND = "health_question_definition"
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


def render(definitions: Sequence[Definition]) -> list[Resource]:
    """Definitions as resources; their ids are their numbers."""
    return [resource(KIND, str(one.number), _attributes(one)) for one in definitions]


def _attributes(definition: Definition) -> dict[str, Any]:
    choices = [
        {"label": choice.label, "value": choice.value} | ({} if choice.icon is None else {"icon": choice.icon})
        for choice in definition.choices
    ]
    return {
        "category": definition.category.value,
        "text": definition.text,
        "format": {"type": definition.format, "data": choices},
        "requirements": [_requirement(required) for required in definition.requirements],
    }


def _requirement(required: Requirement) -> dict[str, Any]:
    shown = {
        "property": required.property.value,
        "value": required.value,
        "shouldBeEqual": required.is_equal,
        "shouldBeGreaterThan": _limit(required.above),
        "shouldBeLessThan": _limit(required.below),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _limit(value: float | None) -> float | None:
    """A whole number without a fraction of nothing."""
    return int(value) if value is not None and value.is_integer() else value


async def fetch_all(work: Work, call: Call) -> Reply:
    """GET /health_question_definition: by number."""
    query.read_nothing(call)
    found = await surveys.definitions(work, organization(work))
    return collection(call, render(found), len(found), query.links(call, query.Query(), len(found)))


async def fetch(work: Work, call: Call) -> Reply:
    """GET /health_question_definition/{id}; also one that is asked no more, since it may have answers."""
    query.read_nothing(call)
    name = call.path["id"]
    known = await surveys.known_definitions(work, organization(work)) if _NUMBER.fullmatch(name) else {}
    if not known or int(name) not in known:
        raise NotFound
    return one(call, render([known[int(name)]])[0])


ROUTES = [
    Route("GET", "/pub/health_question_definition", fetch_all, "twine.v7:fetchHealthQuestionDefinitions"),
    Route("GET", "/pub/health_question_definition/{id}", fetch, "twine.v7:fetchHealthQuestionDefinition"),
]
