"""The questions of a health profile as a form: what is shown of each, and which answers a sent form gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from openward.care import organizations, surveys
from openward.care.surveys import MULTIPLE, OCCURRENCE, Category, Definition, Entry, Profile
from openward.care.work import MemberKey, Work
from openward.wire.web.words import day

_TITLES = {
    Category.LIFESTYLE: "Habits",
    Category.WELLBEING: "How you feel",
    Category.PREVENTION: "Check-ups",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer as a line: in words, when, by whom."""

    text: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One question: `widget` is choice, choices, occurrence, number or text; `date` is what a date field holds."""

    definition: Definition
    widget: str
    value: str
    chosen: frozenset[str]
    date: str
    latest: Said | None
    history: tuple[Said, ...]
    fault: str


async def sections(work: Work, profile: Profile, faults: Mapping[str, str]) -> list[dict[str, Any]]:
    """The questions of each category that has some, with their answers, newest first; three queries for all."""
    wanted = [(profile.number, one.number) for one in profile.questions if one.number in profile.answers]
    answers = await surveys.answers_to(work, profile.organization, wanted)
    entries = {question: answer.entries for (_, question), answer in answers.items()}
    names = await _names(work, profile, [entry for given in entries.values() for entry in given])
    shown = [
        _shown(one, entries.get(one.number, ()), names, faults.get(str(one.number), "")) for one in profile.questions
    ]
    stats = {category: (answered, total) for category, answered, total in profile.stats()}
    return [
        {
            "title": _TITLES[category],
            "answered": stats[category][0],
            "total": stats[category][1],
            "questions": [one for one in shown if one.definition.category is category],
        }
        for category in Category
        if stats[category][1]
    ]


async def _names(work: Work, profile: Profile, entries: Sequence[Entry]) -> dict[UUID, str]:
    """Who answered: the patient, or a member of the clinic by name."""
    members = {MemberKey(entry.answered_by) for entry in entries} - {MemberKey(profile.patient.person)}
    found = await organizations.get_coaches(work, list(members))
    named = {UUID(str(key)): f"{coach.first_name} {coach.last_name}".strip() for key, coach in found.items()}
    return named | {profile.patient.person: "you" if work.actor.is_person(profile.patient.person) else "the patient"}


def _shown(definition: Definition, entries: Sequence[Entry], names: Mapping[UUID, str], fault: str) -> Shown:
    value = entries[-1].value if entries else ""
    said = [
        Said(_text(definition, one.value), day(one.answered_at), names.get(one.answered_by, "the clinic"))
        for one in reversed(entries)
    ]
    is_choice = value in {choice.value for choice in definition.choices}
    return Shown(
        definition,
        _widget(definition),
        value,
        frozenset(value.split(",") if definition.format == MULTIPLE else [value]) if value else frozenset(),
        "" if is_choice else value,
        said[0] if said else None,
        tuple(said[1:]),
        fault,
    )


def _widget(definition: Definition) -> str:
    match definition.format:
        case surveys.OCCURRENCE:
            return "occurrence"
        case surveys.MULTIPLE:
            return "choices"
        case surveys.NUMBER:
            return "number"
        case _:
            return "choice" if definition.choices else "text"


def _text(definition: Definition, value: str) -> str:
    """An answer in words: the labels of what was chosen, a date as people write it, or the text itself."""
    labels = {choice.value: choice.label for choice in definition.choices}
    if definition.format == MULTIPLE:
        return ", ".join(labels.get(part, part) for part in value.split(","))
    if definition.format == OCCURRENCE and value not in labels and len(value) == len("2020-01-01"):
        return day(date.fromisoformat(value))
    return labels.get(value, value)


def given(profile: Profile, latest: Mapping[int, str], items: Sequence[tuple[str, str]]) -> dict[int, str]:
    """The answers of a sent form that are not what counts already; a question left blank stays as it is.

    Where a choice and a date came, the one that was changed is meant, the date first.
    """
    sent: dict[str, list[str]] = {}
    for name, value in items:
        if value.strip():
            sent.setdefault(name, []).append(value.strip())
    changed: dict[int, str] = {}
    for one in profile.questions:
        joined = ",".join(sent.get(f"q{one.number}", []))
        candidates = [*sent.get(f"d{one.number}", [])[-1:], joined]
        fresh = [value for value in candidates if value and value != latest.get(one.number)]
        if fresh:
            changed[one.number] = fresh[0]
    return changed
