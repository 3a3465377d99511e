"""What follows from an order: whom it means, whom to write to, which tags."""

from datetime import date
from typing import Any

import pytest

from openward.care.ehr import read_settings
from openward.care.ehr.order import Order, Person, address_of, mrn_of, person_of, tag_names
from openward.care.ehr.settings import EHRSettings
from openward.care.errors import Invalid

ORDER = Order(
    identifiers=(("EPI", "1"), ("mrn", "A1"), ("MRN", "A2")),
    first_name="Pat",
    last_name="Smith",
    birth_date="1990-02-03",
)
BORN = date(2013, 6, 15)


def settings(**tags: Any) -> EHRSettings:
    return read_settings(
        {
            "enabled": True,
            "sourceId": "s",
            "provider": "redox",
            "mrnIdType": "MRN",
            "procedureCodes": {},
            "scheduledReports": {"onUploadEnabled": False, "cadence": "14d"},
            "tags": tags,
            "flowsheets": {"icode": True},
        }
    )


def test_the_first_identifier_of_the_type_counts_in_any_case() -> None:
    assert mrn_of(ORDER, "Mrn") == "A1"
    assert mrn_of(ORDER, "MR") is None
    assert person_of(ORDER, "MRN") == Person("A1", date(1990, 2, 3), "Pat Smith")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "birth-date-missing"),
        ("", "birth-date-missing"),
        ("19900203", "birth-date-unreadable"),
        ("1990-2-3", "birth-date-unreadable"),
        ("1990-02-03T00:00:00Z", "birth-date-unreadable"),
        ("1990-02-29", "birth-date-unreadable"),
        ("0000-01-01", "birth-date-unreadable"),
        ("١٩٩٠-02-03", "birth-date-unreadable"),
    ],
)
def test_dates_of_birth_that_are_none(text: str | None, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        person_of(Order(first_name="A", last_name="B", birth_date=text), "MRN")
    assert caught.value.code == code
    assert not text or text not in caught.value.detail


@pytest.mark.parametrize(
    ("today", "address"),
    [(date(2026, 6, 14), "guarantor"), (date(2026, 6, 15), "own"), (date(2013, 6, 15), "guarantor")],
)
def test_below_thirteen_the_guarantor_is_written_to(today: date, address: str) -> None:
    order = Order(email="own", guarantor_email="guarantor")
    assert address_of(order, BORN, today) == address
    assert address_of(Order(email="own"), BORN, date(2020, 1, 1)) is None
    assert address_of(Order(guarantor_email="guarantor"), BORN, date(2030, 1, 1)) is None


def test_tags_are_split_trimmed_and_told_once() -> None:
    order = Order(information=(("T", "Pump , Type 1"), ("X", "no"), ("U", "Pump,,CGM")))
    assert tag_names(order, settings(codes=["T", "U"], separator=",")) == ["Pump", "Type 1", "CGM"]
    assert tag_names(order, settings(codes=["T"])) == ["Pump , Type 1"]
    assert tag_names(order, settings(codes=["Z"])) == []
    assert tag_names(order, settings(codes=[])) is None
    assert tag_names(order, settings(separator=",")) is None
