"""Taking many patients off a list at once, in as many statements as for one."""

from openward.care.patients import ClaimedRemoved
from openward.care.roster import departing_store, label_store
from openward.care.work import Work


async def follow_removal(work: Work, event: ClaimedRemoved) -> None:
    """Take those whom an organization let go of off its list; counts follow."""
    gone = await departing_store.delete(work, event.organization, event.people)
    lost = await departing_store.delete_labels(work, event.organization, event.people)
    changes = {label: -count for label, count in lost.items()}
    await label_store.tally(work, event.organization, changes | {label_store.ALL: -gone})
