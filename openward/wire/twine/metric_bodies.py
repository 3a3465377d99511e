"""Metrics as they are sent, one or many: the short way for what is plainly right, else every fault with its pointer."""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from openward.care import observations
from openward.care.errors import Fault
from openward.care.observations import Measured, Said
from openward.gateway.call import Call, parse_json
from openward.gateway.shape import as_moment
from openward.wire.twine.errors import body_fault
from openward.wire.twine.media import require_document
from openward.wire.twine.schema import check_shape, components
from openward.wire.twine.together import is_told

_MOST = 1000
_LONGEST = 255
_PLAIN_VALUES = (int, float, str, bool, type(None))
_ID = re.compile(r"[0-9a-f]{24}")
_PATIENT = "/relationships/patient/data"


class Identifier(msgspec.Struct, gc=False):
    """A name that another system gives to a patient."""

    system: str
    value: str


class PatientQuery(msgspec.Struct, gc=False):
    """Which patient is meant, in place of an id."""

    identifier: Identifier
    organization: str | UnsetType = UNSET
    groups: list[str] | UnsetType = UNSET


class _Meta(msgspec.Struct, gc=False):
    query: PatientQuery


class _Pointer(msgspec.Struct, gc=False):
    type: Literal["patient"]
    id: str | UnsetType = UNSET
    meta: _Meta | UnsetType = UNSET


class _Patient(msgspec.Struct, gc=False):
    data: _Pointer


class _Relationships(msgspec.Struct, gc=False):
    patient: _Patient


class _Code(msgspec.Struct, gc=False):
    system: str
    value: str


class _Attributes(msgspec.Struct, gc=False):
    occurred_at: str
    type: str | UnsetType = UNSET
    code: _Code | UnsetType = UNSET
    value: Any = None
    systolic: int | float | UnsetType = UNSET
    diastolic: int | float | UnsetType = UNSET
    unit: str | UnsetType = UNSET


class _Item(msgspec.Struct, gc=False):
    type: Literal["patient_health_metric"]
    attributes: _Attributes
    relationships: _Relationships


class _Flags(msgspec.Struct, gc=False):
    ignore_duplicates: bool = False


