"""Episodes of care: what visits of one patient belong together, under a type that the practice has named."""

from openward.care.episodes.joining_store import join as join_people
from openward.care.episodes.model import Content, Episode, EpisodeCreated, EpisodeUpdated, Status
from openward.care.episodes.moving import move
from openward.care.episodes.types import set_types, types
from openward.care.episodes.write import ENDS_TOO_SOON, TYPE_UNKNOWN, create, get, of_patient, require, touched, update

__all__ = [
    "ENDS_TOO_SOON",
    "TYPE_UNKNOWN",
    "Content",
    "Episode",
    "EpisodeCreated",
    "EpisodeUpdated",
    "Status",
    "create",
    "get",
    "join_people",
    "move",
    "of_patient",
    "require",
    "set_types",
    "touched",
    "types",
    "update",
]
