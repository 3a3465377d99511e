"""Which organization a record system means."""

from openward.care import organizations
from openward.care.ehr.settings import EHRSettings, Provider, read_settings
from openward.care.errors import Conflict, NotFound
from openward.care.organizations import Organization
from openward.care.work import Work


async def find_clinic(work: Work, provider: Provider, source_id: str) -> tuple[Organization, EHRSettings]:
    """The one organization with an enabled link that has this source id (Xealth: deployment).

    `NotFound` when there is none, `Conflict` when there are several.
    """
    found = await organizations.with_ehr_source(work, provider.value, source_id)
    if not found:
        raise NotFound("no clinic has this source")
    if len(found) > 1:
        raise Conflict("several clinics have this source")
    return found[0], read_settings(found[0].ehr or {})
