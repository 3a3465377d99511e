"""Resource objects and the documents that hold them: `data`, `included`, `links`, `meta`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.twine.media import answer

Resource = dict[str, Any]


def pointer_to(kind: str, name: str | None, meta: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """A resource identifier, or None for nothing."""
    if name is None:
        return None
    return {"type": kind, "id": name} | ({"meta": dict(meta)} if meta else {})


def pointers(kind: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """Resource identifiers of one type."""
    return [{"type": kind, "id": name} for name in names]


def resource(
    kind: str,
    name: str,
    attributes: Mapping[str, Any],
    relationships: Mapping[str, Any] | None = None,
    *,
    path: str = "",
) -> Resource:
    """One resource with its links. A relationship is what its `data` holds; `LINK_ONLY` leaves that out.

    path: where the resource is served below `/pub`, `/{kind}/{name}` unless given.
    """
    own = f"/pub{path or f'/{kind}/{name}'}"
    made: Resource = {"type": kind, "id": name, "attributes": dict(attributes)}
    if relationships is not None:
        made["relationships"] = {
            relation: ({} if data is LINK_ONLY else {"data": data}) | {"links": {"related": f"{own}/{relation}"}}
            for relation, data in relationships.items()
        }
    made["links"] = {"self": own}
    return made


LINK_ONLY: Any = object()
"""A relationship whose data is not shown, only where it is found."""


@dataclass(slots=True)
class Included:
    """What goes along with a document: each resource once, and none that is in its data already."""

    resources: dict[tuple[str, str], Resource] = field(default_factory=dict)

    def add(self, made: Iterable[Resource]) -> None:
        """Take these along."""
        for one in made:
            self.resources.setdefault((one["type"], one["id"]), one)

    def beside(self, data: Resource | Sequence[Resource] | None) -> list[Resource]:
        """All of them that are not in `data`."""
        there = data if isinstance(data, list) else [data] if isinstance(data, dict) else []
        shown = {(one["type"], one["id"]) for one in there}
        return [one for key, one in self.resources.items() if key not in shown]


def one(
    call: Call,
    data: Resource | list[Resource] | None,
    included: Included | None = None,
    status: int = 200,
    meta: Mapping[str, Any] | None = None,
) -> Reply:
    """A document of one resource, or of what a bulk request has made."""
    document: dict[str, Any] = {"data": data, "included": included.beside(data) if included else []}
    return answer(call, document, status, meta=meta)


def collection(
    call: Call,
    data: list[Resource],
    count: int,
    links: Mapping[str, str],
    included: Included | None = None,
) -> Reply:
    """A page of a list; `count` is the number of all that match."""
    document = {"data": data, "included": included.beside(data) if included else [], "links": dict(links)}
    return answer(call, document, meta={"count": count})


def nothing(call: Call) -> Reply:
    """The answer to a deletion: `meta` alone."""
    return answer(call, {})
