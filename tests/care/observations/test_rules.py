"""The catalogue of types, and measurements held against it."""

from datetime import UTC, datetime

import pytest

from openward.care.observations import TYPES, Measured, Said, by_code, check

NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)
THEN = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)


def test_the_catalogue_holds_all_types_and_no_code_twice() -> None:
    codes = [code for one in TYPES.values() for code in one.codes]
    assert (len(TYPES), len(codes), len(set(codes))) == (42, 49, 49)
    assert all(by_code("LOINC", code) is one for one in TYPES.values() for code in one.codes)
    assert by_code("http://loinc.org", "4548-4") is TYPES["hemoglobin_a1c"]
    assert by_code("SNOMED", "4548-4") is None


@pytest.mark.parametrize(
    ("name", "value", "unit", "canonical"),
    [
        ("blood_glucose", 5.5, "mmol/L", 99.085745),
        ("ldl_cholesterol", 3.0, "mmol/l", 116.01),
        ("triglycerides", 2.0, "MMOL/L", 177.14),
        ("weight", 80.0, "kg", 176.36981),
        ("weight", 180.0, None, 180.0),
        ("body_temperature", 37.0, "degC", 98.6),
        ("hemoglobin_a1c", 53.0, "mmol/mol", 7.00044),
        ("c_reactive_protein", 1.0, "mg/dl", 10.0),
        ("forced_vital_capacity", 4200.0, "ml", 4.2),
        ("inhaler_usage", 3.0, "count", 3.0),
        ("inr", 2.5, None, 2.5),
    ],
)
def test_the_first_unit_is_the_canonical_one(name: str, value: float, unit: str | None, canonical: float) -> None:
    found = check(Said(name, value=value, unit=unit, occurred_at=THEN), NOW)
    assert isinstance(found, Measured)
    assert found.canonical == pytest.approx(canonical, rel=1e-7)
    assert (found.value, found.unit) == (value, unit or TYPES[name].unit)


def test_faults_are_found_together() -> None:
    found = check(Said("weight", "LOINC", "718-7", "x", unit="y", occurred_at=NOW.replace(tzinfo=None)), NOW)
    assert isinstance(found, list)
    assert [fault.pointer for fault in found] == ["code", "occurred_at", "unit", "value"]


@pytest.mark.parametrize(
    ("text", "number"), [("121", 121.0), ("+.5", 0.5), ("-3.", -3.0), (" 1e3 ", 1000.0), ("1_000", None), ("0x1", None)]
)
def test_text_as_a_number(text: str, number: float | None) -> None:
    found = check(Said("heart_rate", value=text, occurred_at=THEN), NOW)
    assert (found.value if isinstance(found, Measured) else None) == number
