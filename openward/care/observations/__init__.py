"""Coded single measurements of patients: labs, vitals and what people measure at home."""

from openward.care.observations.catalogue import BLOOD_PRESSURE, GLUCOSE, TYPES, ObservationType, by_code, is_loinc
from openward.care.observations.joining_store import join as join_people
from openward.care.observations.model import (
    GlucoseMeasured,
    GlucoseWithdrawn,
    Measured,
    Observation,
    ObservationsRecorded,
    Selection,
)
from openward.care.observations.record import (
    at,
    count,
    get,
    get_many,
    glucose_at,
    latest,
    latest_of_many,
    move,
    note_reads,
    page,
    record,
    series,
    withdraw,
)
from openward.care.observations.rules import Said, as_number, check

__all__ = [
    "BLOOD_PRESSURE",
    "GLUCOSE",
    "TYPES",
    "GlucoseMeasured",
    "GlucoseWithdrawn",
    "Measured",
    "Observation",
    "ObservationType",
    "ObservationsRecorded",
    "Said",
    "Selection",
    "as_number",
    "at",
    "by_code",
    "check",
    "count",
    "get",
    "get_many",
    "glucose_at",
    "is_loinc",
    "join_people",
    "latest",
    "latest_of_many",
    "move",
    "note_reads",
    "page",
    "record",
    "series",
    "withdraw",
]
