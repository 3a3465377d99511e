"""Which band a glucose value falls into, by the published table in whole mg/dL."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from openward.care.summaries.model import Band, Rules

MG_DL_PER_MMOL_L: Final = 18.01559

# Six disjoint cells, from which the eight overlapping bands are added up: very low, low, target, high,
# very high below 350, extreme high.
CELLS: Final = 6
CELLS_OF: Final[dict[Band, tuple[int, ...]]] = {
    Band.VERY_LOW: (0,),
    Band.LOW: (1,),
    Band.TARGET: (2,),
    Band.HIGH: (3,),
    Band.VERY_HIGH: (4, 5),
    Band.EXTREME_HIGH: (5,),
    Band.ANY_LOW: (0, 1),
    Band.ANY_HIGH: (3, 4, 5),
}

# The first value of each cell after the lowest. Consensus on time in range: <54, 54-69, 70-180, 181-250, >250.
_EDGES_MG_DL = np.array([54.0, 70.0, 181.0, 251.0, 350.0])
# The reference compares unrounded mmol/L, with 10.0 still in target and 13.9 still high.
_EDGES_MMOL_L = np.array([3.0, 3.9, np.nextafter(10.0, 11.0), np.nextafter(13.9, 14.0), 19.4])


def whole_mg_dl(values_mmol: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stored mmol/L as whole mg/dL, rounded half to even; gives back every integer that was converted for storage."""
    return np.rint(values_mmol * MG_DL_PER_MMOL_L)


def cells(values_mmol: NDArray[np.float64], rules: Rules) -> NDArray[np.intp]:
    """The cell 0..5 of each value (mmol/L), same shape as the input."""
    if rules.reference_edges:
        return np.searchsorted(_EDGES_MMOL_L, values_mmol, side="right")
    return np.searchsorted(_EDGES_MG_DL, whole_mg_dl(values_mmol), side="right")


def bands_of(value_mmol: float, rules: Rules) -> tuple[Band, ...]:
    """Every band that one value (mmol/L) counts in, in the order of `Band`."""
    cell = int(cells(np.array([value_mmol]), rules)[0])
    return tuple(band for band in Band if cell in CELLS_OF[band])
