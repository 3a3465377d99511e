"""What a merge of two organizations is planned from, and the plan; values only, no I/O.

`source` is taken up by `target` and ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward.care.organizations import Label, Member, Organization
from openward.care.patients import Brief
from openward.care.work import OrganizationKey, PersonKey


class Action(StrEnum):
    """What becomes of one tag, site, patient or clinician."""

    CREATE = "CREATE"  # a tag that the target lacks
    SKIP = "SKIP"  # a tag that the target has
    RETAIN = "RETAIN"  # of the target, and left as it is
    MOVE = "MOVE"
    RENAME = "RENAME"  # a site that moves under another name
    MERGE = "MERGE"  # of the source, taken up by the target's own
    MERGE_INTO = "MERGE_INTO"  # of the target, takes up the source's


class Likeness(StrEnum):
    """How much two records look like those of one human being."""

    SAME_ACCOUNT = "Duplicate Accounts"
    LIKELY = "Likely Duplicate Accounts"
    MRN_ONLY = "MRN Only Match"
    NAME_ONLY = "Name Only Match"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two organizations with everything that a plan needs."""

    organization: Organization
    tags: Sequence[Label]
    sites: Sequence[Label]
    members: Sequence[Member]
    patients: Sequence[Brief]


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """A tag or site: `name` is what it is called afterwards, `becomes` the target's own that takes its place."""

    label: UUID
    was: str
    name: str
    action: Action
    becomes: UUID | None = None


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """A clinician. `is_downgraded`: an admin of the source who is none in the target."""

    member: UUID
    person: PersonKey | None
    email: str
    name: str | None
    roles: tuple[str, ...]
    action: Action
    is_downgraded: bool = False
    becomes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Others that look like one patient: how many, and the first few of them."""

    likeness: Likeness
    count: int
    people: tuple[PersonKey, ...]


@dataclass(frozen=True, slots=True)
class PatientPlan:
    """A patient of either side; `matches` are the other side's records that look alike."""

    patient: Brief
    action: Action
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Two or more records of one organization that hang together by looking alike, each with how."""

    members: tuple[tuple[PersonKey, tuple[Match, ...]], ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of both sides, as text."""

    name: str
    source: str
    target: str

    @property
    def is_same(self) -> bool:
        """Whether it stands in nobody's way."""
        return self.source == self.target


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would do, and what stands in its way (`reasons`; empty: nothing does)."""

    source: Organization
    target: Organization
    at: datetime
    settings: tuple[Setting, ...]
    source_tags: tuple[LabelPlan, ...]
    target_tags: tuple[LabelPlan, ...]
    source_sites: tuple[LabelPlan, ...]
    target_sites: tuple[LabelPlan, ...]
    source_members: tuple[MemberPlan, ...]
    target_members: tuple[MemberPlan, ...]
    source_patients: tuple[PatientPlan, ...]
    target_patients: tuple[PatientPlan, ...]
    source_clusters: tuple[Cluster, ...]
    target_clusters: tuple[Cluster, ...]
    reasons: tuple[str, ...]
    conflicts: Mapping[Likeness, int] = field(default_factory=dict)
    label_names: Mapping[UUID, str] = field(default_factory=dict)

    @property
    def may_be_executed(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class OrganizationsMerged:
    """`source` has been taken up by `target` and is about to go; `tags`: its tags that one of the target replaces.

    Rooms that keep something of an organization follow in the same transaction.
    """

    merge: UUID
    source: OrganizationKey
    target: OrganizationKey
    tags: Mapping[UUID, UUID]
