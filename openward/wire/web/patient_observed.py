"""The latest weight, blood pressure, lab results and other measurements of a patient, as pages list them."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from openward.care import observations
from openward.care.observations import BLOOD_PRESSURE, GLUCOSE, TYPES, Measured, Observation
from openward.care.work import OrganizationKey, PersonKey, Work

_NAMES = {
    "hemoglobin_a1c": "HbA1c",
    "hdl_cholesterol": "HDL cholesterol",
    "ldl_cholesterol": "LDL cholesterol",
    "thyroid_stimulating_hormone": "TSH",
    "cd4_cell_count": "CD4 cell count",
    "hiv_viral_load": "HIV viral load",
    "inr": "INR",
    "c_reactive_protein": "C-reactive protein",
    "c_peptide": "C-peptide",
    "forced_expiratory_volume1": "FEV1",
    "blood_pressure_systolic": "Systolic blood pressure",
    "blood_pressure_diastolic": "Diastolic blood pressure",
}
_SHOWN = [name for name in TYPES if name != GLUCOSE]
"""Glucose has the charts."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, its value with the unit as it was sent, and when, in the page's time zone."""

    name: str
    value: str
    unit: str
    at: datetime


async def rows(work: Work, person: PersonKey, organization: OrganizationKey | None, zone: tzinfo) -> list[Row]:
    """The latest of each kind, latest first: what one organization has noted, or all have (None)."""
    found = await observations.latest(work, person, organization, _SHOWN)
    return [row_of(one, zone) for one in found]


def row_of(one: Observation, zone: tzinfo | None) -> Row:
    """One measurement as a line."""
    what = one.measured
    return Row(name_of(what.type), _value(what), _unit(what), what.occurred_at.astimezone(zone))


def name_of(kind: str) -> str:
    """A type in words."""
    return _NAMES.get(kind) or kind.replace("_", " ").capitalize()


def _value(measured: Measured) -> str:
    if measured.type == BLOOD_PRESSURE:
        return f"{_number(measured.systolic)}/{_number(measured.diastolic)}"
    if measured.value is not None:
        return _number(measured.value)
    if isinstance(measured.other, bool):
        return "yes" if measured.other else "no"
    return measured.other[:80] if isinstance(measured.other, str) else "noted"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _unit(measured: Measured) -> str:
    """The unit as the catalogue spells it where it is the first one, for many write it in another case."""
    first = TYPES[measured.type].unit
    if measured.unit is None or (first is not None and measured.unit.lower() == first.lower()):
        return first or ""
    return measured.unit
