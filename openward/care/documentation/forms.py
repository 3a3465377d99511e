"""Forms as they are kept, and which answers a question takes; pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care.documentation.model import Question, QuestionType, Section
from openward.care.errors import Fault, Invalid

MOST_TEXT = 65536
MOST_NAME = 500
MOST_QUESTIONS = 200


def to_json(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Sections as JSON values."""
    return [
        {"name": section.name, "questions": [_question_json(question) for question in section.questions]}
        for section in sections
    ]


def _question_json(question: Question) -> dict[str, Any]:
    made: dict[str, Any] = {"id": str(question.id), "name": question.name, "type": question.type.value}
    if question.choices:
        made["choices"] = list(question.choices)
    if question.tag:
        made["tag"] = question.tag
    return made


def from_json(sections: Sequence[Mapping[str, Any]]) -> tuple[Section, ...]:
    """Sections from what `to_json` made."""
    return tuple(
        Section(
            section["name"],
            tuple(
                Question(
                    UUID(item["id"]),
                    item["name"],
                    QuestionType(item["type"]),
                    tuple(item.get("choices", ())),
                    item.get("tag"),
                )
                for item in section["questions"]
            ),
        )
        for section in sections
    )


def require_form(name: str, sections: Sequence[Section]) -> None:
    """`Invalid` with a fault at `name`, `sections`, `<section>` or `<section>.<question>` for each thing amiss."""
    faults = []
    if not name or len(name) > MOST_NAME:
        faults.append(Fault("length", "name", f"a name has 1 to {MOST_NAME} characters"))
    if not any(section.questions for section in sections):
        faults.append(Fault("missing", "sections", "a form has at least one question"))
    if sum(len(section.questions) for section in sections) > MOST_QUESTIONS:
        faults.append(Fault("too-many", "sections", f"a form has at most {MOST_QUESTIONS} questions"))
    seen: set[tuple[str, str]] = set()
    for place, section in enumerate(sections):
        if not section.name or len(section.name) > MOST_NAME:
            faults.append(Fault("length", str(place), f"a section has a name of 1 to {MOST_NAME} characters"))
        for index, question in enumerate(section.questions):
            detail = _amiss(question)
            if (section.name, question.name) in seen:
                detail = "the section asks this already"
            seen.add((section.name, question.name))
            if detail:
                faults.append(Fault("question", f"{place}.{index}", detail))
    if faults:
        raise Invalid(faults)


def _amiss(question: Question) -> str:
    if not question.name or len(question.name) > MOST_NAME:
        return f"a question has 1 to {MOST_NAME} characters"
    if question.type is QuestionType.TEXT:
        return "a question that is answered freely offers no choices" if question.choices else ""
    if not question.choices:
        return "write the choices, one a line"
    folded = {choice.casefold() for choice in question.choices}
    return "a choice comes twice" if len(folded) < len(question.choices) else ""


class NotOffered(ValueError):
    """A value that is none of the choices."""


class TooMany(ValueError):
    """More than one value where one is asked for."""


def check(question: Question, response: Sequence[str]) -> None:
    """`TooMany` or `NotOffered` when the question does not take this answer; an empty one clears."""
    if question.type is not QuestionType.MULTIPLE and len(response) > 1:
        raise TooMany
    if question.type is not QuestionType.TEXT and not set(response) <= set(question.choices):
        raise NotOffered
    if len(set(response)) < len(response):
        raise TooMany


def takes(question: Question, response: Sequence[str]) -> bool:
    """Whether the question takes this answer."""
    try:
        check(question, response)
    except ValueError:
        return False
    return True
