"""The bolus calculator: what it was given, what it recommended, and the bolus that followed."""

from openward.care.devicedata.rules.bolus import BOLUS
from openward.care.devicedata.rules.datum import datum_shape
from openward.care.devicedata.rules.glucose import glucose, glucose_units
from openward.care.devicedata.rules.kinds import Kind, embedded
from openward.care.devicedata.rules.scalars import number, word
from openward.care.devicedata.rules.shapes import Shape, may, needs
from openward.care.devicedata.rules.target import target, targets

_recommended = Shape((may("carb", number(0, 100)), may("correction", number(-100, 100)), may("net", number(-100, 100))))

WIZARD = Kind(
    "wizard",
    datum_shape(
        needs("units", glucose_units),
        may("bgInput", number()),
        may("bgTarget", target),
        may("carbInput", number(0, 1000)),
        may("carbUnits", word("grams", "exchanges")),
        may("insulinCarbRatio", number(0, 250)),
        may("insulinOnBoard", number(0, 250)),
        may("insulinSensitivity", number()),
        may("recommended", _recommended),
        may("bolus", embedded(BOLUS)),
        rules=(glucose("bgInput", "insulinSensitivity"), targets("bgTarget")),
    ),
)
