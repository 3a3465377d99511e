"""What handling a message anew needs from the wire that it came by."""

from typing import Protocol
from uuid import UUID

from openward.care.ehr.feed.model import Outcome
from openward.care.work import OrganizationKey, Work


class FeedReader(Protocol):
    """How a wire reads its messages."""

    async def try_again(self, work: Work, organization: OrganizationKey, key: UUID) -> Outcome:
        """Handle a message that failed; `NotFound` and `Conflict` as `feed.reopen` says."""
        ...
