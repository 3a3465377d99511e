"""Metrics as they are shown. Structs in place of the dictionaries of other resources: a thousand are made at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from openward.care.observations import Observation

KIND = "patient_health_metric"
_EXACT = 1 << 53


class _Code(msgspec.Struct, gc=False):
    system: str
    value: str


class _Attributes(msgspec.Struct, gc=False, omit_defaults=True):
    type: str
    occurred_at: str
    created_at: str
    updated_at: str
    code: _Code | None = None
    value: Any = None
    systolic: float | None = None
    diastolic: float | None = None
    unit: str | None = None
    created_by: str | None = None
    updated_by: str | None = None


class _Pointer(msgspec.Struct, gc=False):
    type: str
    id: str


class _Related(msgspec.Struct, gc=False):
    related: str


class _Patient(msgspec.Struct, gc=False):
    data: _Pointer
    links: _Related


class _Relationships(msgspec.Struct, gc=False):
    patient: _Patient


class _Self(msgspec.Struct, gc=False):
    self: str


class Metric(msgspec.Struct, gc=False):
    """A resource object."""

    type: str
    id: str
    attributes: _Attributes
    relationships: _Relationships
    links: _Self


def shown(
    observations: Sequence[Observation], names: Mapping[UUID, str], authors: Mapping[UUID, str] | None = None
) -> list[Metric]:
    """Observations as resources; `names` are the ids of their patients, `authors` those of people who wrote them."""
    patients = {key: _Pointer("patient", name) for key, name in names.items()}
    return [_metric(one, patients[one.person], _author(one, authors)) for one in observations]


def _author(one: Observation, authors: Mapping[UUID, str] | None) -> str | None:
    return None if one.created_by is None or authors is None else authors.get(one.created_by)


def _metric(one: Observation, patient: _Pointer, author: str | None) -> Metric:
    own = f"/pub/{KIND}/{one.id}"
    related = _Relationships(_Patient(patient, _Related(f"{own}/patient")))
    return Metric(KIND, one.id, _attributes(one, author), related, _Self(own))


def _attributes(one: Observation, author: str | None) -> _Attributes:
    """What was sent, with a missing unit and a code that follows from the type put in."""
    what, written = one.measured, _moment(one.created_at)
    return _Attributes(
        what.type,
        _moment(what.occurred_at),
        written,
        written,
        None if what.code is None or what.code_system is None else _code(what.code_system, what.code),
        what.other if what.value is None else _number(what.value),
        None if what.systolic is None else _number(what.systolic),
        None if what.diastolic is None else _number(what.diastolic),
        what.unit,
        author,
        author,
    )


def _number(value: float) -> float:
    """A whole number without a fraction of nothing."""
    return int(value) if -_EXACT < value < _EXACT and value.is_integer() else value


@lru_cache(maxsize=512)
def _code(system: str, value: str) -> _Code:
    return _Code(system, value)


@lru_cache(maxsize=4096)
def _moment(at: datetime) -> str:
    """With milliseconds, with microseconds where there are any."""
    return at.isoformat(timespec="microseconds" if at.microsecond % 1000 else "milliseconds")[:-6] + "Z"
