"""The glucose target that several types carry, in one of five shapes, with units taken from its parent."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from openward.care.devicedata.rules.glucose import settle, units_of
from openward.care.devicedata.rules.reading import Notebook, Rule
from openward.care.devicedata.rules.scalars import number
from openward.care.devicedata.rules.shapes import Field, Shape, may
from openward.care.devicedata.units import BOUNDS, to_mmol_l

TARGET_FIELDS: Sequence[Field] = tuple(may(name, number()) for name in ("target", "range", "low", "high"))
target = Shape(TARGET_FIELDS)


def settle_target(kept: dict[str, Any], units: str | None, at: str, notes: Notebook) -> None:
    """Check a target's shape and bounds and turn all its numbers into mmol/L.

    The shapes are target+range, target+high, target alone, and low+high.
    """
    if "target" in kept:
        partner = next((name for name in ("range", "high") if name in kept), None)
        _refuse({"range", "low", "high"} - {partner}, kept, at, notes)
        anchor = "target"
    elif "low" in kept:
        _refuse(("range",), kept, at, notes)
        if "high" not in kept:
            notes.broken("value-not-exists", f"{at}/high")
            return
        partner, anchor = "high", "low"
    else:
        notes.broken("value-not-exists", f"{at}/target")
        return
    if units is None:
        return
    _partner_in_bounds(kept, anchor, partner, units, at, notes)
    settle(kept, anchor, units, at, notes)
    if partner is not None:
        kept[partner] = to_mmol_l(kept[partner], units)


def _refuse(names: Collection[str | None], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    for name in ("range", "low", "high"):
        if name in names and name in kept:
            notes.broken("value-exists", f"{at}/{name}")


def _partner_in_bounds(
    kept: dict[str, Any], anchor: str, partner: str | None, units: str, at: str, notes: Notebook
) -> None:
    """Check the second number against the first; where the first is out of bounds itself, that one fault is enough."""
    low, high = BOUNDS[units]
    first = kept[anchor]
    if partner is None or not low <= first <= high:
        return
    least, most = (0, min(first - low, high - first)) if partner == "range" else (first, high)
    if not least <= kept[partner] <= most:
        notes.not_between(kept[partner], least, most, f"{at}/{partner}")


def targets(*names: str, units: Callable[[dict[str, Any]], str | None] = units_of) -> Rule:
    """Check and convert targets that stand directly in the object."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        found = units(sent)
        for name in names:
            if name in kept:
                settle_target(kept[name], found, f"{at}/{name}", notes)

    return rule
