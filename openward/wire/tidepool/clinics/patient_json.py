"""A patient as the Clinics API writes and reads it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from openward.care import identity, organizations, roster
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.organizations import Label
from openward.care.patients import DataSource, Details, Enrolment, Permission, Review
from openward.care.summaries import Kind
from openward.care.work import PersonKey, Work, unique
from openward.wire.tidepool.clinics.bodies import Moment, Text, email, in_utc, instant, present

UNKNOWN_BIRTH_DATE = date.min.isoformat()
PROVIDERS = ("dexcom", "twiist", "abbott")
_NO_SITE = UUID(int=0)

MOST_TAGS = 1000  # of one patient; a clinic has 50, but ids that it does not know are kept, too
Hex24 = Annotated[str, msgspec.Meta(pattern="^[a-f0-9]{24}$", min_length=24, max_length=24)]
UserId = Annotated[
    str,
    msgspec.Meta(
        pattern="^([0-9a-f]{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$", max_length=36
    ),
]
Diagnosis = Literal[
    "type1", "type2", "type3c", "gestational", "prediabetes", "lada", "mody", "other", "notApplicable", ""
]


TagIds = Annotated[tuple[Hex24, ...], msgspec.Meta(max_length=MOST_TAGS)]


class SourceBody(msgspec.Struct):
    """A link to a partner cloud."""

    providerName: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    state: Literal["pending", "pendingReconnect", "connected", "disconnected", "error"]
    dataSourceId: Hex24 | None = None
    modifiedTime: Moment | None = None
    expirationTime: Moment | None = None
    latestDataTime: Moment | None = None


class SiteBody(msgspec.Struct):
    """A site of which only the id matters."""

    id: Hex24


class UpperBound(msgspec.Struct):
    """The upper end of a range."""

    value: float
    units: Literal["mg/dL", "mmol/L"]


class Threshold(msgspec.Struct, omit_defaults=True):
    """One range of a custom set."""

    name: Text
    upperBound: UpperBound
    inclusive: bool = False


class CustomRanges(msgspec.Struct):
    """A set of ranges of the clinic's own."""

    name: Text
    # The published minimum of four is written as one of letters, which no list has to keep.
    thresholds: Annotated[list[Threshold], msgspec.Meta(min_length=1, max_length=5)]


class RangesBody(msgspec.Struct, omit_defaults=True):
    """Which glycemic ranges hold for a patient."""

    type: Literal["preset", "custom"]
    preset: Literal["adaStandard", "adaPregnancyType1", "adaPregnancyType2", "adaHighRisk"] | None = None
    custom: CustomRanges | None = None


class ReviewBody(msgspec.Struct):
    """A clinician looked through the data."""

    clinicianId: Text
    time: Moment


class PatientBody(msgspec.Struct):
    """What a clinic writes about a patient; everything else in the body is ignored."""

    fullName: Text
    birthDate: date
    email: str | None = None
    mrn: Text | None = None
    targetDevices: tuple[str, ...] | None = None
    tags: TagIds | None = None
    sites: tuple[SiteBody, ...] | None = None
    dataSources: tuple[SourceBody, ...] | None = None
    reviews: tuple[ReviewBody, ...] | None = None
    glycemicRanges: RangesBody | None = None
    diagnosisType: Diagnosis | None = None


def ranges_of(body: RangesBody | None) -> dict[str, Any] | None:
    """The ranges as they are kept and given back."""
    return None if body is None else msgspec.to_builtins(body)


def known_birth_date(written: date | None) -> date | None:
    """The date, None for the one that stands for an unknown one."""
    return None if written == date.min else written


async def tag_keys(work: Work, ids: tuple[str, ...] | None) -> tuple[UUID, ...] | None:
    """Keys of tag ids; `Invalid` for a repeat."""
    if ids is None:
        return None
    if len(set(ids)) != len(ids):
        raise Invalid("a tag is given twice")
    return tuple(await organizations.tag_keys(work, ids))


async def site_keys(work: Work, sites: tuple[SiteBody, ...] | None) -> tuple[UUID, ...] | None:
    """Keys of sites; an id that nobody has becomes a key that no clinic has."""
    if sites is None:
        return None
    ids = unique([site.id for site in sites])
    known = await identity.resolve_many(work, System.SITE, ids)
    return tuple(known.get(value, _NO_SITE) for value in ids)


def sources_of(sources: tuple[SourceBody, ...] | None) -> tuple[DataSource, ...] | None:
    """Data sources in care's words."""
    if sources is None:
        return None
    return tuple(
        DataSource(
            provider=source.providerName,
            state=source.state,
            key=source.dataSourceId,
            modified_at=in_utc(source.modifiedTime),
            expires_at=in_utc(source.expirationTime),
            latest_data_at=in_utc(source.latestDataTime),
        )
        for source in sources
    )


