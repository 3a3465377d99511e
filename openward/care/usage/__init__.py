"""What programs report of how they are used: free-form events, kept for a while."""

from openward.care.usage.events import Event, list_of, record, sweep
from openward.care.usage.joining_store import join as join_people

__all__ = ["Event", "join_people", "list_of", "record", "sweep"]
