"""Boluses: insulin given at once, spread out, both, or by an algorithm.

An interrupted bolus is known by an expected amount above the delivered one.
"""

from typing import Any

from openward.care.devicedata.rules.datum import DAY_MS, datum_shape
from openward.care.devicedata.rules.insulin import formulation
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.reading import Notebook, Rule
from openward.care.devicedata.rules.scalars import number, whole, word
from openward.care.devicedata.rules.shapes import (
    Field,
    Shape,
    at_least_field,
    at_most_field,
    field_is_there,
    may,
    needs,
    only_if,
)

_MAX_UNITS = 100

_normal = (needs("normal", number(0, _MAX_UNITS)), may("expectedNormal", number(0, _MAX_UNITS)))
_extended = (
    needs("duration", whole(0, DAY_MS)),
    may("expectedDuration", whole(0, DAY_MS)),
    needs("extended", number(0, _MAX_UNITS)),
    may("expectedExtended", number(0, _MAX_UNITS)),
)
_normal_rules: tuple[Rule, ...] = (at_most_field("normal", "expectedNormal"),)
_extended_rules: tuple[Rule, ...] = (
    only_if("expectedDuration", field_is_there("expectedExtended")),
    at_most_field("duration", "expectedDuration"),
    at_most_field("extended", "expectedExtended"),
)


def _none_needs_expectation(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Ask for the expected amount of an automated bolus that delivered nothing."""
    if kept.get("normal") == 0 and sent.get("expectedNormal") is None:
        notes.broken("value-not-exists", f"{at}/expectedNormal")


def _bolus(*fields: Field, rules: tuple[Rule, ...]) -> Shape:
    contexts = ("algorithm", "device", "oneButton", "remote", "undetermined", "watch")
    shared = (may("deliveryContext", word(*contexts)), may("insulinFormulation", formulation))
    return datum_shape(*shared, *fields, rules=rules)


BOLUS = Kind(
    "bolus",
    by="subType",
    shapes={
        "automated": _bolus(
            _normal[0],
            may("expectedNormal", number()),
            rules=(at_least_field("expectedNormal", "normal", 0, _MAX_UNITS), _none_needs_expectation),
        ),
        "dual/square": _bolus(*_normal, *_extended, rules=(*_normal_rules, *_extended_rules)),
        "normal": _bolus(*_normal, rules=_normal_rules),
        "square": _bolus(*_extended, rules=_extended_rules),
    },
)
