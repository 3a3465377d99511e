"""Presets of encounter reports: which columns of which visits a practice wants to see again and again."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from openward.care import identity
from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.identity import Kind
from openward.care.reports import store
from openward.care.reports.orders import COLUMNS, Choice, Preset
from openward.care.work import OrganizationKey, Work, new_key

_LONGEST_NAME = 200
_TAKEN = "there is a preset of this name"


async def presets(work: Work, organization: OrganizationKey) -> list[Preset]:
    """All presets of a practice, by name."""
    return await store.presets(work, organization)


async def preset(work: Work, organization: OrganizationKey, key: UUID) -> Preset:
    """One preset of the practice, or `NotFound`."""
    found = await store.preset(work, key)
    if found is None or found.organization != organization:
        raise NotFound("Preset not found")
    return found


async def create_preset(work: Work, organization: OrganizationKey, name: str, choice: Choice) -> Preset:
    """A new preset; `Invalid` without a name or a column, `Conflict` when the name (in any case) is taken."""
    made = Preset(new_key(work), organization, _name(name), _checked(choice))
    if not await store.insert_preset(work, made):
        raise Conflict(_TAKEN)
    await identity.mint(work, made.key, Kind.REPORT)
    return made


async def update_preset(work: Work, organization: OrganizationKey, key: UUID, name: str, choice: Choice) -> Preset:
    """Write a preset anew; reports that were ordered by it keep what it said."""
    changed = replace(await preset(work, organization, key), name=_name(name), choice=_checked(choice))
    if not await store.update_preset(work, changed):
        raise Conflict(_TAKEN)
    return changed


async def put_preset(work: Work, organization: OrganizationKey, name: str) -> Preset:
    """The preset of this name (in any case), made with everything in it when there is none."""
    present: Sequence[Preset] = await store.presets(work, organization)
    found = next((one for one in present if one.name.lower() == name.lower()), None)
    return found or await create_preset(work, organization, name, Choice())


async def delete_preset(work: Work, organization: OrganizationKey, key: UUID) -> None:
    """A preset goes, the reports that were ordered by it stay."""
    await preset(work, organization, key)
    await store.delete_preset(work, key)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME:
        raise Invalid("a preset needs a name of at most 200 characters")
    return name


def _checked(choice: Choice) -> Choice:
    """The columns in the order of the dump, each once."""
    if not choice.columns or not set(choice.columns) <= set(COLUMNS):
        raise Invalid("choose at least one column")
    return replace(choice, columns=tuple(name for name in COLUMNS if name in choice.columns))
