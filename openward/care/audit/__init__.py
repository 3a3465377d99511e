"""Who read or wrote whose record: what, when, from where, by which credential."""

from openward.care.audit.model import Entry, Found, Query
from openward.care.audit.trail import keep, note, note_all, search

__all__ = ["Entry", "Found", "Query", "keep", "note", "note_all", "search"]
