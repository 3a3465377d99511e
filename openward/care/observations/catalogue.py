"""The types of measurements: their LOINC codes, their units, and what turns each unit into the first of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

GLUCOSE = "blood_glucose"
BLOOD_PRESSURE = "blood_pressure"

_CHOLESTEROL = 38.67
_LB_PER_KG = 2.20462262
_LOINC = frozenset({"loinc", "http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"})


@dataclass(frozen=True, slots=True)
class ObservationType:
    """One type. `scales`: unit in lower case -> (factor, offset) into `unit`, the first one (None: it has none).

    is_numeric: its value is a number; the others may also be text, a truth value or an object.
    """

    name: str
    codes: tuple[str, ...]
    unit: str | None
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    is_numeric: bool = True

    def canonical(self, value: float, unit: str | None) -> float:
        """A value in one of the type's units, in the first of them."""
        factor, offset = self.scales[unit.lower()] if unit is not None else (1.0, 0.0)
        return value * factor + offset


def _type(
    name: str,
    codes: str,
    unit: str | None = None,
    others: Mapping[str, float | tuple[float, float]] | None = None,
    *,
    is_numeric: bool = True,
) -> ObservationType:
    scales = {} if unit is None else {unit.lower(): (1.0, 0.0)}
    for other, scale in (others or {}).items():
        scales[other.lower()] = scale if isinstance(scale, tuple) else (scale, 0.0)
    return ObservationType(name, tuple(codes.split()), unit, scales, is_numeric)


# Factors between mass and amount follow from the molar masses.
_TYPES: Sequence[ObservationType] = (
    _type("blood_pressure_systolic", "8480-6", "mmHg"),
    _type("blood_pressure_diastolic", "8462-4", "mmHg"),
    _type(BLOOD_PRESSURE, "85354-9 55284-4", "mmHg"),
    _type("hemoglobin_a1c", "4548-4 17856-6", "%", {"mmol/mol": (0.09148, 2.152)}),
    _type("hdl_cholesterol", "2085-9", "mg/dl", {"mmol/l": _CHOLESTEROL}),
    _type("ldl_cholesterol", "13457-7 2089-1 18262-6", "mg/dl", {"mmol/l": _CHOLESTEROL}),
    _type("total_cholesterol", "2093-3", "mg/dl", {"mmol/l": _CHOLESTEROL}),
    _type("triglycerides", "2571-8", "mg/dl", {"mmol/l": 88.57}),
    _type("blood_urea_nitrogen", "3094-0", "mg/dl", {"mmol/l": 2.8013}),
    _type("creatinine", "2160-0", "mg/dl", {"umol/l": 0.011312}),
    _type("hemoglobin", "718-7", "g/dl", {"g/l": 0.1}),
    _type("hematocrit", "4544-3 20570-8", "%"),
    _type("total_serum_iron", "2498-4", "ug/dl", {"umol/l": 5.5845}),
    _type("thyroid_stimulating_hormone", "3016-3", "uIU/ml", {"mIU/l": 1.0}),
    _type("free_thyroxine", "3024-7", "ng/dl", {"pmol/l": 0.077687}),
    _type("free_triiodothyronine", "3051-0", "pg/ml", {"pmol/l": 0.65097}),
    _type("total_triiodothyronine", "3053-6", "ng/dl", {"nmol/l": 65.097}),
    _type("cd4_cell_count", "24467-3", "cells/ul"),
    _type("hiv_viral_load", "20447-9", "copies/ml"),
    _type("inr", "6301-6"),
    _type("free_testosterone", "2991-8", "pg/ml", {"pmol/l": 0.28842}),
    _type("total_testosterone", "2986-8", "ng/dl", {"nmol/l": 28.842}),
    _type("c_reactive_protein", "1988-5", "mg/l", {"mg/dl": 10.0}),
    _type("prostate_specific_antigen", "2857-1", "ng/ml"),
    _type("cotinine", "10365-5", "ng/ml"),
    _type("c_peptide", "1986-9", "ng/ml", {"nmol/l": 3.0203}),
    _type(GLUCOSE, "2339-0 2345-7 41653-7", "mg/dl", {"mmol/l": 18.01559}),
    _type("weight", "29463-7", "lb", {"kg": _LB_PER_KG}),
    _type("heart_rate", "8867-4", "bpm"),
    _type("body_fat_percentage", "41982-0", "%"),
    _type("body_mass_index", "39156-5", "kg/m2"),
    _type("body_temperature", "8310-5", "degF", {"degC": (9 / 5, 32.0)}),
    _type("forced_expiratory_volume1", "20150-9", "l", {"ml": 0.001}),
    _type("forced_vital_capacity", "19870-5 19868-9", "l", {"ml": 0.001}),
    _type("lean_body_mass", "91557-9", "lb", {"kg": _LB_PER_KG}),
    _type("oxygen_saturation", "59408-5 2708-6", "%"),
    _type("pain_level", "72514-3"),
    _type("nausea_level", "", is_numeric=False),
    _type("peak_expiratory_flow_rate", "19935-6", "l/min"),
    _type("peripheral_perfusion_index", "61006-3", "%"),
    _type("respiratory_rate", "9279-1", "breaths/min"),
    _type("inhaler_usage", "", None, {"count": 1.0}, is_numeric=False),
)
TYPES: Mapping[str, ObservationType] = {one.name: one for one in _TYPES}
_BY_CODE = {code: one for one in _TYPES for code in one.codes}


def is_loinc(system: str) -> bool:
    """Whether this names the system LOINC, by its name or one of its addresses, in any case."""
    return system == "LOINC" or system.strip().lower() in _LOINC


def by_code(system: str, code: str) -> ObservationType | None:
    """The type that a code means, if it means one."""
    return _BY_CODE.get(code.strip()) if is_loinc(system) else None
