"""Merging one organization into another: gathered, planned, and executed in one transaction or not at all.

Everything is done with a few statements per kind of thing, so that ten thousand patients take seconds, and nothing
locks a table: whoever reads sees the state before until the merge is committed. Only what would add to either
organization waits.

**What moves, and where a room says so.** The rooms below are called here, in the order that the Clinics API publishes.
The rooms beside and those that nothing here depends on follow `OrganizationsMerged` in `care/reactions.py`, before the
source is deleted: a new table that refers to an organization belongs there, and into the list of
`tests/care/transfers/test_references.py`, which fails until it is.
"""

import asyncio
from uuid import UUID

from openward.care import accounts, audit, events, identity, organizations, patients
from openward.care.errors import Fault, Invalid, Unprocessable
from openward.care.identity import System
from openward.care.organizations import MOST_LABELS, Organization
from openward.care.patients import Takeover
from openward.care.transfers import merge_store, plan, store
from openward.care.transfers.merge_model import Action, MergePlan, OrganizationsMerged, Side
from openward.care.transfers.model import Merged
from openward.care.transfers.tell import defer as tell
from openward.care.work import OrganizationKey, PersonKey, Work, new_key

_NOT_POSSIBLE = "merge-not-possible"


async def propose(work: Work, target: OrganizationKey, source: OrganizationKey) -> MergePlan:
    """The plan alone; nothing changes. `Invalid` for an organization and itself, `NotFound`."""
    _refuse_same(target, source)
    made = await _plan(work, await organizations.get(work, target), await organizations.get(work, source))
    for side, shown in ((target, made.target_patients), (source, made.source_patients)):
        audit.note_all(work, "read", "enrolment", [one.patient.person for one in shown], side)
    return made


async def merge(work: Work, target: OrganizationKey, source: OrganizationKey) -> Merged:
    """Take `source` up into `target`, and end it.

    `Invalid` with every reason that stands in the way, `Unprocessable` for more tags than an organization may have,
    `NotFound`. What follows in other rooms hangs on `OrganizationsMerged`, the mails on a job.
    """
    _refuse_same(target, source)
    # In the order of their keys, so that two merges of the same two wait for one another and never in a circle.
    first, second = sorted((target, source))
    held = {key: await organizations.lock(work, key, against_new_patients=True) for key in (first, second)}
    made = await _plan(work, held[target], held[source])
    if made.reasons:
        raise Invalid([Fault(_NOT_POSSIBLE, detail=f"the clinics cannot be merged: {'; '.join(made.reasons)}")])
    merged = Merged(new_key(work), target, source, held[source].profile.name, work.now, _by(work), plan.counts(made))
    await _execute(work, made)
    await merge_store.insert(work, merged, made)
    events.record(work, OrganizationsMerged(merged.key, source, target, _replaced_tags(made)))
    tell(work, merged.key)
    return merged


async def moved_people(work: Work, merge: UUID) -> list[PersonKey]:
    """The patients whom an executed merge moved with their record: nobody of them was known to the target."""
    _, _, made = await merge_store.lock(work, merge)
    return [one.patient.person for one in made.source_patients if one.action is Action.MOVE]


async def close_source(work: Work, event: OrganizationsMerged) -> None:
    """The last of what follows a merge: nothing refers to the source any more, and it goes."""
    await organizations.close(work, event.source, event.target)


async def merges(work: Work, organization: OrganizationKey) -> list[Merged]:
    """What this organization has taken up, newest first, with what those had taken up before."""
    return await merge_store.of_target(work, organization)


def _refuse_same(target: OrganizationKey, source: OrganizationKey) -> None:
    if target == source:
        raise Invalid("a clinic cannot be merged with itself")


def _by(work: Work) -> PersonKey | None:
    return None if work.actor.is_service else work.actor.person


async def _plan(work: Work, target: Organization, source: Organization) -> MergePlan:
    clashes = await identity.clashes(work, source.key, target.key)
    sides = await _gather(work, source), await _gather(work, target)
    return await asyncio.to_thread(plan.make, *sides, work.now, clashes)


async def _gather(work: Work, organization: Organization) -> Side:
    key = organization.key
    return Side(
        organization=organization,
        tags=(await organizations.tags(work, [key])).get(key, []),
        sites=(await organizations.sites(work, [key])).get(key, []),
        members=await organizations.whole_staff(work, key),
        patients=await patients.brief(work, key),
    )


def _replaced_tags(made: MergePlan) -> dict[UUID, UUID]:
    return {tag.label: tag.becomes for tag in made.source_tags if tag.becomes is not None}


async def _execute(work: Work, made: MergePlan) -> None:
    source, target = made.source.key, made.target.key
    replaced = _replaced_tags(made)
    ended = {one.member: one.becomes for one in made.source_members if one.becomes is not None}
    await organizations.keep_whole(work, source, target, ended)
    new_tags = [tag.label for tag in made.source_tags if tag.action is Action.CREATE]
    if new_tags and len(new_tags) + len(made.target_tags) > MOST_LABELS:
        raise Unprocessable(f"the target would have more than {MOST_LABELS} tags")
    await organizations.take_labels(
        work, source, target, new_tags, {site.label: site.name for site in made.source_sites}
    )
    people = {action: [one.patient.person for one in made.source_patients if one.action is action] for action in Action}
    rules = made.target.mrn
    await patients.take_over(
        work,
        Takeover(
            source,
            target,
            people[Action.MOVE],
            people[Action.MERGE],
            replaced,
            rules is not None and rules.unique,
            ended,
        ),
    )
    await _withdraw_invites(work, made)
    moved = [one.member for one in made.source_members if one.action is Action.MOVE]
    await organizations.take_members(work, source, target, moved)
    await identity.hand_over(work, replaced | ended)
    await identity.hand_over(work, {source: target}, frozenset({System.SHARE_CODE}))
    await identity.move_scope(work, source, target)
    await accounts.move_confirmations(work, source, target)
    await store.move(work, source, target)


async def _withdraw_invites(work: Work, made: MergePlan) -> None:
    """Whoever was invited to the target, and comes with the source, needs no invitation any more."""
    coming = {one.email for one in made.source_members if one.email and one.action is Action.MOVE}
    for member in await organizations.whole_staff(work, made.target.key):
        if member.person is None and member.invite is not None and member.email in coming:
            await organizations.cancel_invite(work, made.target.key, member.invite)
