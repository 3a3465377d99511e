"""What people agree to: the texts in all their versions, and who agreed to which."""

from openward.care.consents.agree import change, documents, get, give, list_of, publish, revoke
from openward.care.consents.joining_store import join as join_people
from openward.care.consents.model import AgeGroup, Document, Grantor, NewRecord, Record, Status

__all__ = [
    "AgeGroup",
    "Document",
    "Grantor",
    "NewRecord",
    "Record",
    "Status",
    "change",
    "documents",
    "get",
    "give",
    "join_people",
    "list_of",
    "publish",
    "revoke",
]
