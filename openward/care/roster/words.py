"""The words that a list is searched by: those of very many newcomers are sorted into their index afterwards.

Word by word that would be a third of what the database does for a newcomer; a search finds him meanwhile by reading
the words of all who are fresh.
"""

from collections.abc import Mapping
from typing import Any, Final

from openward.care.roster import word_store
from openward.care.work import Work
from openward.infra.jobs import Deferred

SORT: Final = "roster.sort-words"
MANY: Final = 100
"""From so many newcomers at once on, their words wait."""
_BATCH = 5000


async def sort_words(work: Work, _data: Mapping[str, Any]) -> None:
    """The job: one batch, and once more as long as there may be another. Running it again changes nothing."""
    if await word_store.sort(work, _BATCH) == _BATCH:
        work.tasks.append(Deferred(SORT, {}))
