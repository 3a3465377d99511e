"""Actions as this system writes them, in both directions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from openward.care.coaching import Action, ActionContent, Metric, PartOfDay, Window
from openward.care.errors import Fault
from openward.wire.twine import moments, plan_words
from openward.wire.twine.errors import body_fault
from openward.wire.twine.moments import moment_of
from openward.wire.twine.plan_words import attributes_of, is_quantity, of_list, without_nulls

_METRICS = "/data/attributes/metrics"
Mint = Callable[[], str]


def faults(document: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with an action beyond its shape."""
    found = plan_words.faults(document)
    for place, metric in enumerate(of_list(attributes_of(document).get("metrics"))):
        found += _metric_faults(f"{_METRICS}/{place}", metric or {})
    return found


def _metric_faults(base: str, metric: Mapping[str, Any]) -> Iterator[Fault]:
    goal = (metric.get("goal") or {}).get("data")
    if goal is not None and not (is_quantity(goal) or (goal and all(map(is_quantity, goal.values())))):
        yield body_fault(f"{base}/goal/data", "This must be one quantity or named quantities")
    bounds = metric.get("validations") or {}
    lowest, highest = bounds.get("minimum") or {}, bounds.get("maximum") or {}
    if not (is_quantity(lowest) and is_quantity(highest)) or lowest.get("unit") != highest.get("unit"):
        return
    if lowest["value"] > highest["value"]:
        yield body_fault(f"{base}/validations/maximum", "This must not be below the minimum")


def new(attributes: Mapping[str, Any], mint: Mint) -> ActionContent:
    """A new action; `attributes` were checked. `mint` makes ids."""
    begins = moment_of(attributes["effective_from"])
    assert begins is not None  # `faults` has seen to it
    return changed(ActionContent(attributes["type"], attributes["title"], begins), attributes, mint)


def changed(content: ActionContent, attributes: Mapping[str, Any], mint: Mint) -> ActionContent:
    """An action with what is given in place of what it said; null stands for the default."""
    given: dict[str, Any] = {name: attributes[name] for name in ("type", "title") if name in attributes}
    given |= {name: moment_of(attributes[name]) for name in ("effective_from", "effective_to") if name in attributes}
    given |= {name: attributes[name] for name in ("details", "intake") if name in attributes}
    if "_thread" in attributes:
        given["thread"] = attributes["_thread"]
    if "tracking" in attributes:
        given["is_tracked"] = attributes["tracking"] is not False
    if "metric_required" in attributes:
        given["is_metric_required"] = attributes["metric_required"] is True
    if "frequency_goal" in attributes:
        weeks = (attributes["frequency_goal"] or {}).get("weeks")
        given["days"] = None if weeks is None else tuple(weeks["days"])
    if "identifiers" in attributes:
        given["identifiers"] = [without_nulls(one) for one in of_list(attributes["identifiers"])]
    if "options" in attributes:
        given["options"] = of_list(attributes["options"])
    if "metrics" in attributes:
        given["metrics"] = _metrics(content.metrics, of_list(attributes["metrics"]), mint)
    if "windows" in attributes:
        given["windows"] = _windows(content.windows, of_list(attributes["windows"]), mint)
    return replace(content, **given)


def _metrics(before: Sequence[Metric], given: Sequence[Mapping[str, Any]], mint: Mint) -> tuple[Metric, ...]:
    ids = _Ids([(metric.id, metric.metric_type) for metric in before], mint)
    return tuple(
        Metric(
            ids.take(one.get("_id"), one["metric_type"]),
            one["metric_type"],
            one.get("unit"),
            None if one.get("goal") is None else without_nulls(one["goal"]),
            None if one.get("validations") is None else without_nulls(one["validations"]),
            of_list(one.get("accepted_values")),
        )
        for one in given
    )


def _windows(before: Sequence[Window], given: Sequence[Mapping[str, Any]], mint: Mint) -> tuple[Window, ...]:
    ids = _Ids([(window.id, window.type) for window in before], mint)
    return tuple(
        Window(ids.take(one.get("_id"), one["type"]), PartOfDay(one["type"]), one.get("title")) for one in given
    )


class _Ids:
    """Those who stay keep their ids: by the id that is given, else by their kind; whoever is new gets another."""

    def __init__(self, before: Sequence[tuple[str, str]], mint: Mint) -> None:
        self._left = list(before)
        self._mint = mint

    def take(self, name: str | None, kind: str) -> str:
        """The id for one that is given."""
        fitting = [one for one in self._left if one[0] == name] or [one for one in self._left if one[1] == kind]
        if not fitting:
            return self._mint()
        self._left.remove(fitting[0])
        return fitting[0][0]


def attributes(action: Action) -> dict[str, Any]:
    """What an action says, without what is computed."""
    content = action.content
    shown: dict[str, Any] = {
        "type": content.type,
        "title": content.title,
        "static_title": action.static_title,
        "_thread": content.thread,
        "effective_from": moments.written(content.effective_from),
        "effective_to": moments.written(content.effective_to),
        "tracking": content.is_tracked,
        "metric_required": content.is_metric_required,
        "identifiers": list(content.identifiers),
        "metrics": [_metric(metric) for metric in content.metrics],
        "windows": [
            {"_id": window.id, "type": window.type.value} | ({} if window.title is None else {"title": window.title})
            for window in content.windows
        ],
        "options": list(content.options),
    }
    if content.days is not None:
        shown["frequency_goal"] = {"weeks": {"days": list(content.days)}}
    for name in ("details", "intake"):
        if getattr(content, name) is not None:
            shown[name] = getattr(content, name)
    return shown


def _metric(metric: Metric) -> dict[str, Any]:
    shown: dict[str, Any] = {"_id": metric.id, "metric_type": metric.metric_type}
    for name in ("unit", "goal", "validations"):
        if getattr(metric, name) is not None:
            shown[name] = getattr(metric, name)
    return shown | {"accepted_values": list(metric.accepted_values)}
