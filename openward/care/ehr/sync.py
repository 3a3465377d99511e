"""What is to be pushed to record systems: tasks are made here, `due`, each with the job that carries it out."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from openward.care import organizations, patients
from openward.care.ehr import delivery_store, subscription_store, task_store
from openward.care.ehr.settings import EHRSettings, Provider, settings_of
from openward.care.errors import NotFound
from openward.care.organizations import Organization
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.jobs import Deferred

SWEEP = "ehr.sweep"
PUSH = "ehr.push"
TASK_LIFE = timedelta(days=90)


async def sync_organization(work: Work, organization: OrganizationKey) -> int:
    """Make a task for each living patient with active reports; how many. `NotFound` without an enabled Redox link."""
    if _redox(await organizations.get(work, organization)) is None:
        raise NotFound("the clinic has no active EHR connection")
    dead = await patients.deceased(work, organization)
    made = await task_store.add_for_organization(work, organization, Provider.REDOX, dead)
    work.tasks.extend(pushing(task) for task in made)
    return len(made)


async def sync_patient(work: Work, person: PersonKey, *, is_after_upload: bool = False) -> int:
    """Make a task in each organization that reports on this patient after uploads; how many. `NotFound` for none.

    is_after_upload: nobody asked; an upload that was reported already is not reported again.
    """
    ordering = await subscription_store.organizations_of(work, person, Provider.REDOX)
    found = await organizations.get_many(work, ordering)
    dead_in = {one.organization for one in await patients.peek_all(work, person) if one.is_deceased}
    wanting = [key for key, one in found.items() if key not in dead_in and _wants_uploads(_redox(one))]
    made = (
        await task_store.add_for_person(work, wanting, person, Provider.REDOX, is_after_upload=is_after_upload)
        if wanting
        else []
    )
    if not made:
        raise NotFound("the patient has no active subscription")
    work.tasks.extend(pushing(task) for task in made)
    return len(made)


def pushing(task: UUID) -> Deferred:
    """The job that makes the messages of a push."""
    return Deferred(PUSH, {"task": str(task)}, key=f"{PUSH}:{task}")


def _redox(organization: Organization) -> EHRSettings | None:
    settings = settings_of(organization)
    is_linked = settings is not None and settings.enabled and settings.provider is Provider.REDOX
    return settings if is_linked else None


def _wants_uploads(settings: EHRSettings | None) -> bool:
    return settings is not None and settings.scheduled_reports.on_upload_enabled


async def sweep_job(work: Work, _data: Mapping[str, Any]) -> None:
    """Tidepool: tasks are kept for 90 days; so is what was sent."""
    await task_store.forget(work, work.now - TASK_LIFE)
    await delivery_store.forget(work, work.now - TASK_LIFE)
