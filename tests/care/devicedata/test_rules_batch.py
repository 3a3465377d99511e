"""A whole batch: ranks and order of faults, their texts and discriminators, and data split off their parents."""

from itertools import count
from typing import Any

import pytest

from openward.care.devicedata.rules import check_batch
from openward.care.devicedata.rules.batch import KINDS
from openward.care.errors import Fault, Invalid

TIME = "2024-03-10T08:00:00Z"
SMBG: dict[str, Any] = {"type": "smbg", "time": TIME, "units": "mg/dL", "value": 100}


def faults_of(*items: Any) -> list[Fault]:
    with pytest.raises(Invalid) as raised:
        check_batch(items, mint_id=str)
    return raised.value.faults


def test_one_fault_in_full() -> None:
    [fault] = faults_of({**SMBG, "type": "cbg", "value": 1001})
    assert fault == Fault(
        "value-out-of-range",
        "/0/value",
        "value 1001 is not between 0 and 1000",
        {"type": "cbg"},
        "value is out of range",
    )


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"subType": "x"}, 'value "x" is not one of ["linked", "manual", "scanned"]'),
        ({"source": "x"}, 'value "x" is not equal to "carelink"'),
        ({"tags": ["x" * 101]}, "length 101 is not less than or equal to 100"),
        ({"timezoneOffset": "x"}, "type is not int, but string"),
        ({"timezoneOffset": 5.5}, "type is not int, but float64"),
        ({"value": -0.0000001}, "value -0.0000001 is not between 0 and 1000"),
        ({"payload": {"a": "x" * 4089}}, "size 4097 is not less than or equal to 4096"),
        ({"deviceId": []}, "type is not string, but array"),
        ({"deviceId": True}, "type is not string, but bool"),
        ({"location": {}}, 'values do not exist for any of ["gps", "name"]'),
        ({"subType": "\ud800"}, 'value "?" is not one of ["linked", "manual", "scanned"]'),
    ],
)
def test_details(change: dict[str, Any], detail: str) -> None:
    [fault] = faults_of({**SMBG, **change})
    assert fault.detail == detail
    assert fault.title


def test_parse_faults_come_first_and_alone() -> None:
    found = faults_of(
        {**SMBG, "value": 2000}, {**SMBG, "value": "100"}, {**SMBG, "time": "x", "units": 5}, {"type": "smbg"}
    )
    assert [(fault.code, fault.pointer) for fault in found] == [
        ("type-not-float64", "/1/value"),
        ("value-not-parsable", "/2/time"),
        ("type-not-string", "/2/units"),
    ]


def test_validation_faults_come_in_input_order() -> None:
    found = faults_of(
        {**SMBG, "value": 2000, "deviceId": ""}, SMBG, {"type": "bolus", "subType": "normal", "time": TIME}
    )
    assert [(fault.code, fault.pointer, dict(fault.meta)) for fault in found] == [
        ("value-empty", "/0/deviceId", {"type": "smbg"}),
        ("value-out-of-range", "/0/value", {"type": "smbg"}),
        ("value-not-exists", "/2/normal", {"type": "bolus", "subType": "normal"}),
    ]


@pytest.mark.parametrize(
    ("item", "code", "pointer", "meta"),
    [
        (None, "value-not-exists", "/0", {}),
        (5, "type-not-object", "/0", {}),
        ([], "type-not-object", "/0", {}),
        ({}, "value-not-exists", "/0/type", {}),
        ({"type": None}, "value-not-exists", "/0/type", {}),
        ({"type": 5}, "type-not-string", "/0/type", {}),
        ({"type": "upload"}, "value-not-allowed", "/0/type", {}),
        ({"type": "cgm"}, "value-not-allowed", "/0/type", {}),
        ({"type": "basal"}, "value-not-exists", "/0/deliveryType", {"type": "basal"}),
        ({"type": "basal", "deliveryType": "x"}, "value-not-allowed", "/0/deliveryType", {"type": "basal"}),
        ({"type": "bolus", "subType": "x"}, "value-not-allowed", "/0/subType", {"type": "bolus"}),
        ({"type": "deviceEvent", "subType": []}, "type-not-string", "/0/subType", {"type": "deviceEvent"}),
    ],
)
def test_discriminators(item: Any, code: str, pointer: str, meta: dict[str, str]) -> None:
    [fault] = faults_of(item)
    assert (fault.code, fault.pointer, dict(fault.meta)) == (code, pointer, meta)


def test_registry_is_complete() -> None:
    assert set(KINDS) == {
        "physicalActivity",
        "alert",
        "basal",
        "cbg",
        "smbg",
        "bloodKetone",
        "bolus",
        "wizard",
        "deviceEvent",
        "dosingDecision",
        "food",
        "insulin",
        "cgmSettings",
        "controllerSettings",
        "pumpSettings",
        "reportedState",
        "controllerStatus",
        "pumpStatus",
        "water",
    }
    assert check_batch([], mint_id=str) == []


def test_embedded_data_are_split_off_to_the_end() -> None:
    numbers = count(1)
    bolus = {"type": "bolus", "subType": "automated", "time": TIME, "normal": 2}
    own = {**bolus, "id": "a" * 32}
    status = {"type": "deviceEvent", "subType": "status", "time": TIME, "status": "suspended", "reason": {"a": 1}}
    result = check_batch(
        [
            {"type": "wizard", "time": TIME, "units": "mg/dL", "bolus": bolus},
            {"type": "deviceEvent", "subType": "alarm", "time": TIME, "alarmType": "other", "status": status},
            {"type": "wizard", "time": TIME, "units": "mg/dL", "bolus": own},
            SMBG,
        ],
        mint_id=lambda: f"{next(numbers):032x}",
    )
    assert [checked.kind for checked in result] == [
        "wizard", "deviceEvent", "wizard", "smbg", "bolus", "deviceEvent", "bolus",
    ]  # fmt: skip
    assert result[0].fields["bolus"] == result[4].fields["id"] == f"{1:032x}"
    assert result[1].fields["status"] == result[5].fields["id"] == f"{2:032x}"
    assert result[2].fields["bolus"] == result[6].fields["id"] == "a" * 32
    assert result[4].fields == {"id": f"{1:032x}", "subType": "automated", "normal": 2}
    assert result[5].fields["status"] == "suspended"


def test_faults_of_embedded_data_have_full_pointers() -> None:
    wizard = {"type": "wizard", "time": TIME, "units": "mg/dL"}
    cases: list[tuple[Any, str, str]] = [
        (5, "type-not-object", "/0/bolus"),
        ({}, "value-not-exists", "/0/bolus/type"),
        ({"type": "smbg"}, "value-not-allowed", "/0/bolus/type"),
        ({"type": "bolus"}, "value-not-exists", "/0/bolus/subType"),
        ({"type": "bolus", "subType": "normal", "normal": 1}, "value-not-exists", "/0/bolus/time"),
        ({"type": "bolus", "subType": "normal", "normal": 101, "time": TIME}, "value-out-of-range", "/0/bolus/normal"),
    ]
    for bolus, code, pointer in cases:
        [fault] = faults_of({**wizard, "bolus": bolus})
        assert (fault.code, fault.pointer, dict(fault.meta)) == (code, pointer, {"type": "wizard"})


def test_the_input_is_not_changed() -> None:
    sent = {**SMBG, "tags": ["b", "a"], "value": 100}
    check_batch([sent], mint_id=str)
    assert sent == {**SMBG, "tags": ["b", "a"], "value": 100}
