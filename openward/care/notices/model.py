"""A mail as the log of an organization has it; values only, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey


@dataclass(frozen=True, slots=True)
class Mailed:
    """One mail to somebody we know. `number` names it to mail systems; `sender` is None where nobody had it sent.

    `sent_at` is when a mail server took it, `deferred_at` when one last put us off, `dropped_at` when it was given up.
    """

    key: UUID
    number: UUID
    template: str
    recipient: str
    receiver: PersonKey
    sender: PersonKey | None
    organization: OrganizationKey
    created_at: datetime
    deferred_at: datetime | None
    sent_at: datetime | None
    dropped_at: datetime | None
