"""Mails after a merge: to the patients and clinicians of the source and to the admins of the target, in batches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from openward.care import accounts, notices
from openward.care.organizations import Role
from openward.care.transfers import merge_store
from openward.care.transfers.merge_model import MergePlan
from openward.care.work import PersonKey, Work
from openward.infra.jobs import Deferred

JOB = "transfers.tell_merged"
BATCH = 200


@dataclass(frozen=True, slots=True)
class _Recipient:
    """Somebody to be told; `email` is looked up in the account when it is None."""

    template: str
    person: PersonKey
    name: str
    email: str | None = None


def defer(work: Work, merge: UUID) -> None:
    """Tell the next ones."""
    work.tasks.append(Deferred(JOB, {"merge": str(merge)}, f"{JOB}:{merge}"))


async def tell_merged(work: Work, data: Mapping[str, Any]) -> None:
    """The job: one batch. How far it came is kept with the mails, so that nobody is told twice."""
    key = UUID(data["merge"])
    merged, told, plan = await merge_store.lock(work, key)
    everybody = _recipients(plan)
    batch = everybody[told : told + BATCH]
    found = await accounts.get_many(work, [one.person for one in batch if one.email is None])
    for one in batch:
        account = found.get(one.person)
        email = one.email or (account.email if account else None)
        if email:
            await notices.send(
                work,
                one.template,
                email,
                person=one.person,
                organization=merged.target,
                name=one.name,
                source=merged.source_name,
                target=plan.target.profile.name,
                patients=len(plan.source_patients),
            )
    await merge_store.put_told(work, key, told + len(batch))
    if told + len(batch) < len(everybody):
        defer(work, key)


def _recipients(plan: MergePlan) -> list[_Recipient]:
    patients = [
        _Recipient("merged_patient", one.patient.person, one.patient.full_name, one.patient.email)
        for one in plan.source_patients
        if one.patient.email and one.patient.is_active
    ]
    clinicians = [
        _Recipient("merged_clinician", one.person, one.name or "") for one in plan.source_members if one.person
    ]
    known = {one.person for one in clinicians}
    admins = [
        _Recipient("merged_admin", one.person, one.name or "")
        for one in plan.target_members
        if one.person and Role.ADMIN in one.roles and one.person not in known
    ]
    return [*patients, *clinicians, *admins]
