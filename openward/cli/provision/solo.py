"""What a provisioning file says of a practice: each part is put by a function of its own, in this order."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from openward.care import accounts, episodes, identity, reports
from openward.care.errors import Conflict
from openward.care.identity import System
from openward.care.work import OrganizationKey, Work
from openward.cli.provision.faults import BadFile, Fault
from openward.cli.provision.solo_places import put_devices, put_locations
from openward.cli.provision.solo_rooms import put_assistants, put_providers, put_teams, put_waiting_rooms
from openward.cli.provision.solo_shapes import SOLO
from openward.cli.provision.solo_templates import put_templates

Part = Callable[[Work, OrganizationKey, Any, Collection[str]], Awaitable[Any]]
"""`(work, practice, what the file says, names of secrets to rotate)`: brings the practice there, returns its answer."""


async def put_api_keys(
    work: Work, practice: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> list[dict[str, Any]]:
    """Keys of programs; one that was made earlier is stored as a hash only and comes back as null."""
    answer = []
    for place, item in enumerate(wanted):
        try:
            given = await accounts.put_api_key(
                work, practice, item["name"], secret=item["key"], is_rotated=item["name"] in rotate
            )
        except Conflict:
            raise BadFile([Fault(f"api_keys[{place}].key", "is in use already")]) from None
        shown: dict[str, Any] = {"name": item["name"], "key": given.secret}
        answer.append(shown if given.secret is not None else shown | {"kept": True})
    return answer


async def put_linking_secret(work: Work, practice: OrganizationKey, wanted: str, rotate: Collection[str]) -> None:
    """What the record system encrypts its links with."""
    try:
        await accounts.put_linking_secret(work, practice, wanted)
    except Conflict:
        raise BadFile([Fault("linking_secret", "is another organization's")]) from None


async def put_linking_distance(work: Work, practice: OrganizationKey, wanted: int, rotate: Collection[str]) -> None:
    """How many seconds the date of a link may be from now."""
    await accounts.set_linking_distance(work, practice, wanted)


async def put_episode_types(work: Work, practice: OrganizationKey, wanted: list[str], rotate: Collection[str]) -> None:
    """Exactly these types of episodes."""
    await episodes.set_types(work, practice, wanted)


async def put_report_presets(
    work: Work, practice: OrganizationKey, wanted: list[Mapping[str, Any]], rotate: Collection[str]
) -> list[dict[str, Any]]:
    """Presets by name; a new one shows everything, one that is there stays as the practice has made it."""
    made = [await reports.put_preset(work, practice, item["name"]) for item in wanted]
    ids = await identity.names(work, [one.key for one in made], System.SOLO)
    return [{"name": one.name, "id": ids[one.key]} for one in made]


PARTS: dict[str, Part] = {
    "templates": put_templates,
    "api_keys": put_api_keys,
    "linking_secret": put_linking_secret,
    "linking_max_distance": put_linking_distance,
    "waiting_rooms": put_waiting_rooms,
    "providers": put_providers,
    "assistants": put_assistants,
    "teams": put_teams,
    "locations": put_locations,
    "devices": put_devices,
    "episode_types": put_episode_types,
    "report_presets": put_report_presets,
}
"""Parts in the order in which they depend on each other; a part that answers None is not shown."""


async def put_practice(
    work: Work, practice: OrganizationKey, wanted: Mapping[str, Any] | None, rotate: Collection[str]
) -> dict[str, Any]:
    """Bring a practice to what the file says; the answer as the file's description has it."""
    answer = {}
    for name, put in PARTS.items():
        said = (wanted or {}).get(name)
        if said is None:
            continue
        shown = await put(work, practice, said, rotate)
        if shown is not None:
            answer[name] = shown
    return answer


__all__ = ["PARTS", "SOLO", "put_practice"]
