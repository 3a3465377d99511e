"""The form of who coaches a patient: his groups, his coaches, and which of them is first of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from openward.care.errors import Fault, Invalid
from openward.care.patients import CoachedBy, Revision
from openward.wire.web.coaching import Choices

GONE = "one that you ticked does not exist any more: please look again"


@dataclass(frozen=True, slots=True)
class CircleForm:
    """What the form holds: the ids of ticked groups and coaches, and the id of the primary one ("" for none)."""

    groups: frozenset[str] = frozenset()
    coaches: frozenset[str] = frozenset()
    primary: str = ""
    seen: str = ""

    @property
    def mark(self) -> str:
        """A short mark of all that it holds: two forms with the same mark show the same."""
        return sha256(repr((sorted(self.groups), sorted(self.coaches), self.primary)).encode()).hexdigest()[:16]


def form_of(groups: Sequence[UUID], coaches: Sequence[CoachedBy], choices: Choices) -> CircleForm:
    """The form as it stands before anybody changes it."""
    members = {one.member: id_ for id_, one in choices.coaches.items()}
    return CircleForm(
        frozenset(id_ for id_, one in choices.groups.items() if one.key in groups),
        frozenset(members[one.member] for one in coaches if one.member in members),
        next((members[one.member] for one in coaches if one.is_primary and one.member in members), ""),
    )


def read(items: Sequence[tuple[str, str]]) -> CircleForm:
    """What a browser sent."""
    fields: Mapping[str, str] = dict(items)
    ticked = {name: frozenset(value for key, value in items if key == name) for name in ("group", "coach")}
    return CircleForm(ticked["group"], ticked["coach"], fields.get("primary", ""), fields.get("seen", ""))


def revision_of(form: CircleForm, choices: Choices, groups: Sequence[UUID], coaches: Sequence[CoachedBy]) -> Revision:
    """What the form asks for; who is in `groups` and `coaches` already keeps his place, as do those not shown.

    `Invalid` with faults at `groups`, `coaches` and `primary`.
    """
    faults = [] if form.groups <= choices.groups.keys() else [Fault("unknown", "groups", GONE)]
    if not form.coaches <= choices.coaches.keys():
        faults.append(Fault("unknown", "coaches", GONE))
    elif form.primary and form.primary not in form.coaches:
        faults.append(Fault("unticked", "primary", "tick the primary coach as well, or choose somebody else"))
    if faults:
        raise Invalid(faults)
    shown = {one.key: id_ for id_, one in choices.groups.items()}
    kept = [key for key in groups if key not in shown or shown[key] in form.groups]
    added = [key for key, id_ in shown.items() if id_ in form.groups and key not in kept]
    return Revision(groups=(*kept, *added), coaches=_coaches(form, choices, coaches))


def _coaches(form: CircleForm, choices: Choices, before: Sequence[CoachedBy]) -> tuple[CoachedBy, ...]:
    shown = {one.member: id_ for id_, one in choices.coaches.items()}
    kept = [one.member for one in before if one.member not in shown or shown[one.member] in form.coaches]
    added = [member for member, id_ in shown.items() if id_ in form.coaches and member not in kept]
    first = form.primary or None
    return tuple(CoachedBy(member, first is not None and shown.get(member) == first) for member in (*kept, *added))
