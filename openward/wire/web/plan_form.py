"""The form of an action: its fields, what they may hold, and the action that they make."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openward.care.coaching import ActionContent, Metric, PartOfDay, Window
from openward.care.errors import Fault, Invalid
from openward.wire.web.plan_metrics import Line, line_of, metrics_of

KINDS = (
    ("other_lifestyle", "Something to do"),
    ("medication", "Medication"),
    ("lab", "Laboratory test"),
    ("measured", "A measurement"),
)
_MEASURED = "measured"
_LONGEST = {"title": 255, "instructions": 4000, "dose": 255}
_MOST_METRICS = 6
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ActionForm:
    """What the form holds: texts by field, ticked days, parts of the day with their titles, measurements, bundles."""

    fields: Mapping[str, str] = field(default_factory=dict)
    days: frozenset[int] = frozenset()
    parts: frozenset[str] = frozenset()
    bundles: frozenset[str] = frozenset()
    lines: tuple[Line, ...] = ()

    def get(self, name: str) -> str:
        """The text of a field, without blanks around it."""
        return self.fields.get(name, "").strip()


def form_of(content: ActionContent, bundles: Sequence[str], zone: ZoneInfo) -> ActionForm:
    """The form of an action as it stands."""
    kind = content.type
    measured = [one.metric_type for one in content.metrics]
    fields = {
        "kind": _MEASURED if kind in measured else kind,
        "title": content.title,
        "instructions": _text(content.details, "instructions"),
        "dose": _text(content.intake, "dose"),
        "from": content.effective_from.astimezone(zone).date().isoformat(),
        "until": last_day(content.effective_to, zone),
        **{f"part-{one.type}": one.title or "" for one in content.windows},
    }
    fields |= {"tracking": "on"} if content.is_tracked else {}
    fields |= {"required": "on"} if content.is_metric_required else {}
    return ActionForm(
        fields,
        frozenset(content.days or ()),
        frozenset(one.type.value for one in content.windows),
        frozenset(bundles),
        tuple(line_of(one) for one in content.metrics),
    )


def _text(given: Mapping[str, Any] | None, name: str) -> str:
    value = (given or {}).get(name)
    return value if isinstance(value, str) else ""


def last_day(ends: datetime | None, zone: ZoneInfo) -> str:
    """The last day on which something is in force."""
    return "" if ends is None else (ends - _INSTANT).astimezone(zone).date().isoformat()


def read(items: Sequence[tuple[str, str]]) -> ActionForm:
    """What was typed; each `metric-id` begins a measurement."""
    lines: list[Line] = []
    for name, value in items:
        if name == "metric-id":
            lines.append(Line(value))
        elif name in ("metric", "unit", "goal", "minimum", "maximum", "accepted") and lines:
            lines[-1] = replace(lines[-1], **{name: value.strip()})
    days = {int(value) for name, value in items if name == "day" and value in set("0123456")}
    parts = {value for name, value in items if name == "part" and value in set(PartOfDay)}
    bundles = {value for name, value in items if name == "bundle"}
    return ActionForm(dict(items), frozenset(days), frozenset(parts), frozenset(bundles), tuple(lines[:_MOST_METRICS]))


def content_of(
    form: ActionForm, before: ActionContent | None, zone: ZoneInfo, mint: Callable[[], str]
) -> ActionContent:
    """The action that the form makes; `Invalid` with a fault for each field that is wrong, by its name."""
    faults: list[Fault] = []
    title = " ".join(form.get("title").split())
    if not title:
        faults.append(Fault("missing", "title", "give it a title"))
    faults += [
        Fault("too-long", name, f"at most {most} characters")
        for name, most in _LONGEST.items()
        if len(form.get(name)) > most
    ]
    begins = _begins(form, before, zone, faults)
    ends = _ends(form, before, begins, zone, faults)
    metrics = metrics_of(form.lines, before.metrics if before else (), mint, faults)
    kind = _kind(form, metrics, before, faults)
    if "required" in form.fields and not _is_measuring(form):
        faults.append(Fault("missing", "required", "say what is measured first"))
    if faults:
        raise Invalid(faults)
    assert begins is not None  # a fault was found otherwise
    empty = before or ActionContent(kind, title, begins)
    return replace(
        empty,
        type=kind,
        title=title,
        effective_from=begins,
        effective_to=ends,
        thread=empty.thread if empty.type == kind else None,
        is_tracked="tracking" in form.fields,
        is_metric_required="required" in form.fields,
        days=tuple(sorted(form.days)) or None,
        metrics=metrics,
        windows=_windows(form, empty.windows, mint),
        details=_with(empty.details, "instructions", form.get("instructions")),
        intake=_with(empty.intake, "dose", form.get("dose")),
    )


def _with(given: Mapping[str, Any] | None, name: str, text: str) -> Mapping[str, Any] | None:
    """The same with this text, or without it; what programs wrote beside it stays."""
    kept = {key: value for key, value in (given or {}).items() if key != name} | ({name: text} if text else {})
    return kept or None


def _kind(form: ActionForm, metrics: Sequence[Metric], before: ActionContent | None, faults: list[Fault]) -> str:
    said = form.get("kind")
    if said == _MEASURED:
        if metrics:
            return metrics[0].metric_type
        if not _is_measuring(form):
            faults.append(Fault("missing", "metric-0", "say what is measured"))
    elif said not in dict(KINDS) and (before is None or said != before.type):
        faults.append(Fault("unknown", "kind", "choose what it is"))
    return said


def _is_measuring(form: ActionForm) -> bool:
    """Whether anything is said to be measured; what is wrong with that is said at its own line."""
    return any(line.metric for line in form.lines)


def midnight(text: str, zone: ZoneInfo, days_later: int = 0) -> datetime | None:
    """The moment at which a day begins that was typed, or the day so many days later; None for no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if not 1900 <= day.year <= 2199:
        return None
    return datetime.combine(day + timedelta(days=days_later), time(), zone).astimezone(UTC)


def _begins(form: ActionForm, before: ActionContent | None, zone: ZoneInfo, faults: list[Fault]) -> datetime | None:
    """The start of the day; the very moment as it was where the day is the same."""
    begins = midnight(form.get("from"), zone)
    if begins is None:
        faults.append(Fault("invalid", "from", "choose a day"))
    elif before is not None and before.effective_from.astimezone(zone).date() == begins.astimezone(zone).date():
        return before.effective_from
    return begins


def _ends(
    form: ActionForm, before: ActionContent | None, begins: datetime | None, zone: ZoneInfo, faults: list[Fault]
) -> datetime | None:
    """The end of the last day, None for open."""
    said = form.get("until")
    if not said:
        return None
    if before is not None and last_day(before.effective_to, zone) == said:
        return before.effective_to
    ends = midnight(said, zone, 1)
    if ends is None:
        faults.append(Fault("invalid", "until", "choose a day"))
    elif begins is not None and ends <= begins:
        faults.append(Fault("too-soon", "until", "it cannot end before it begins"))
    return ends


def _windows(form: ActionForm, before: Sequence[Window], mint: Callable[[], str]) -> tuple[Window, ...]:
    """The ticked parts of the day; those that stay keep their ids, so that what was done in them stays, too."""
    there = {one.type: one for one in before}
    made = []
    for part in PartOfDay:
        if part in form.parts:
            title = " ".join(form.get(f"part-{part}").split())[:100] or None
            made.append(Window(there[part].id if part in there else mint(), part, title))
    return tuple(made)
