"""Read the CSV export of Dexcom Clarity: rows of readings, insulin and carbohydrates in local time."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

_TIME = "Timestamp (YYYY-MM-DDThh:mm:ss)"
_GLUCOSE = ("Glucose Value (mg/dL)", "mg/dL", 1.0), ("Glucose Value (mmol/L)", "mmol/L", 0.1)
_DEVICE = "Source Device ID"
# Clarity writes a word in place of a number beyond these.
_LIMITS = {"mg/dL": (40.0, 400.0), "mmol/L": (2.2, 22.2)}


class NotClarity(Exception):
    """The file is not such an export, or a row of it is broken; the text names the line."""


@dataclass(frozen=True, slots=True)
class Export:
    """Data as the public API takes them, the device's name, and how many rows held nothing that we keep."""

    data: list[dict[str, Any]]
    device: str
    skipped: int


def read(raw: bytes, zone: ZoneInfo) -> Export:
    """Everything in the file that we keep; NotClarity for the first thing that cannot be read."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotClarity("the file is not UTF-8 text") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    columns = rows.fieldnames or []
    glucose = next((item for item in _GLUCOSE if item[0] in columns), None)
    if _TIME not in columns or "Event Type" not in columns or glucose is None:
        raise NotClarity("the first line is not that of a Clarity export (Timestamp, Event Type, Glucose Value ...)")
    device = "Clarity"
    data: list[dict[str, Any]] = []
    skipped = 0
    for line, row in enumerate(_rows(rows), start=2):
        device = (row.get(_DEVICE) or "").strip() or device
        try:
            datum = _datum(row, glucose)
            if datum is None:
                skipped += 1
            else:
                data.append(_when(row[_TIME], zone) | datum)
        except ValueError as error:
            raise NotClarity(f"line {line}: {error}") from None
    for datum in data:
        datum["deviceId"] = f"Clarity-{device}"
    return Export(data, device, skipped)


def _rows(rows: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise NotClarity(f"line {rows.line_num}: {error}") from None


def _when(text: str | None, zone: ZoneInfo) -> dict[str, Any]:
    try:
        wall = datetime.fromisoformat((text or "").strip())
    except ValueError:
        raise ValueError("the time is not of the form 2026-10-24T11:24:17") from None
    if wall.tzinfo is not None:
        raise ValueError("the time has a zone, which local times must not have")
    local = wall.replace(tzinfo=zone)
    offset = local.utcoffset()
    return {
        "time": local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "deviceTime": wall.strftime("%Y-%m-%dT%H:%M:%S"),
        "timezone": zone.key,
        "timezoneOffset": int(offset.total_seconds() // 60) if offset else 0,
    }


def _datum(row: dict[str, str], glucose: tuple[str, str, float]) -> dict[str, Any] | None:
    kind, subtype = row.get("Event Type") or "", row.get("Event Subtype") or ""
    column, units, _ = glucose
    if kind == "EGV":
        return {"type": "cbg"} | _glucose(row.get(column), glucose)
    if kind == "Calibration" and row.get(column):
        return {"type": "deviceEvent", "subType": "calibration", "units": units, "value": _number(row[column], column)}
    if kind == "Insulin" and row.get("Insulin Value (u)"):
        acting = "long" if "long" in subtype.lower() else "rapid"
        dose = {"units": "Units", "total": _number(row["Insulin Value (u)"], "insulin")}
        return {"type": "insulin", "dose": dose, "formulation": {"simple": {"actingType": acting}}}
    if kind == "Carbs" and row.get("Carb Value (grams)"):
        net = _number(row["Carb Value (grams)"], "carbohydrates")
        return {"type": "food", "nutrition": {"carbohydrate": {"units": "grams", "net": net}}}
    return None


def _glucose(text: str | None, column: tuple[str, str, float]) -> dict[str, Any]:
    """One value; `Low` and `High` become one display unit beyond the sensor's limit, with the note that says so."""
    _, units, step = column
    low, high = _LIMITS[units]
    word = (text or "").strip().lower()
    if word in ("low", "high"):
        value = low - step if word == "low" else high + step
        note = {"code": "bg/out-of-range", "value": word, "threshold": 40 if word == "low" else 400}
        return {"units": units, "value": round(value, 1), "annotations": [note]}
    return {"units": units, "value": _number(text, "glucose")}


def _number(text: str | None, what: str) -> float:
    try:
        return float((text or "").strip())
    except ValueError:
        raise ValueError(f"the {what} value is not a number") from None
