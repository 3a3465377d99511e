"""Glucose units: the published table, the way back, and printing of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openward.care.devicedata.units import from_mg_dl, plain, to_mg_dl, to_mmol_l, whole_mg_dl

TABLE = {
    39: 2.16479, 40: 2.2203, 54: 2.9974, 70: 3.88552, 71: 3.94103,
    100: 5.55075, 120: 6.6609, 140: 7.77105, 180: 9.99135, 181: 10.04685,
    250: 13.87687, 251: 13.93238, 349: 19.37211, 350: 19.42762, 400: 22.20299,
    1000: 55.50748, 0: 0.0,
}  # fmt: skip


@pytest.mark.parametrize(("mg_dl", "mmol_l"), TABLE.items())
def test_the_published_table(mg_dl: int, mmol_l: float) -> None:
    assert from_mg_dl(mg_dl) == mmol_l
    assert from_mg_dl(-mg_dl) == -mmol_l


def test_every_whole_mg_dl_comes_back() -> None:
    assert [whole_mg_dl(from_mg_dl(value)) for value in range(1001)] == list(range(1001))


@given(st.floats(0, 1000))
def test_five_decimals_half_away_from_zero(value: float) -> None:
    kept = from_mg_dl(value)
    assert abs(kept - value / 18.01559) <= 0.0000050001
    assert round(kept, 5) == kept


def test_mmol_stays_untouched() -> None:
    assert to_mmol_l(5.123456789, "mmol/L") == 5.123456789
    assert to_mmol_l(0.123456789, "mmol/L/minute") == 0.123456789
    assert to_mmol_l(0.4, "mg/dL/minute") == 0.0222
    assert to_mg_dl(1) == 18.01559


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5, "5"), (5.0, "5"), (6.6609, "6.6609"), (1e-7, "0.0000001"), (1e22, "1" + "0" * 22),
        (-0.0, "0"), (0.1, "0.1"), (-3.5, "-3.5"), (1234567.125, "1234567.125"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_plain_prints_without_exponent(number: float, text: str) -> None:
    assert plain(number) == text
