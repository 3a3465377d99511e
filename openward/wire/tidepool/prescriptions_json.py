"""Prescriptions as they are written and read: the attributes of a revision, typed (prescription.v1)."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from openward.care import accounts
from openward.care.errors import Invalid
from openward.care.prescriptions import Draft, Prescription, State
from openward.wire.tidepool.clinics.bodies import instant, present

_DAY_MS = 86_400_000

Short = Annotated[str, msgspec.Meta(max_length=256)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
Units = Literal["mg/dL", "mg/dl", "mmol/L", "mmol/l"]
Glucose = Annotated[float, msgspec.Meta(ge=0, le=1000)]
Start = Annotated[int, msgspec.Meta(ge=0, lt=_DAY_MS)]
Few = msgspec.Meta(max_length=48)


class Weight(msgspec.Struct, omit_defaults=True):
    """Body weight."""

    value: Positive
    units: Short


class Phone(msgspec.Struct, omit_defaults=True):
    """One number."""

    countryCode: Short
    number: Short


class BasalRate(msgspec.Struct):
    """Units an hour from a moment of the day on, in ms since midnight."""

    rate: Annotated[float, msgspec.Meta(ge=0, le=20)]
    start: Start


class Target(msgspec.Struct, omit_defaults=True):
    """A glucose target, said in one of several ways."""

    low: Glucose | None = None
    high: Glucose | None = None
    target: Glucose | None = None
    range: Glucose | None = None


class TargetStart(Target, kw_only=True):
    """A glucose target from a moment of the day on."""

    start: Start


class RatioStart(msgspec.Struct):
    """Grams of carbohydrate for a unit."""

    amount: Annotated[float, msgspec.Meta(ge=0, le=250)]
    start: Start


class SensitivityStart(msgspec.Struct):
    """How much a unit lowers glucose."""

    amount: Glucose
    start: Start


class BasalMaximum(msgspec.Struct):
    """The highest basal rate."""

    units: Literal["Units/hour"]
    value: Annotated[float, msgspec.Meta(ge=0, le=100)]


class BolusMaximum(msgspec.Struct):
    """The largest bolus."""

    units: Literal["Units"]
    value: Annotated[float, msgspec.Meta(ge=0, le=100)]


class Threshold(msgspec.Struct):
    """Below this delivery stops."""

    units: Units
    value: Glucose


class PumpSettings(msgspec.Struct, omit_defaults=True):
    """What the pump starts with."""

    bloodGlucoseUnits: Units
    basalRateSchedule: Annotated[list[BasalRate], Few]
    bloodGlucoseTargetSchedule: Annotated[list[TargetStart], Few]
    carbohydrateRatioSchedule: Annotated[list[RatioStart], Few]
    insulinSensitivitySchedule: Annotated[list[SensitivityStart], Few]
    basalRateMaximum: BasalMaximum
    bolusAmountMaximum: BolusMaximum
    bloodGlucoseSuspendThreshold: Threshold
    insulinModel: Literal["rapidChild", "rapidAdult"]
    pumpId: UUID
    cgmId: UUID
    bloodGlucoseTargetPhysicalActivity: Target | None = None
    bloodGlucoseTargetPreprandial: Target | None = None


class Calculator(msgspec.Struct, omit_defaults=True):
    """How the settings were worked out."""

    method: Literal["weight", "totalDailyDose", "totalDailyDoseAndWeight"]
    recommendedBasalRate: Positive
    recommendedInsulinSensitivity: Positive
    recommendedCarbohydrateRatio: Positive
    weight: Positive | None = None
    weightUnits: Literal["kg", "lbs"] | None = None
    totalDailyDose: Positive | None = None
    totalDailyDoseScaleFactor: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class Attributes(msgspec.Struct, omit_defaults=True):
    """One revision. The hash is the client's own, over what it sent; the file says 64 digits, clients send 128."""

    state: State
    revisionHash: Annotated[str, msgspec.Meta(pattern=r"^([A-Fa-f0-9]{64}|[A-Fa-f0-9]{128})$")]
    firstName: Short | None = None
    lastName: Short | None = None
    birthday: Short | None = None
    mrn: Short | None = None
    email: Short | None = None
    sex: Literal["male", "female", "undisclosed"] | None = None
    weight: Weight | None = None
    yearOfDiagnosis: Annotated[int, msgspec.Meta(ge=1900, le=9999)] | None = None
    phoneNumber: Phone | None = None
    initialSettings: PumpSettings | None = None
    training: Literal["inPerson", "inModule"] | None = None
    therapySettings: Literal["initial", "transferPumpSettings"] | None = None
    prescriberTermsAccepted: bool | None = None
    calculator: Calculator | None = None
    caregiverFirstName: Short | None = None
    caregiverLastName: Short | None = None
    accountType: Literal["patient", "caregiver"] | None = None


def decode_attributes(body: Attributes) -> Draft:
    """A checked revision; `Invalid` for a date or an address that cannot be."""
    return Draft(
        state=body.state,
        attributes=msgspec.to_builtins(body),
        birth_date=day(body.birthday, "birthday") if body.birthday else None,
        email=accounts.clean_email(body.email) if body.email else None,
        first_name=body.firstName,
    )


def day(text: str, name: str) -> date:
    """A calendar day, or `Invalid`."""
    found = accounts.parse_date(text)
    if found is None:
        raise Invalid(f"{name} is not a date (YYYY-MM-DD)")
    return found


def encode_revision(one: Prescription, users: Mapping[UUID, str]) -> dict[str, Any]:
    """The latest revision; revisions count from 0."""
    said = {"createdTime": instant(one.revised_at), "createdUserId": users[one.revised_by]}
    return {"revisionId": one.revision - 1, "attributes": {**one.attributes, **said}}


def encode_prescription(
    one: Prescription, prescription_id: str, clinic_id: str, users: Mapping[UUID, str]
) -> dict[str, Any]:
    """A prescription with its latest revision."""
    return present(
        {
            "id": prescription_id,
            "clinicId": clinic_id,
            "patientUserId": users[one.person] if one.person else None,
            "state": one.state.value,
            "expirationTime": instant(one.expires_at) if one.expires_at else None,
            "prescriberUserId": users[one.prescriber] if one.prescriber else None,
            "createdTime": instant(one.created_at),
            "createdUserId": users[one.created_by],
            "modifiedTime": instant(one.modified_at),
            "modifiedUserId": users[one.modified_by],
            "latestRevision": encode_revision(one, users),
        }
    )
