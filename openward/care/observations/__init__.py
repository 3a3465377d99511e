"""Coded single measurements of patients: labs, vitals and what people measure at home."""

from openward.care.observations.catalogue import BLOOD_PRESSURE, GLUCOSE, TYPES, ObservationType, by_code, is_loinc
from openward.care.observations.model import GlucoseMeasured, Measured, Observation, ObservationsRecorded, Selection
from openward.care.observations.record import count, get, get_many, latest, move, note_reads, page, record
from openward.care.observations.rules import Said, check

__all__ = [
    "BLOOD_PRESSURE",
    "GLUCOSE",
    "TYPES",
    "GlucoseMeasured",
    "Measured",
    "Observation",
    "ObservationType",
    "ObservationsRecorded",
    "Said",
    "Selection",
    "by_code",
    "check",
    "count",
    "get",
    "get_many",
    "is_loinc",
    "latest",
    "move",
    "note_reads",
    "page",
    "record",
]
