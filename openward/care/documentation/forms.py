"""Forms as they are kept, and which answers a question takes; pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care.documentation.model import Question, QuestionType, Section

MOST_TEXT = 65536


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
