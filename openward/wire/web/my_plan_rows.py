"""The day of a patient as his own page shows it: parts of the day, each with what is to be done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from openward.care import coaching
from openward.care.coaching import Figures, Item
from openward.care.work import Work
from openward.wire.web import plan_words
from openward.wire.web.entry_form import Entry, entry_of
from openward.wire.web.my_place import MyPlace


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to do."""

    action: str
    window: str
    title: str
    part: str
    instructions: str
    dose: str
    state: str
    words: str
    note: str
    at: Any
    is_due: bool
    is_late: bool
    run: int
    entries: tuple[Entry, ...]
    is_number_needed: bool
    result: str
    may_undo: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the day; what is due on other days is folded away."""

    title: str
    since: str
    lines: tuple[Line, ...]
    is_folded: bool = False


def sections_of(
    due: Sequence[Item],
    others: Sequence[Item],
    names: Mapping[UUID, str],
    figures: Figures,
    here: MyPlace,
    work: Work,
) -> list[Section]:
    """What is due by the part of the day, then what is due at no particular time, then what suits whenever."""
    lines = [(item, _line(item, names, figures, here, work)) for item in due]
    times = here.plan.content.times
    sections = [
        Section(words, _clock(times[part]), tuple(line for item, line in lines if item.part is part))
        for part, words in sorted(plan_words.PARTS.items(), key=lambda one: times[one[0]])
    ]
    sections.append(Section(plan_words.ANY_PART, "", tuple(line for item, line in lines if item.part is None)))
    rest = [(item.action.content.days, _line(item, names, figures, here, work)) for item in others]
    sections.append(Section("Whenever it suits", "", tuple(line for days, line in rest if not days)))
    sections.append(Section("Due on other days", "", tuple(line for days, line in rest if days), is_folded=True))
    return [one for one in sections if one.lines]


def _clock(seconds: int) -> str:
    return f"from {seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def _line(item: Item, names: Mapping[UUID, str], figures: Figures, here: MyPlace, work: Work) -> Line:
    content, result = item.action.content, item.result
    is_number = result is not None and result.outcome.metric_type is not None
    is_own = result is not None and result.channel == "app" and result.written.created_by == here.plan.person
    is_fresh = result is not None and work.now - result.written.created_at <= coaching.TAKE_BACK_WITHIN
    return Line(
        action=names[item.action.key],
        window=item.window.id if item.window else "",
        title=content.title,
        part=(item.window.title or "") if item.window else "",
        instructions=_text(content.details, "instructions"),
        dose=_text(content.intake, "dose"),
        state="done" if item.is_done else "skipped" if item.is_skipped else "open",
        words=plan_words.result_words(result) if result and is_number else "",
        note=(result.outcome.note or "") if result else "",
        at=result.outcome.occurred_at.astimezone(here.zone) if result else None,
        is_due=item.is_due,
        is_late=item.is_late,
        run=figures.actions[item.action.key].streak,
        entries=tuple(entry_of(one) for one in content.metrics),
        is_number_needed=content.is_metric_required and bool(content.metrics),
        result=result.id if result and is_number else "",
        may_undo=result is not None and (not is_number or (is_own and is_fresh)),
    )


def _text(given: Mapping[str, Any] | None, name: str) -> str:
    value = (given or {}).get(name)
    return value if isinstance(value, str) else ""


def week_of(
    by_day: Mapping[date, Sequence[Item]], chosen: date, today: date, href: Callable[[date], str]
) -> list[dict[str, Any]]:
    """The last seven days, each with how much of it is done."""
    return [
        {
            "day": day,
            "href": href(day),
            "is_chosen": day == chosen,
            "is_today": day == today,
            "due": len(items),
            "done": sum(one.is_done for one in items),
        }
        for day, items in by_day.items()
    ]
