"""Files of a person: what devices and programs uploaded as it came, kept whole beside the data read from it."""

from openward.care.files.joining_store import join as join_people
from openward.care.files.keep import DROP, add, content, delete, delete_all, drop_job, get, list_of
from openward.care.files.model import File, FileKind, NewFile, Span

__all__ = [
    "DROP",
    "File",
    "FileKind",
    "NewFile",
    "Span",
    "add",
    "content",
    "delete",
    "delete_all",
    "drop_job",
    "get",
    "join_people",
    "list_of",
]
