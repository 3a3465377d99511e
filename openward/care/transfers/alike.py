"""Which patients look like the same human being: pure, and linear in their number.

Compared are date of birth, name, MRN and account. Records are never compared pair by pair, for thousands may be born on
one day or carry the MRN `none`: they are counted by what they have in common, and numbers of pairs follow by
arithmetic. Only the first few of each kind are named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from openward.care.patients import Brief
from openward.care.transfers.merge_model import Cluster, Likeness, Match
from openward.care.work import PersonKey

NAMED = 20
"""So many of those who look like a patient are named for each likeness; the count is exact."""
_LOOKS = 200  # at so many of a group, at most, when names are gathered


@dataclass(frozen=True, slots=True)
class _Traits:
    """What is compared, folded; empty values never match. `birth` is None or an ISO date."""

    name: str
    mrn: str
    birth: str

    @classmethod
    def of(cls, patient: Brief) -> "_Traits":
        born = patient.birth_date
        return cls(
            patient.full_name.strip().lower(), (patient.mrn or "").strip().lower(), born.isoformat() if born else ""
        )

    def shared(self) -> Iterator[tuple[str, ...]]:
        """One key for each set of traits that can make two records alike; the first letters say which."""
        name, mrn, birth = self.name, self.mrn, self.birth
        if mrn:
            yield ("m", mrn)
        if name:
            yield ("n", name)
        if mrn and name:
            yield ("mn", mrn, name)
        if mrn and birth:
            yield ("mb", mrn, birth)
        if name and birth:
            yield ("nb", name, birth)
        if mrn and name and birth:
            yield ("mnb", mrn, name, birth)

    def likeness(self, other: "_Traits") -> Likeness | None:
        """How alike two records of different accounts are."""
        same_name = bool(self.name) and self.name == other.name
        same_mrn = bool(self.mrn) and self.mrn == other.mrn
        same_birth = bool(self.birth) and self.birth == other.birth
        if same_name + same_mrn + same_birth >= 2:
            return Likeness.LIKELY
        if same_mrn:
            return Likeness.MRN_ONLY
        return Likeness.NAME_ONLY if same_name else None


@dataclass(slots=True)
class Index:
    """Patients of one organization by what they have in common."""

    patients: Sequence[Brief]
    _traits: dict[PersonKey, _Traits] = field(default_factory=dict)
    _groups: dict[tuple[str, ...], list[PersonKey]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for patient in self.patients:
            traits = self._traits[patient.person] = _Traits.of(patient)
            for key in traits.shared():
                self._groups.setdefault(key, []).append(patient.person)

    def matches(self, patient: Brief) -> tuple[Match, ...]:
        """Those of this organization that look like a patient, of this one or of another."""
        traits = _Traits.of(patient)
        groups = {key[0]: self._groups.get(key, []) for key in traits.shared()}
        counts = _counts({name: len(group) for name, group in groups.items()})
        found = []
        own = self._traits.get(patient.person)
        if own is not None:
            likeness = traits.likeness(own)
            if likeness is not None:
                counts[likeness] -= 1
            found.append(Match(Likeness.SAME_ACCOUNT, 1, (patient.person,)))
        named = self._named(patient.person, traits, groups, counts)
        found += [Match(likeness, counts[likeness], tuple(named[likeness])) for likeness in counts if counts[likeness]]
        return tuple(found)

    def _named(
        self, person: PersonKey, traits: _Traits, groups: dict[str, list[PersonKey]], counts: dict[Likeness, int]
    ) -> dict[Likeness, list[PersonKey]]:
        named: dict[Likeness, dict[PersonKey, None]] = {likeness: {} for likeness in counts}
        wanted = sum(min(count, NAMED) for count in counts.values())
        for name in ("mnb", "mn", "mb", "nb", "m", "n"):
            for other in groups.get(name, [])[:_LOOKS]:
                if sum(map(len, named.values())) == wanted:
                    break
                likeness = traits.likeness(self._traits[other])
                if other != person and likeness is not None and len(named[likeness]) < NAMED:
                    named[likeness][other] = None
        return {likeness: list(people) for likeness, people in named.items()}

    def clusters(self) -> tuple[Cluster, ...]:
        """Records of this organization that hang together by looking alike, two or more each."""
        parents = {patient.person: patient.person for patient in self.patients}

        def root(person: PersonKey) -> PersonKey:
            while parents[person] != person:
                parents[person] = parents[parents[person]]
                person = parents[person]
            return person

        # Whoever is alike at all has the MRN or the name in common.
        for key, group in self._groups.items():
            if key[0] in ("m", "n"):
                first = root(group[0])
                for other in group[1:]:
                    parents[root(other)] = first
        together: dict[PersonKey, list[Brief]] = {}
        for patient in self.patients:
            together.setdefault(root(patient.person), []).append(patient)
        return tuple(
            Cluster(tuple((one.person, self._of_others(one)) for one in group))
            for group in together.values()
            if len(group) > 1
        )

    def _of_others(self, patient: Brief) -> tuple[Match, ...]:
        return tuple(match for match in self.matches(patient) if match.likeness is not Likeness.SAME_ACCOUNT)


def _counts(sizes: dict[str, int]) -> dict[Likeness, int]:
    """How many records share at least two traits, only the MRN, only the name: by inclusion and exclusion."""
    m, n, mn, mb, nb, mnb = (sizes.get(name, 0) for name in ("m", "n", "mn", "mb", "nb", "mnb"))
    return {
        Likeness.LIKELY: mn + mb + nb - 2 * mnb,
        Likeness.MRN_ONLY: m - mn - mb + mnb,
        Likeness.NAME_ONLY: n - mn - nb + mnb,
    }
