"""Which range set a report is drawn with: the one that an enrolment's glycemic ranges name, or the clinic's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from openward.care.reports.bands import PRESETS, STANDARD, Goals, RangePreset
from openward.care.reports.readings import MGDL_PER_MMOL

CUSTOM = "custom"
_TARGET_NAMES = frozenset(("target", "intarget", "inrange", "targetrange", "range", "normal"))
_LONGEST_LABEL = 60
_HIGHEST_MGDL = 1000.0


@dataclass(frozen=True, slots=True)
class _Range:
    """One range of an own set: the first whole mg/dL value above it is `end`."""

    name: str
    end: int


def preset_of(ranges: Mapping[str, Any] | None) -> RangePreset:
    """The set that an enrolment's glycemic ranges stand for; the standard set where they say nothing that can be drawn.

    An own set lists ranges from the lowest on, each with its upper bound. The one named for its target (without such a
    name the third of four or five, the second of three) needs a range below it; beyond that, what is there is drawn.
    """
    said = ranges or {}
    if said.get("type") == CUSTOM:
        return _own(said.get("custom")) or STANDARD
    named = said.get("preset")
    return PRESETS[named] if isinstance(named, str) and named in PRESETS else STANDARD


def _own(custom: Any) -> RangePreset | None:
    if not isinstance(custom, Mapping):
        return None
    found = _ranges(custom.get("thresholds"))
    target = _target(found)
    if target is None or target == 0:
        return None
    low, beyond = found[target - 1].end, found[target].end
    label = custom.get("name")
    return RangePreset(
        key=CUSTOM,
        label=(label.strip()[:_LONGEST_LABEL] if isinstance(label, str) else "") or "Own ranges",
        very_low=found[target - 2].end if target > 1 else None,
        low=low,
        high=beyond - 1,
        very_high=found[target + 1].end - 1 if target + 1 < len(found) else None,
        goals=Goals(),  # Nobody has agreed on any for an own set.
    )


def _ranges(thresholds: Any) -> list[_Range]:
    """The ranges that can be read, lowest first; none when a bound does not lie above the one before it."""
    if not isinstance(thresholds, Sequence) or isinstance(thresholds, str):
        return []
    found = [one for entry in thresholds if (one := _range(entry)) is not None]
    is_ascending = all(below.end < above.end for below, above in pairwise(found))
    return found if is_ascending and len(found) == len(thresholds) else []


def _range(entry: Any) -> _Range | None:
    bound = entry.get("upperBound") if isinstance(entry, Mapping) else None
    value = bound.get("value") if isinstance(bound, Mapping) else None
    if not isinstance(bound, Mapping) or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    mgdl = value * MGDL_PER_MMOL if bound.get("units") == "mmol/L" else float(value)
    if not 0 < mgdl < _HIGHEST_MGDL:
        return None
    # Bounds are compared as readings are: on whole mg/dL.
    end = int(np.rint(mgdl)) + (entry.get("inclusive") is True)
    return _Range(str(entry.get("name", "")), end)


def _target(found: Sequence[_Range]) -> int | None:
    """The place of the target range."""
    for place, one in enumerate(found):
        if "".join(letter for letter in one.name.lower() if letter.isalpha()) in _TARGET_NAMES:
            return place
    return {3: 1, 4: 2, 5: 2}.get(len(found))
