"""Who looked through a patient's data: the two latest reviews are kept."""

from dataclasses import replace

from openward.care.errors import Conflict, NotAllowed, NotFound
from openward.care.patients.model import MOST_REVIEWS, Review
from openward.care.patients.update import locked, save
from openward.care.work import OrganizationKey, PersonKey, Work


async def add_review(work: Work, organization: OrganizationKey, person: PersonKey) -> tuple[Review, ...]:
    """Add a review by the caller, now; returns what is kept, newest first."""
    if work.actor.person is None:
        raise NotAllowed("only a person can review")
    before = await locked(work, organization, person)
    # A request that began earlier may get here later: no review is older than the one it is put before.
    now = max(work.now, before.reviews[0].at) if before.reviews else work.now
    reviews = (Review(work.actor.person, now), *before.reviews)[:MOST_REVIEWS]
    await save(work, replace(before, reviews=reviews, updated_at=work.now))
    return reviews


async def revert_review(work: Work, organization: OrganizationKey, person: PersonKey) -> tuple[Review, ...]:
    """Take the newest review back: `NotFound` when there is none, `Conflict` when it is somebody else's."""
    before = await locked(work, organization, person)
    if not before.reviews:
        raise NotFound("review not found")
    if before.reviews[0].by != work.actor.person:
        raise Conflict("the latest review is by another clinician")
    await save(work, replace(before, reviews=before.reviews[1:], updated_at=work.now))
    return before.reviews[1:]
