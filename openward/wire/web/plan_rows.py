"""The actions of a plan with how they are kept to: a strip of days, figures, and what is due next."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from openward.care import coaching, identity
from openward.care.coaching import Action, Adherence, Bundle, Item, Plan, Result
from openward.care.identity import System
from openward.care.work import Work
from openward.wire.web import plan_words
from openward.wire.web.words import day as written

DAYS = 31
_AHEAD = 7
_DAY = timedelta(days=1)
_WORDS = {"done": "done", "part": "done in part", "skipped": "skipped", "missed": "missed", "open": "open"}


@dataclass(frozen=True, slots=True)
class Whole:
    """A plan with everything that hangs from it, and what became of it in the last 31 days."""

    plan: Plan
    actions: list[Action]
    bundles: list[Bundle]
    results: list[Result]
    adherence: Mapping[UUID, Adherence]
    total: Adherence
    names: Mapping[UUID, str]
    today: date
    now: datetime

    @property
    def current(self) -> list[Action]:
        """What is in force now or will be, in the order in which it was made."""
        return [one for one in self.actions if one.content.effective_to is None or not self._has_ended(one)]

    @property
    def ended(self) -> list[Action]:
        """What has ended, the last one first."""
        gone = [one for one in self.actions if self._has_ended(one)]
        return sorted(gone, key=lambda one: one.content.effective_to or one.written.updated_at, reverse=True)

    def _has_ended(self, action: Action) -> bool:
        ends = action.content.effective_to
        return ends is not None and ends <= self.now


async def read_whole(work: Work, plan: Plan) -> Whole:
    """Everything of a plan; a constant number of queries."""
    actions = await coaching.actions_of(work, [plan.key])
    bundles = await coaching.bundles_of(work, [plan.key])
    figures = (await coaching.figures(work, [plan], actions))[plan.key]
    today = coaching.local_day(work.now, plan.content.zone)
    results = await coaching.results_since(work, [one.key for one in actions], today - (DAYS - 1) * _DAY)
    keys = [*(one.key for one in actions), *(one.key for one in bundles)]
    names = await identity.names(work, keys, System.TWINE)
    return Whole(plan, actions, bundles, results, figures.actions, figures.adherence, names, today, work.now)


def rows_of(whole: Whole) -> list[dict[str, Any]]:
    """Each action that has not ended, as pages show it."""
    by_action: dict[UUID, list[Result]] = defaultdict(list)
    for one in whole.results:
        by_action[one.action].append(one)
    titles = {one.key: one.content.title for one in whole.bundles}
    return [
        {
            "id": whole.names[one.key],
            "title": one.content.title,
            "schedule": plan_words.schedule(one.content),
            "measures": plan_words.measures(one.content),
            "begins": one.content.effective_from if one.content.effective_from > whole.now else None,
            "ends": one.content.effective_to,
            "bundles": [titles[key] for key in one.bundles if key in titles],
            "adherence": whole.adherence[one.key],
            "percent": _percent(whole.adherence[one.key]),
            "strip": _strip(whole, one, by_action[one.key]),
            "instruction": str((one.content.details or {}).get("instructions") or ""),
        }
        for one in whole.current
    ]


def _percent(found: Adherence) -> int | None:
    return round(100 * found.complete / found.due) if found.due else None


def _strip(whole: Whole, action: Action, results: Sequence[Result]) -> dict[str, Any]:
    """The state of each of the last 31 days, the oldest first, and all of them in words."""
    on_day: dict[date, list[Result]] = defaultdict(list)
    zone = whole.plan.content.zone
    for one in results:
        on_day[coaching.local_day(one.outcome.occurred_at, zone)].append(one)
    days = [whole.today - back * _DAY for back in range(DAYS - 1, -1, -1)]
    states = [(one, _state(whole, action, on_day[one], one)) for one in days]
    counts = {name: sum(state == name for _, state in states) for name in _WORDS}
    words = ", ".join(f"{_WORDS[name]} on {count}" for name, count in counts.items() if count)
    return {"days": [(written(one), state) for one, state in states], "words": words or "never due"}


def _state(whole: Whole, action: Action, results: Sequence[Result], day: date) -> str:
    """`done`, `part`, `skipped`, `missed`, `open` (today), `extra` (done though not due) or `none`."""
    items: list[Item] = coaching.items_on(whole.plan, [action], results, day, whole.now)
    if not items:
        return "extra" if any(not one.outcome.is_skipped for one in results) else "none"
    done = sum(one.is_done for one in items)
    if done == len(items):
        return "done"
    if done:
        return "part"
    if all(one.is_skipped for one in items):
        return "skipped"
    return "open" if day == whole.today else "missed"


def days_ahead(whole: Whole, events: Mapping[date, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Today and the next six days: what is due, and which events there are."""
    shown = []
    for one in (whole.today + ahead * _DAY for ahead in range(_AHEAD)):
        items = coaching.items_on(whole.plan, whole.actions, whole.results, one, whole.now)
        shown.append(
            {
                "day": one,
                "is_today": one == whole.today,
                "items": [
                    {
                        "title": item.action.content.title,
                        "part": plan_words.PARTS[item.part] if item.part else "",
                        "state": "done" if item.is_done else "skipped" if item.is_skipped else "open",
                        "is_late": item.is_late,
                    }
                    for item in items
                ],
                "events": events.get(one, []),
            }
        )
    return shown


def result_rows(whole: Whole, most: int) -> list[dict[str, Any]]:
    """What became of things lately, the latest first, on the clocks of the plan."""
    titles = {one.key: one.content.title for one in whole.actions}
    windows = {window.id: window for one in whole.actions for window in one.content.windows}
    return [
        {
            "title": titles.get(one.action, "an action that is gone"),
            "part": plan_words.PARTS[window.type] if (window := windows.get(one.outcome.window or "")) else "",
            "words": plan_words.result_words(one),
            "note": one.outcome.note or "",
            "is_skipped": one.outcome.is_skipped,
            "at": one.outcome.occurred_at.astimezone(whole.plan.content.zone),
        }
        for one in reversed(whole.results[-most:])
    ]
