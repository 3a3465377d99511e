"""Glucose units: bounds, the one conversion factor, and rounding for display.

Source: Tidepool data model, glucose units. Everything kept is mmol/L; what arrives in mg/dL is converted once, here.
"""

import math
from decimal import Decimal
from functools import lru_cache
from typing import Final

MG_DL_PER_MMOL_L = 18.01559

MMOL_L: Final = "mmol/L"
MG_DL: Final = "mg/dL"
MMOL_L_MINUTE: Final = "mmol/L/minute"
MG_DL_MINUTE: Final = "mg/dL/minute"

# Both spellings are in use by uploaders; only the first of each pair is ever written.
MMOL_L_SPELLINGS = frozenset({"mmol/L", "mmol/l"})
MG_DL_SPELLINGS = frozenset({"mg/dL", "mg/dl"})
GLUCOSE_UNITS = ("mmol/L", "mmol/l", "mg/dL", "mg/dl")
RATE_UNITS = (MMOL_L_MINUTE, MG_DL_MINUTE)

# Bounds hold for the value as it was sent, before any conversion: 1000 mg/dL is legal and is kept as 55.50748.
BOUNDS: dict[str, tuple[float, float]] = {
    "mmol/L": (0, 55),
    "mmol/l": (0, 55),
    "mg/dL": (0, 1000),
    "mg/dl": (0, 1000),
}
RATE_BOUNDS: dict[str, tuple[float, float]] = {MMOL_L_MINUTE: (-5.5, 5.5), MG_DL_MINUTE: (-100, 100)}
KETONE_BOUNDS = (0, 10)


@lru_cache(maxsize=4096)
def from_mg_dl(value: float) -> float:
    """Turn mg/dL (or mg/dL per minute) into mmol/L with five decimals, half away from zero."""
    scaled = math.trunc(value / MG_DL_PER_MMOL_L * 100000.0 + math.copysign(0.5, value))
    return scaled / 100000.0


def to_mmol_l(value: float, units: str) -> float:
    """Turn a value in any accepted unit or rate unit into mmol/L; what is mmol/L already stays untouched."""
    return from_mg_dl(value) if units.startswith("mg") else value


def to_mg_dl(mmol: float) -> float:
    """Turn mmol/L into mg/dL without rounding."""
    return mmol * MG_DL_PER_MMOL_L


def whole_mg_dl(mmol: float) -> int:
    """Turn mmol/L into the whole mg/dL that is shown and classified; halves go to the even neighbour.

    Every whole number of mg/dL from 0 to 1000 comes back as itself after `from_mg_dl`.
    """
    return round(mmol * MG_DL_PER_MMOL_L)


def plain(number: float) -> str:
    """Print a number as the shortest decimal that reads back the same, without exponent and without `.0`."""
    if isinstance(number, int):
        return str(number)
    if not math.isfinite(number):
        return str(number)
    if number == 0:
        return "0"
    text = repr(number)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text[:-2] if text.endswith(".0") else text
