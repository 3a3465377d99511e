"""Clarity's CSV export is read whole or refused with the line."""

import gzip
from zoneinfo import ZoneInfo

import pytest

from openward.cli.demo.recordings import SAMPLES
from openward.cli.transfer.clarity import NotClarity, read

HEADING = (
    "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,Source Device ID,"
    "Glucose Value (mg/dL),Insulin Value (u),Carb Value (grams),Duration (hh:mm:ss),"
    "Glucose Rate of Change (mg/dL/min)\n"
)
ZONE = ZoneInfo("America/New_York")


def test_the_sample_is_read_whole() -> None:
    export = read(gzip.decompress((SAMPLES / "clarity_export.csv.gz").read_bytes()), ZONE)
    assert len(export.data) == 2148
    assert export.skipped == 11
    assert export.device == "iPhone G6"
    assert export.data[0] == {
        "type": "cbg",
        "time": "2016-10-24T15:24:17Z",
        "deviceTime": "2016-10-24T11:24:17",
        "timezone": "America/New_York",
        "timezoneOffset": -240,
        "deviceId": "Clarity-iPhone G6",
        "units": "mg/dL",
        "value": 103.0,
    }


@pytest.mark.parametrize(("word", "value", "threshold"), [("Low", 39, 40), ("High", 401, 400)])
def test_words_in_place_of_numbers(word: str, value: int, threshold: int) -> None:
    datum = read(f"{HEADING}1,2026-01-02T03:04:05,EGV,,,,X,{word},,,,\n".encode(), ZONE).data[0]
    assert datum["value"] == value
    assert datum["annotations"] == [{"code": "bg/out-of-range", "value": word.lower(), "threshold": threshold}]


def test_insulin_and_carbohydrates() -> None:
    rows = "1,2026-01-02T03:04:05,Insulin,Long-Acting,,,X,,12.5,,,\n2,2026-01-02T03:05:05,Carbs,,,,X,,,40,,\n"
    insulin, carbs = read((HEADING + rows).encode(), ZONE).data
    assert insulin["dose"] == {"units": "Units", "total": 12.5}
    assert insulin["formulation"] == {"simple": {"actingType": "long"}}
    assert carbs["nutrition"] == {"carbohydrate": {"units": "grams", "net": 40.0}}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not that of a Clarity export"),
        (b"a,b\n1,2\n", "not that of a Clarity export"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (f"{HEADING}1,yesterday,EGV,,,,X,100,,,,\n".encode(), "line 2: the time"),
        (f"{HEADING}1,2026-01-02T03:04:05Z,EGV,,,,X,100,,,,\n".encode(), "line 2: the time has a zone"),
        (f"{HEADING}1,2026-01-02T03:04:05,EGV,,,,X,lots,,,,\n".encode(), "line 2: the glucose value"),
        (f"{HEADING}1,2026-01-02T03:04:05,EGV\n".encode(), "line 2: the glucose value"),
    ],
)
def test_what_is_no_export_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(NotClarity, match=reason):
        read(raw, ZONE)