async def _reviews_of(work: Work, bodies: tuple[ReviewBody, ...] | None) -> tuple[Review, ...]:
    """Reviews in care's words; `Invalid` for a reviewer who has no account."""
    ids = unique([body.clinicianId for body in bodies or ()])
    known = await identity.resolve_many(work, System.USER, ids)
    if len(known) < len(ids):
        raise Invalid("a review is by an unknown clinician")
    reviews = [Review(PersonKey(known[body.clinicianId]), in_utc(body.time) or work.now) for body in bodies or ()]
    return tuple(sorted(reviews, key=lambda review: review.at, reverse=True))


async def details_of(work: Work, body: PatientBody) -> Details:
    """The body in care's words."""
    return Details(
        full_name=body.fullName,
        birth_date=known_birth_date(body.birthDate),
        email=email(body.email),
        mrn=body.mrn,
        target_devices=body.targetDevices,
        tags=await tag_keys(work, body.tags),
        sites=await site_keys(work, body.sites),
        data_sources=sources_of(body.dataSources),
        glycemic_ranges=ranges_of(body.glycemicRanges),
        diagnosis_type=body.diagnosisType,
        reviews=await _reviews_of(work, body.reviews),
    )


async def encode_patients(work: Work, enrolments: Sequence[Enrolment]) -> list[dict[str, Any]]:
    """Patients of any clinics as this API writes them, in their order, in a handful of queries."""
    people = list({one.person for one in enrolments})
    reviewers = {review.by for one in enrolments for review in one.reviews}
    users = await identity.names(work, [*people, *reviewers], System.USER)
    tags = await identity.names(work, list({tag for one in enrolments for tag in one.tags}), System.TAG)
    site_ids = await identity.names(work, list({site for one in enrolments for site in one.sites}), System.SITE)
    of_clinics = await organizations.sites(work, list({one.organization for one in enrolments if one.sites}))
    sites = {site.key: site for those in of_clinics.values() for site in those}
    summaries = await roster.summaries(work, people)
    return [
        {
            **_plain(one, users),
            "tags": [tags[tag] for tag in one.tags if tag in tags] or None,
            "sites": [_site(sites[site], site_ids) for site in one.sites if site in sites],
            **_summary(summaries.get(one.person)),
        }
        for one in enrolments
    ]


async def encode_patient(work: Work, enrolment: Enrolment) -> dict[str, Any]:
    """One patient as this API writes it."""
    return (await encode_patients(work, [enrolment]))[0]


def encode_permissions(permissions: frozenset[Permission]) -> dict[str, Any]:
    """A key with an empty object for each permission that is given."""
    return {permission.value: {} for permission in Permission if permission in permissions}


def encode_reviews(reviews: Sequence[Any], users: Mapping[Any, str]) -> list[dict[str, Any]]:
    """Reviews, newest first."""
    return [{"clinicianId": users[review.by], "time": instant(review.at)} for review in reviews]


def encode_sources(sources: Sequence[DataSource] | None) -> list[dict[str, Any]] | None:
    """Links to partner clouds; null when nothing was ever said about them."""
    return None if sources is None else [_source(source) for source in sources]


def _plain(one: Enrolment, users: dict[Any, str]) -> dict[str, Any]:
    optional = {
        "email": one.email,
        "mrn": one.mrn,
        "targetDevices": one.target_devices,
        "permissions": encode_permissions(one.permissions),
        "attestationSubmitted": one.attestation_submitted,
        "lastUploadReminderTime": _instant(one.last_upload_reminder_at),
        "glycemicRanges": one.glycemic_ranges,
        "diagnosisType": one.diagnosis_type,
    }
    return {
        "id": users[one.person],
        # Published as never empty: whom nobody named goes by his id.
        "fullName": one.full_name or users[one.person],
        "birthDate": one.birth_date.isoformat() if one.birth_date else UNKNOWN_BIRTH_DATE,
        **present(optional),
        "createdTime": instant(one.created_at),
        "updatedTime": instant(one.updated_at),
        "dataSources": encode_sources(one.data_sources),
        "reviews": encode_reviews(one.reviews, users),
        "connectionRequests": {
            provider: [
                {"providerName": request.provider, "createdTime": instant(request.at)}
                for request in one.connection_requests.get(provider, ())
            ]
            for provider in (*PROVIDERS, *sorted(one.connection_requests.keys() - set(PROVIDERS)))
        },
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def _source(source: DataSource) -> dict[str, Any]:
    return present(
        {
            "providerName": source.provider,
            "state": source.state,
            "dataSourceId": source.key,
            "modifiedTime": _instant(source.modified_at),
            "expirationTime": _instant(source.expires_at),
            "latestDataTime": _instant(source.latest_data_at),
        }
    )


def _site(site: Label, ids: dict[UUID, str]) -> dict[str, Any]:
    return {"id": ids[site.key], "name": site.name}


def _summary(stats: dict[Kind, bytes] | None) -> dict[str, Any]:
    """The stored summaries go out as the text that they are."""
    if not stats:
        return {}
    return {"summary": {f"{kind}Stats": msgspec.Raw(text) for kind, text in sorted(stats.items(), reverse=True)}}
