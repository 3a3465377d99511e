"""What a provisioning file says of the questions of health profiles, in the words of the coaching API."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from openward.care import surveys
from openward.care.surveys import Category, Choice, Definition, Property, Requirement
from openward.care.work import OrganizationKey, Work
from openward.cli.provision.faults import BadFile, Fault
from openward.cli.provision.shapes import Shape, flag, list_of, one_of, record, text

_HIGHEST = 9999
_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)


def _number(value: Any, path: str, faults: list[Fault]) -> Any:
    """The number of a question, with or without quotes."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _HIGHEST:
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    faults.append(Fault(path, f"must be a number from 1 to {_HIGHEST}"))
    return 0


def _quantity(value: Any, path: str, faults: list[Fault]) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _HIGHEST:
        return float(value)
    faults.append(Fault(path, "must be a number"))
    return None


_WHOLE = record(
    {
        "category": one_of(*Category),
        "text": text(longest=1000),
        "format": record(
            {"type": text(longest=64)},
            {
                "data": list_of(
                    record({"label": text(longest=500), "value": text(longest=64)}, {"icon": text(longest=255)}),
                    unique=lambda item: item["value"],
                    what="value",
                )
            },
        ),
    },
    {
        "id": _number,
        "requirements": list_of(
            record(
                {"property": one_of(*Property)},
                {
                    "value": text(longest=64),
                    "shouldBeEqual": flag,
                    "shouldBeGreaterThan": _quantity,
                    "shouldBeLessThan": _quantity,
                },
            )
        ),
    },
)
_NAMED = record({"id": _number})


def question(value: Any, path: str, faults: list[Fault]) -> Any:
    """A whole question, or the number of a built-in one alone."""
    shape = _NAMED if isinstance(value, dict) and set(value) == {"id"} else _WHOLE
    before = len(faults)
    made = shape(value, path, faults)
    if len(faults) == before:
        for place, required in enumerate(made.get("requirements") or ()):
            if required["shouldBeEqual"] is not None and required["value"] is None:
                faults.append(Fault(f"{path}.requirements[{place}].value", "is missing"))
    return made


QUESTIONS: Shape = list_of(question, unique=lambda item: item.get("id") or item["text"], what="id")


async def put_question_definitions(
    work: Work, key: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> list[dict[str, str]]:
    """Exactly these questions; an empty list means the built-in set. One without an id keeps that of its text."""
    known = await surveys.known_definitions(work, key)
    by_text = {one.text: one.number for one in known.values()}
    taken = {item["id"] for item in wanted if item.get("id")}
    free = max([0, *known, *taken]) + 1
    made: list[Definition] = []
    for place, item in enumerate(wanted):
        if set(item) == {"id"}:
            if item["id"] not in known:
                raise BadFile([Fault(f"question_definitions[{place}].id", "is no built-in question")])
            made.append(_asked(known[item["id"]]))
            continue
        number = item["id"] or by_text.get(item["text"])
        if number is None or (item["id"] is None and number in taken):
            number, free = free, free + 1
        taken.add(number)
        made.append(_definition(number, item))
    await surveys.put_definitions(work, key, made)
    shown = await surveys.definitions(work, key)
    return [{"id": str(one.number), "text": one.text} for one in shown]


def _asked(one: Definition) -> Definition:
    return Definition(one.number, one.category, one.text, one.format, one.choices, one.requirements)


def _definition(number: int, item: Mapping[str, Any]) -> Definition:
    choices = tuple(Choice(one["label"], one["value"], one["icon"]) for one in item["format"]["data"] or ())
    requirements = tuple(
        Requirement(
            Property(one["property"]),
            one["value"],
            one["shouldBeEqual"],
            one["shouldBeGreaterThan"],
            one["shouldBeLessThan"],
        )
        for one in item["requirements"] or ()
    )
    category, kind = Category(item["category"]), item["format"]["type"]
    return Definition(number, category, item["text"], kind, choices, requirements)
