"""The identity hash: the two published examples, UTC first, and nothing empty."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from openward.care.devicedata.hashing import datum_hash, identity_fields, identity_hash, identity_time

USER, DEVICE = "a1b2c3d4e5", "DexG4Rec_SM123"
TIME = datetime(2024, 3, 10, 8, tzinfo=UTC)
CBG = {"units": "mmol/L", "value": 6.6609}


def test_published_examples() -> None:
    glucose = datum_hash(USER, DEVICE, "cbg", TIME, CBG)
    assert glucose == "emG7hgHMRzv0B+UR2Z9jF6kSya4tVOxN/oVJ2EeIj3k="
    bolus = datum_hash(USER, DEVICE, "bolus", TIME, {"subType": "normal", "normal": 1})
    assert bolus == "nA+wifeEyXLHpHDjEBHArA1vaekjVmbfY7jAi6L8tec="


def test_the_zone_of_the_sender_does_not_matter() -> None:
    elsewhere = TIME.astimezone(timezone(timedelta(hours=-8)))
    assert datum_hash(USER, DEVICE, "cbg", elsewhere, CBG) == datum_hash(USER, DEVICE, "cbg", TIME, CBG)


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "2024-03-10T08:00:00Z"), (500_000, "2024-03-10T08:00:00.5Z"), (123_000, "2024-03-10T08:00:00.123Z")],
)
def test_time_has_a_trimmed_fraction(micros: int, text: str) -> None:
    assert identity_time(TIME.replace(microsecond=micros)) == text


@pytest.mark.parametrize(
    ("kind", "fields", "tail"),
    [
        ("basal", {"deliveryType": "temp", "rate": 1}, ["temp"]),
        ("deviceEvent", {"subType": "alarm"}, ["alarm"]),
        ("smbg", {"units": "mmol/L", "value": 5.0, "subType": "manual"}, ["mmol/L", "5"]),
        ("bloodKetone", {"units": "mmol/L", "value": 0.4}, ["mmol/L", "0.4"]),
        ("food", {"name": "apple"}, []),
        ("wizard", {"units": "mmol/L"}, []),
    ],
)
def test_fields_by_family(kind: str, fields: dict[str, object], tail: list[str]) -> None:
    assert identity_fields(USER, DEVICE, kind, TIME, fields) == [USER, DEVICE, "2024-03-10T08:00:00Z", kind, *tail]


def test_no_field_may_be_empty() -> None:
    with pytest.raises(ValueError, match="empty"):
        identity_hash(USER, "")
    with pytest.raises(ValueError, match="empty"):
        datum_hash(USER, "", "cbg", TIME, CBG)
    with pytest.raises(ValueError, match="empty"):
        datum_hash(USER, DEVICE, "bolus", TIME, {})
