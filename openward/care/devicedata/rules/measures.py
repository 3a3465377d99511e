"""Amounts with a unit: distance, duration, energy, volume. Each unit has its own upper bound for the same amount."""

from openward.care.devicedata.rules.scalars import number, word
from openward.care.devicedata.rules.shapes import Shape, may, needs, within_units

HOURS_MINUTES_SECONDS = {"hours": 1.0, "minutes": 60.0, "seconds": 3600.0}


def measure(maxima: dict[str, float]) -> Shape:
    """Read `{units, value}` with a value from 0 to the maximum that goes with its units."""
    ranges = {units: (0.0, most) for units, most in maxima.items()}
    fields = (needs("units", word(*maxima)), needs("value", number()))
    return Shape(fields, (within_units("value", ranges),))


def span_of(hours: float) -> Shape:
    """Read `{units, duration}` with a duration from 0 to this many hours."""
    ranges = {units: (0.0, hours * factor) for units, factor in HOURS_MINUTES_SECONDS.items()}
    fields = (needs("units", word(*ranges)), needs("duration", number()))
    return Shape(fields, (within_units("duration", ranges),))


# 1 kcal = 4.1858 kJ; calories and joules are a thousandth of the kilo units.
energy = measure({"calories": 10_000_000.0, "joules": 41_858_000.0, "kilocalories": 10_000.0, "kilojoules": 41_858.0})
distance = measure({"feet": 528_000.0, "kilometers": 160.9344, "meters": 160_934.4, "miles": 100.0, "yards": 176_000.0})
elevation_change = measure({"feet": 52_800.0, "meters": 16_093.44})
exercise_duration = measure({units: 168 * factor for units, factor in HOURS_MINUTES_SECONDS.items()})
volume = measure({"gallons": 10.0, "liters": 37.854118, "milliliters": 37_854.118, "ounces": 1280.0})

grams = Shape((needs("units", word("grams")), needs("total", number(0, 1000))))
carbohydrate = Shape(
    (
        needs("units", word("grams")),
        needs("net", number(0, 1000)),
        may("total", number(0, 1000)),
        may("sugars", number(0, 1000)),
        may("dietaryFiber", number(0, 1000)),
    )
)
