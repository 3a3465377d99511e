"""Documents about patients: questions and answers that came as a whole; kept as they are."""

from collections.abc import Sequence
from datetime import datetime

from openward.care import audit, patients
from openward.care.documentation import file_store
from openward.care.documentation.model import Document
from openward.care.errors import NotFound
from openward.care.work import OrganizationKey, PersonKey, Work, new_key

WHAT = "document"


async def add_document(
    work: Work,
    organization: OrganizationKey,
    person: PersonKey,
    name: str,
    dated_at: datetime,
    responses: Sequence[tuple[str, str]],
) -> Document:
    """Keep a document; `NotFound` when the person never was a patient of the practice."""
    if await patients.peek_past(work, organization, person) is None:
        raise NotFound("Patient not found")
    made = Document(new_key(work), organization, person, name, dated_at, tuple(responses), work.now)
    await file_store.insert_document(work, made)
    audit.note(work, "write", WHAT, person, organization)
    return made


async def documents(
    work: Work, organization: OrganizationKey, person: PersonKey, *, limit: int = 100
) -> list[Document]:
    """The latest documents about a patient, latest first; whether he is one is for the caller to know."""
    audit.note(work, "read", WHAT, person, organization)
    return await file_store.documents(work, organization, person, limit)
