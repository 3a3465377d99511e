"""What a clinic says about somebody with an account who becomes its patient."""

from datetime import date

import msgspec

from openward.care.patients import Joining
from openward.care.work import Work
from openward.wire.tidepool.clinics.bodies import Text
from openward.wire.tidepool.clinics.patient_json import (
    Diagnosis,
    RangesBody,
    SiteBody,
    TagIds,
    known_birth_date,
    ranges_of,
    site_keys,
    tag_keys,
)


class JoiningBody(msgspec.Struct):
    """What a clinic knows better than the account of somebody who becomes its patient."""

    fullName: Text | None = None
    birthDate: date | None = None
    mrn: Text | None = None
    tags: TagIds | None = None
    sites: tuple[SiteBody, ...] | None = None
    glycemicRanges: RangesBody | None = None
    diagnosisType: Diagnosis | None = None


async def joining_of(work: Work, body: JoiningBody) -> Joining:
    """The body in care's words."""
    return Joining(
        full_name=body.fullName,
        birth_date=known_birth_date(body.birthDate),
        mrn=body.mrn,
        tags=await tag_keys(work, body.tags) or (),
        sites=await site_keys(work, body.sites) or (),
        glycemic_ranges=ranges_of(body.glycemicRanges),
        diagnosis_type=body.diagnosisType,
    )
