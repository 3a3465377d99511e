"""What the room speaks of: data sets, data as rows, what happened to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from openward.care.work import PersonKey

# A kind's number is stored in every row: append only, never change one.
KIND_NUMBERS = {
    "cbg": 1,
    "smbg": 2,
    "bloodKetone": 3,
    "basal": 4,
    "bolus": 5,
    "wizard": 6,
    "food": 7,
    "insulin": 8,
    "deviceEvent": 9,
    "physicalActivity": 10,
    "reportedState": 11,
    "water": 12,
    "cgmSettings": 13,
    "pumpSettings": 14,
    "controllerSettings": 15,
    "pumpStatus": 16,
    "controllerStatus": 17,
    "alert": 18,
    "dosingDecision": 19,
}
KIND_NAMES = {number: name for name, number in KIND_NUMBERS.items()}
VALUED = frozenset({"cbg", "smbg", "bloodKetone"})
"""Kinds whose `value` has a column of its own."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set (an upload). `body` holds what its maker said, as plain JSON values; times there are text."""

    key: int
    subject: int
    person: PersonKey
    name: str
    id: str
    type: str
    is_open: bool
    is_active: bool
    deduplicator: str
    time: datetime
    device_id: str | None
    manufacturers: tuple[str, ...]
    model: str | None
    has_pump_loop: bool
    hidden: int
    next_ordinal: int
    shapes: int
    created_at: datetime
    created_by: str | None
    modified_at: datetime
    deleted_at: datetime | None
    body: Mapping[str, Any]

    @property
    def is_continuous(self) -> bool:
        """Whether its data count as soon as they arrive."""
        return self.type == "continuous"


@dataclass(frozen=True, slots=True)
class DataChanged:
    """Glucose of a person changed: `kinds` of (cbg, smbg) within [earliest, latest].

    `reason`: DATA_ADDED, UPLOAD_COMPLETED or DATA_REMOVED.
    """

    person: PersonKey
    kinds: tuple[str, ...]
    earliest: datetime
    latest: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ManyDataChanged:
    """The same for many people at once: (person, earliest, latest) of each."""

    kinds: tuple[str, ...]
    changed: tuple[tuple[PersonKey, datetime, datetime], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What many data of one set share: `fields` under the wire's names.

    `device_delta_ms` added to a datum's time gives its device time (cut to seconds); None: it has none, or its own.
    """

    kind: str
    fields: Mapping[str, Any]
    device_delta_ms: int | None = None

    @property
    def device(self) -> str | None:
        """The `deviceId`."""
        return self.fields.get("deviceId")

    @property
    def variant(self) -> str | None:
        """The `subType` or `deliveryType`."""
        return self.fields.get("subType") or self.fields.get("deliveryType")


@dataclass(slots=True)
class Row:
    """One datum on its way in: what goes into its columns, and what is looked at before.

    `shape` is the packed shape; `place` the position in what was sent.
    """

    time: datetime
    value: float | None
    kind: int
    shape: bytes
    detail: bytes | None
    place: int
    given_id: str | None = None
    origin_id: str | None = None
    origin_time: str | None = None
    is_pump_loop: bool = False


@dataclass(slots=True)
class Batch:
    """Rows to be kept and the shapes they refer to; `fields_of(place)` gives all fields of what was sent there."""

    rows: list[Row]
    shapes: dict[bytes, Shape]
    fields_of: Callable[[int], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class CloudSpan:
    """What a cloud source covers: its data sets (upload ids) and the times of its first and last datum."""

    data_sets: tuple[str, ...]
    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which data are wanted; None or empty means any. Both ends of the time span are inside.

    `is_carelink`, `is_medtronic`: None lets the data sets decide. `reasons` are those of dosing decisions.
    """

    start: datetime | None = None
    end: datetime | None = None
    types: tuple[str, ...] = ()
    sub_types: tuple[str, ...] = ()
    device_id: str | None = None
    upload_id: str | None = None
    is_latest: bool = False
    is_carelink: bool | None = None
    is_medtronic: bool | None = None
    least_interval_ms: int | None = None
    reasons: tuple[str, ...] = ()
    clouds: Sequence[CloudSpan] = field(default_factory=tuple)
