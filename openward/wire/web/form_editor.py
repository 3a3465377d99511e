"""The editor of a form of questions: fieldsets that repeat, worked by buttons alone, without scripts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from openward.care.documentation import Question, QuestionType, Section

KINDS = {
    QuestionType.TEXT: "free text",
    QuestionType.SINGLE: "one of the choices",
    QuestionType.MULTIPLE: "any of the choices",
}
_ACT = re.compile(r"(ask|section|drop|up|down)-?(\d{0,3})-?(\d{0,3})")


@dataclass(frozen=True, slots=True)
class Line:
    """One question as it was typed; `id` is "" for a new one."""

    id: str = ""
    name: str = ""
    type: str = QuestionType.TEXT
    choices: str = ""
    tag: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed, so that it is left out."""
        return not (self.name or self.choices.strip() or self.tag)


@dataclass(slots=True)
class Part:
    """One section as it was typed."""

    name: str = ""
    lines: list[Line] = field(default_factory=list)


def parts_of(sections: Sequence[Section]) -> list[Part]:
    """A form as the editor shows it."""
    return [
        Part(
            section.name,
            [Line(str(one.id), one.name, one.type, "\n".join(one.choices), one.tag or "") for one in section.questions],
        )
        for section in sections
    ]


def read(items: Sequence[tuple[str, str]]) -> list[Part]:
    """The fields in the order of the page: each `section` begins a section, each `id` a question in it."""
    parts: list[Part] = []
    for name, value in items:
        if name == "section":
            parts.append(Part(" ".join(value.split())))
        elif not parts:
            continue
        elif name == "id":
            parts[-1].lines.append(Line(value))
        elif name in ("question", "type", "choices", "tag") and parts[-1].lines:
            text = value if name == "choices" else " ".join(value.split())
            parts[-1].lines[-1] = replace(parts[-1].lines[-1], **{"name" if name == "question" else name: text})
    return parts


def act(parts: list[Part], said: str) -> tuple[int, int] | None:
    """Do what a button of the editor says; where the eye should be then, None when it was no such button."""
    found = _ACT.fullmatch(said)
    if found is None:
        return None
    part, line = (int(text) if text else -1 for text in found.groups()[1:])
    if found[1] == "section":
        parts.append(Part("", [Line()]))
        return len(parts) - 1, -1
    if not 0 <= part < len(parts):
        return (0, -1)
    lines = parts[part].lines
    if found[1] == "ask":
        lines.append(Line())
        return part, len(lines) - 1
    if line == -1:
        return _act_on_part(parts, found[1], part)
    if line >= len(lines):
        return (part, -1)
    if found[1] == "drop":
        del lines[line]
        return part, min(line, len(lines) - 1)
    other = line + (1 if found[1] == "down" else -1)
    if 0 <= other < len(lines):
        lines[line], lines[other] = lines[other], lines[line]
        return part, other
    return part, line


def _act_on_part(parts: list[Part], what: str, place: int) -> tuple[int, int]:
    if what == "drop":
        del parts[place]
        return max(0, place - 1), -1
    other = place + (1 if what == "down" else -1)
    if 0 <= other < len(parts):
        parts[place], parts[other] = parts[other], parts[place]
        return other, -1
    return place, -1


def without_empty(parts: Sequence[Part]) -> list[Part]:
    """The same without questions and sections in which nothing was typed."""
    kept = [Part(part.name, [line for line in part.lines if not line.is_empty]) for part in parts]
    return [part for part in kept if part.name or part.lines]


def sections_of(parts: Sequence[Part], before: Sequence[Section]) -> list[Section]:
    """The form; a question keeps its id only if the form had it before, so that none is another form's."""
    known = {str(one.id): one.id for section in before for one in section.questions}

    def key(line: Line) -> UUID:
        return known.pop(line.id) if line.id in known else uuid4()

    return [Section(part.name, tuple(_question(line, key(line)) for line in part.lines)) for part in parts]


def _question(line: Line, key: UUID) -> Question:
    kind = QuestionType(line.type) if line.type in set(QuestionType) else QuestionType.TEXT
    choices = [" ".join(text.split()) for text in line.choices.splitlines()]
    return Question(key, line.name, kind, tuple(text for text in choices if text), line.tag or None)
