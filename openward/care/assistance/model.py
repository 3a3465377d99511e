"""Places, devices and requests; values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey

ONLINE_FOR = timedelta(minutes=2)
"""How long a device counts as online after it has reported."""


class Status(StrEnum):
    """Where a request stands; the first two are open."""

    INCOMPLETE = "incomplete"
    IN_PROGRESS = "in progress"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BySerialNumber:
    """The device with this serial number."""

    serial_number: str


@dataclass(frozen=True, slots=True)
class ByPatient:
    """The device at the bed of the patient with this MRN."""

    mrn: str


@dataclass(frozen=True, slots=True)
class ByBuilding:
    """The device in this room; "" as `bed` is any, those without a bed first."""

    building: str
    floor: str
    room: str
    bed: str = ""


@dataclass(frozen=True, slots=True)
class ByDepartment:
    """The same by department."""

    department: str
    room: str
    bed: str = ""


Way = BySerialNumber | ByPatient | ByBuilding | ByDepartment
"""How a device is named; all texts are compared without case and outer blanks."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place of an organization; `room` is the waiting room that its visits go to."""

    key: UUID
    name: str
    geolocation_id: UUID | None = None
    room: UUID | None = None


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """What an organization says of a device; "" is not said. `patient_mrn` names who lies in the bed."""

    serial_number: str
    care_location: str
    location: UUID | None = None
    building: str = ""
    floor: str = ""
    department: str = ""
    room: str = ""
    bed: str = ""
    patient_mrn: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A device at a care location. `is_active` False: out of service, nobody finds it."""

    key: UUID
    organization: OrganizationKey
    number: int
    settings: DeviceSettings
    is_active: bool
    seen_at: datetime | None

    def is_online(self, now: datetime) -> bool:
        """Whether it has reported lately."""
        return self.seen_at is not None and now - self.seen_at <= ONLINE_FOR


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody at a device asks for assistance; `person` lies in the bed, None is nobody whom the practice knows."""

    key: UUID
    organization: OrganizationKey
    device: Device
    person: PersonKey | None
    status: Status
    assigned_to: PersonKey | None
    is_external: bool
    created_at: datetime
    finished_at: datetime | None
