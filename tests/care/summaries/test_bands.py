"""Bands: every edge of the published table, from either unit, and the reference's other edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openward.care.summaries.bands import CELLS_OF, bands_of, cells, whole_mg_dl
from openward.care.summaries.model import Band, Rules

OURS = Rules()
THEIRS = Rules(reference_edges=True)
HIGHEST = (Band.VERY_HIGH, Band.EXTREME_HIGH, Band.ANY_HIGH)

BY_MG_DL = [
    (53, (Band.VERY_LOW, Band.ANY_LOW)),
    (54, (Band.LOW, Band.ANY_LOW)),
    (69, (Band.LOW, Band.ANY_LOW)),
    (70, (Band.TARGET,)),
    (180, (Band.TARGET,)),
    (181, (Band.HIGH, Band.ANY_HIGH)),
    (250, (Band.HIGH, Band.ANY_HIGH)),
    (251, (Band.VERY_HIGH, Band.ANY_HIGH)),
    (349, (Band.VERY_HIGH, Band.ANY_HIGH)),
    (350, HIGHEST),
]
BY_MMOL = [
    (2.9, (Band.VERY_LOW, Band.ANY_LOW)),
    (3.0, (Band.LOW, Band.ANY_LOW)),
    (3.8, (Band.LOW, Band.ANY_LOW)),
    (3.9, (Band.TARGET,)),
    (10.0, (Band.TARGET,)),
    (10.1, (Band.HIGH, Band.ANY_HIGH)),
    (13.9, (Band.HIGH, Band.ANY_HIGH)),
    (14.0, (Band.VERY_HIGH, Band.ANY_HIGH)),
    (19.3, (Band.VERY_HIGH, Band.ANY_HIGH)),
    (19.4, HIGHEST),
]


def stored(mg_dl: float) -> float:
    """mmol/L as kept: five decimals, half away from zero."""
    return math.trunc(mg_dl / 18.01559 * 100_000 + 0.5) / 100_000


@pytest.mark.parametrize(("mg_dl", "expected"), BY_MG_DL)
def test_edges_from_meters_and_sensors_in_mg_dl(mg_dl: int, expected: tuple[Band, ...]) -> None:
    assert bands_of(stored(mg_dl), OURS) == expected


@pytest.mark.parametrize(("mmol", "expected"), BY_MMOL)
def test_edges_from_sensors_in_mmol(mmol: float, expected: tuple[Band, ...]) -> None:
    assert bands_of(mmol, OURS) == expected


@pytest.mark.parametrize(
    ("mmol", "expected"),
    [
        (stored(54), Band.VERY_LOW),
        (3.0, Band.LOW),
        (stored(70), Band.LOW),
        (3.9, Band.TARGET),
        (10.0, Band.TARGET),
        (10.00001, Band.HIGH),
        (13.9, Band.HIGH),
        (13.90001, Band.VERY_HIGH),
        (19.39999, Band.VERY_HIGH),
    ],
)
def test_reference_edges_compare_unrounded(mmol: float, expected: Band) -> None:
    assert bands_of(mmol, THEIRS)[0] is expected


def test_reference_extreme_high_starts_at_19_4() -> None:
    assert bands_of(19.4, THEIRS) == HIGHEST
    assert Band.EXTREME_HIGH not in bands_of(19.39999, THEIRS)


def test_every_stored_integer_comes_back() -> None:
    integers = np.arange(1001)
    assert (whole_mg_dl(np.array([stored(n) for n in integers])) == integers).all()


@given(st.floats(0, 56), st.booleans())
def test_five_bands_are_disjoint_and_sums_agree(value: float, reference: bool) -> None:
    found = set(bands_of(value, Rules(reference_edges=reference)))
    five = {Band.VERY_LOW, Band.LOW, Band.TARGET, Band.HIGH, Band.VERY_HIGH}
    assert len(found & five) == 1
    assert (Band.ANY_LOW in found) == bool(found & {Band.VERY_LOW, Band.LOW})
    assert (Band.ANY_HIGH in found) == bool(found & {Band.HIGH, Band.VERY_HIGH})


@given(st.integers(0, 1000))
def test_mg_dl_and_mmol_agree(mg_dl: int) -> None:
    expected = sum(mg_dl >= edge for edge in (54, 70, 181, 251, 350))
    assert int(cells(np.array([stored(mg_dl)]), OURS)[0]) == expected
    assert sorted({cell for places in CELLS_OF.values() for cell in places}) == [0, 1, 2, 3, 4, 5]
