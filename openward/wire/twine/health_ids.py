"""Ids of health profiles, their questions and answers, and whom they are about."""

from collections.abc import Sequence
from dataclasses import dataclass

from openward.care import patients as care_patients
from openward.care import surveys
from openward.care.errors import NotAllowed, NotFound
from openward.care.surveys import Ids, Kind, Selection
from openward.care.work import PersonKey, Work
from openward.wire.twine import patients, scope
from openward.wire.twine.auth import organization
from openward.wire.twine.errors import refuse_parameter
from openward.wire.twine.query import Page
from openward.wire.twine.resource import Included
from openward.wire.twine.scope import Scope


@dataclass(frozen=True, slots=True)
class Named:
    """What an id names: the profile by its number, whose it is, and the number of the question (0 for none)."""

    profile: int
    person: PersonKey
    question: int


async def named(work: Work, kind: Kind, name: str) -> Named:
    """What has this id; `NotFound` for an unknown one, `NotAllowed` out of the token's reach."""
    found = Ids(work).decode(kind, name)
    owner = None if found is None else await surveys.whose(work, found[0])
    if found is None or owner is None:
        raise NotFound
    if owner[0] != organization(work):
        raise NotAllowed
    await scope.require_people(work, [owner[1]])
    return Named(found[0], owner[1], found[1])


def selection(whom: Scope) -> Selection:
    """The patients that a list is about."""
    return Selection(whom.organization, whom.groups, whom.person)


def after(work: Work, kind: Kind, page: Page) -> tuple[int, int] | None:
    """Profile and question of the last item seen, out of a cursor, which holds its id."""
    if page.after is None:
        return None
    [name] = page.after if len(page.after) == 1 else [None]
    found = Ids(work).decode(kind, name) if isinstance(name, str) else None
    if found is None:
        raise strange()
    return found


async def include_patients(work: Work, included: Included, people: Sequence[PersonKey]) -> None:
    """Take these patients along."""
    known = await care_patients.coached_many(work, organization(work), list(dict.fromkeys(people)))
    included.add(await patients.render(work, list(known.values())))


def strange() -> Exception:
    """A cursor that leads nowhere."""
    return refuse_parameter("page[after]", "This is not a cursor that was given out")
