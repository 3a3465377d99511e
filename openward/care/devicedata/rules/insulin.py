"""Insulin doses that were given otherwise than by a pump, and the formulation that insulin data carry."""

from typing import Any

from openward.care.devicedata.rules.datum import datum_shape, name100
from openward.care.devicedata.rules.kinds import Kind
from openward.care.devicedata.rules.reading import Notebook
from openward.care.devicedata.rules.scalars import number, word
from openward.care.devicedata.rules.shapes import Shape, array, may, needs, recursive

_simple = Shape(
    (
        needs("actingType", word("intermediate", "long", "rapid", "short")),
        may("brand", name100),
        may("concentration", Shape((needs("units", word("Units/mL")), needs("value", number(0, 10000))))),
    )
)
_compound = Shape((needs("amount", number(0)), needs("formulation", recursive(lambda: formulation))))


def _simple_or_compounds(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
    """Ask for compounds, a simple insulin or a name, and never for both of the first two."""
    if sent.get("simple") is not None and sent.get("compounds") is not None:
        notes.broken("value-exists", f"{at}/compounds")
    if all(sent.get(name) is None for name in ("compounds", "name", "simple")):
        notes.broken("value-not-exists", f"{at}/simple")


formulation: Shape = Shape(
    (may("compounds", array(_compound, 1, 100)), may("name", name100), may("simple", _simple)),
    (_simple_or_compounds,),
)

_dose = Shape(
    (
        needs("units", word("Units")),
        needs("total", number(0, 250)),
        may("food", number(0, 250)),
        may("correction", number(-250, 250)),
        may("active", number(0, 250)),
    )
)

INSULIN = Kind("insulin", datum_shape(may("dose", _dose), may("formulation", formulation), may("site", name100)))
