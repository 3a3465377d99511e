"""What organizations see of a patient's sources: the latest of each partner, copied into each enrolment."""

from openward.care import identity, patients
from openward.care.connections import store
from openward.care.connections.model import DataSource, SourceState
from openward.care.identity import System
from openward.care.patients import Enrolled
from openward.care.work import PersonKey, Work


async def copy_sources(work: Work, event: Enrolled) -> None:
    """A new patient who has sources already shows them to the organization: the latest of each partner."""
    newest: dict[str, DataSource] = {}
    for source in await store.list_of(work, event.person, {}):
        newest.setdefault(source.provider_name, source)
    if newest:
        ids = await identity.names(work, [source.key for source in newest.values()], System.DATA_SOURCE)
        entries = [_entry(source, ids.get(source.key)) for source in newest.values()]
        await patients.give_sources(work, event.organization, event.person, entries)


async def copy_source(work: Work, person: PersonKey, provider: str) -> None:
    """Tell every organization of the person how this source is doing now; what waited there waits no more."""
    found = await store.list_of(work, person, {"provider_name": provider})
    if not found:
        await patients.follow_source(work, person, provider, None)
        return
    # Of several the live one counts; without one, the one that would be used again.
    shown = next((one for one in found if one.state is not SourceState.DISCONNECTED), found[0])
    name = (await identity.names(work, [shown.key], System.DATA_SOURCE)).get(shown.key)
    await patients.follow_source(work, person, provider, _entry(shown, name))


def _entry(source: DataSource, name: str | None) -> patients.DataSource:
    return patients.DataSource(
        source.provider_name, source.state.value, name, source.modified_at, latest_data_at=source.latest_data_at
    )
