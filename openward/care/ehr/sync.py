"""What is to be pushed to record systems: tasks are made here and wait, `due`, until they are sent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from openward.care import organizations, patients
from openward.care.ehr import subscription_store, task_store
from openward.care.ehr.settings import EHRSettings, Provider, settings_of
from openward.care.errors import NotFound
from openward.care.organizations import Organization
from openward.care.work import OrganizationKey, PersonKey, Work

SWEEP = "ehr.sweep"
TASK_LIFE = timedelta(days=90)


async def sync_organization(work: Work, organization: OrganizationKey) -> int:
    """Make a task for each living patient with active reports; how many. `NotFound` without an enabled Redox link."""
    if _redox(await organizations.get(work, organization)) is None:
        raise NotFound("the clinic has no active EHR connection")
    dead = await patients.deceased(work, organization)
    return await task_store.add_for_organization(work, organization, Provider.REDOX, dead)


async def sync_patient(work: Work, person: PersonKey) -> int:
    """Make a task in each organization that reports on this patient after uploads; how many. `NotFound` for none."""
    ordering = await subscription_store.organizations_of(work, person, Provider.REDOX)
    found = await organizations.get_many(work, ordering)
    dead_in = {one.organization for one in await patients.peek_all(work, person) if one.is_deceased}
    wanting = [key for key, one in found.items() if key not in dead_in and _wants_uploads(_redox(one))]
    count = await task_store.add_for_person(work, wanting, person, Provider.REDOX) if wanting else 0
    if count == 0:
        raise NotFound("the patient has no active subscription")
    return count


def _redox(organization: Organization) -> EHRSettings | None:
    settings = settings_of(organization)
    is_linked = settings is not None and settings.enabled and settings.provider is Provider.REDOX
    return settings if is_linked else None


def _wants_uploads(settings: EHRSettings | None) -> bool:
    return settings is not None and settings.scheduled_reports.on_upload_enabled


async def sweep_job(work: Work, _data: Mapping[str, Any]) -> None:
    """Tidepool: tasks are kept for 90 days."""
    await task_store.forget(work, work.now - TASK_LIFE)
