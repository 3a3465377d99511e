"""What organizations see of a patient's sources: one of each partner, copied into each enrolment."""

from collections.abc import Sequence

from openward.care import identity, patients
from openward.care.connections import joining_store, store
from openward.care.connections.model import DataSource, SourceState
from openward.care.identity import System
from openward.care.patients import Enrolled
from openward.care.work import PersonKey, Work


async def copy_sources(work: Work, event: Enrolled) -> None:
    """A new patient who has sources already shows them to the organization: one of each partner."""
    found: dict[str, list[DataSource]] = {}
    for source in await store.list_of(work, event.person, {}):
        found.setdefault(source.provider_name, []).append(source)
    if found:
        shown = [_shown(sources) for sources in found.values()]
        ids = await identity.names(work, [source.key for source in shown], System.DATA_SOURCE)
        entries = [_entry(source, ids.get(source.key)) for source in shown]
        await patients.give_sources(work, event.organization, event.person, entries)


async def copy_source(work: Work, person: PersonKey, provider: str) -> None:
    """Tell every organization of the person how this source is doing now; what waited there waits no more."""
    found = await store.list_of(work, person, {"provider_name": provider})
    if not found:
        await patients.follow_source(work, person, provider, None)
        return
    shown = _shown(found)
    name = (await identity.names(work, [shown.key], System.DATA_SOURCE)).get(shown.key)
    await patients.follow_source(work, person, provider, _entry(shown, name))


async def join_people(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """The links of one person are another's, and his organizations see them."""
    await joining_store.join(work, gone, kept)
    for provider in {source.provider_name for source in await store.list_of(work, kept, {})}:
        await copy_source(work, kept, provider)


def _shown(found: Sequence[DataSource]) -> DataSource:
    """Of several of one partner, newest first, the live one; without one, the one that would be used again."""
    return next((one for one in found if one.state is not SourceState.DISCONNECTED), found[0])


def _entry(source: DataSource, name: str | None) -> patients.DataSource:
    return patients.DataSource(
        source.provider_name, source.state.value, name, source.modified_at, latest_data_at=source.latest_data_at
    )