class _Document(msgspec.Struct, gc=False):
    data: _Item | list[_Item]
    meta: _Flags | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be kept: each measurement with whose it is, by id or by a query.

    faults: what is wrong with some of it; then measurements are missing, and patients who cannot be read are None.
    """

    measured: Sequence[Measured]
    patients: Sequence[str | PatientQuery | None]
    is_list: bool
    ignores_duplicates: bool
    faults: Sequence[Fault] = ()

    def pointer(self, place: int) -> str:
        """Where the item at this place stood."""
        return f"/data/{place}" if self.is_list else "/data"

    def patient_fault(self, place: int, detail: str) -> Fault:
        """A fault of the patient of an item, at the id or the query."""
        member = "id" if isinstance(self.patients[place], str) else "meta/query"
        return body_fault(f"{self.pointer(place)}{_PATIENT}/{member}", detail)


_decode = msgspec.json.Decoder(_Document).decode


async def read(call: Call, now: datetime) -> Asked:
    """What the body asks for, and what is wrong with it by itself; `NotAllowed` for another media type."""
    require_document(call)
    body = await call.body()
    return _short_way(body, now) or _long_way(parse_json(body), now)


def _short_way(body: bytes, now: datetime) -> Asked | None:
    """The common case at once; None where anything is unusual. It never accepts what the long way refuses."""
    if b"\\u" in body:
        return None
    try:
        document = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    is_list = isinstance(document.data, list)
    items = document.data if isinstance(document.data, list) else [document.data]
    if not 1 <= len(items) <= _MOST:
        return None
    measured, patients = [], []
    for item in items:
        made = _measured(item.attributes, now)
        patient = _patient(item.relationships.patient.data)
        if made is None or patient is None:
            return None
        measured.append(made)
        patients.append(patient)
    return Asked(measured, patients, is_list, document.meta is not UNSET and document.meta.ignore_duplicates)


def _measured(sent: _Attributes, now: datetime) -> Measured | None:
    if type(sent.value) not in _PLAIN_VALUES or (type(sent.value) is str and len(sent.value) > _LONGEST):
        return None
    said = Said(value=sent.value, occurred_at=as_moment(sent.occurred_at))
    if sent.type is not UNSET:
        said.type = sent.type
    code, unit = sent.code, sent.unit
    if code is not UNSET:
        if not _is_plain(code.system) or not _is_plain(code.value):
            return None
        said.code_system, said.code = code.system, code.value
    if unit is not UNSET:
        if not _is_plain(unit):
            return None
        said.unit = unit
    if sent.systolic is not UNSET:
        said.systolic = sent.systolic
    if sent.diastolic is not UNSET:
        said.diastolic = sent.diastolic
    made = observations.check(said, now)
    return None if isinstance(made, list) else made


def _patient(sent: _Pointer) -> str | PatientQuery | None:
    if sent.id is not UNSET:
        return sent.id if sent.meta is UNSET and _ID.fullmatch(sent.id) else None
    if sent.meta is UNSET:
        return None
    query = sent.meta.query
    ids = [] if query.organization is UNSET else [query.organization]
    ids += [] if query.groups is UNSET else query.groups
    are_plain = _is_plain(query.identifier.system) and _is_plain(query.identifier.value)
    return query if are_plain and len(ids) < _MOST and all(map(_ID.fullmatch, ids)) else None


def _is_plain(text: str) -> bool:
    return len(text) <= _LONGEST and bool(text.strip())


@functools.cache
def _schemas() -> Mapping[str, Any]:
    """The published schemas; but a code may say the type, and what is in our columns is not endless."""
    known = dict(components())
    item = dict(known["MetricCreateData"])
    attributes = item["properties"]["attributes"] | {"required": ["occurred_at"]}
    known["MetricCreateData"] = item | {"properties": item["properties"] | {"attributes": attributes}}
    said = dict(known["MetricAttributes"])
    unit = said["properties"]["unit"] | {"maxLength": _LONGEST}
    known["MetricAttributes"] = said | {"properties": said["properties"] | {"unit": unit}}
    code = dict(known["Code"])
    sized = {name: part | {"maxLength": _LONGEST} for name, part in code["properties"].items()}
    known["Code"] = code | {"properties": sized}
    return known


def _long_way(value: Any, now: datetime) -> Asked:
    """By the published schema, and by the rules of measurements wherever the shape lets them be read."""
    kept, faults = check_shape(value, "MetricCreate", _schemas())
    document = kept if isinstance(kept, dict) else {}
    data = document.get("data")
    is_list = isinstance(data, list)
    broken = {fault.pointer for fault in faults}
    measured: list[Measured] = []
    patients: list[str | PatientQuery | None] = []
    for place, item in enumerate(data if isinstance(data, list) else [data]):
        root = f"/data/{place}" if is_list else "/data"
        if not isinstance(item, dict):
            patients.append(None)
            continue
        made = _judged(item, now)
        if isinstance(made, Measured):
            measured.append(made)
        else:
            found = [body_fault(f"{root}/attributes/{fault.pointer}", fault.detail) for fault in made]
            faults += [fault for fault in found if not is_told(fault.pointer, broken)]
        patients.append(None if is_told(root + _PATIENT, broken) else _named(item))
        if patients[-1] is None and not is_told(root + _PATIENT, broken):
            faults.append(body_fault(root + _PATIENT, "This needs an id or meta.query"))
    flags = document.get("meta") or {}
    return Asked(measured, patients, is_list, bool(flags.get("ignore_duplicates")), tuple(faults))


def _judged(item: Mapping[str, Any], now: datetime) -> Measured | list[Fault]:
    sent = item.get("attributes") or {}
    code = sent.get("code") or {}
    at = sent.get("occurred_at")
    said = Said(
        sent.get("type"),
        code.get("system"),
        code.get("value"),
        sent.get("value"),
        sent.get("systolic"),
        sent.get("diastolic"),
        sent.get("unit"),
        as_moment(at) if isinstance(at, str) else None,
    )
    return observations.check(said, now)


def _named(item: Mapping[str, Any]) -> str | PatientQuery | None:
    """The patient of an item by id, which wins, or by a query."""
    relationship = (item.get("relationships") or {}).get("patient") or {}
    pointer = relationship.get("data") or {}
    if pointer.get("id"):
        return str(pointer["id"])
    query = (pointer.get("meta") or {}).get("query")
    try:
        named = {name: part for name, part in (query or {}).items() if part is not None}
        return msgspec.convert(named, PatientQuery) if query else None
    except msgspec.ValidationError:
        return None
