"""A published description as a measure: what each of its operations may answer with."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import regex
from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

from openward.openapi.published import METHODS, Gathering, load

Components = dict[str, dict[str, Any]]
_KINDS = ("application/json", "application/vnd.api+json")


class Contract:
    """One published file. `slips` are patterns to be read otherwise, `mend` puts other mistakes of the file right.

    `media` is the type of the answers that are measured, where several are described.
    """

    def __init__(
        self,
        wire: str,
        name: str,
        *,
        slips: Mapping[str, str] | None = None,
        mend: Callable[[Components], None] = lambda components: None,
        media: str = "application/json",
    ) -> None:
        self.name = name
        self._wire, self._mend, self._media = wire, mend, media
        self._checker = validators.extend(Draft202012Validator, {"pattern": _pattern(slips or {})})
        self._measures: dict[tuple[str, int], Any] = {}

    def operation_ids(self) -> set[str]:
        """Every operation of the file."""
        return set(self._published[0])

    def statuses(self, operation_id: str) -> set[int]:
        """The statuses that an operation may answer with."""
        return {int(status) for status in self._published[0][operation_id]}

    def faults(self, operation_id: str, status: int, body: Any) -> list[str]:
        """Where a body differs from what is published for this status; nothing published allows everything."""
        measure = self._measure(operation_id, status)
        found = measure.iter_errors(body) if measure else ()
        return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in found]

    @functools.cached_property
    def _published(self) -> tuple[dict[str, dict[str, Any]], Components]:
        """The responses of each operation by its id, and the components that they refer to."""
        gathering = Gathering(self._wire)
        found = {
            operation["operationId"]: gathering.operation(self.name, operation["operationId"])[1]["responses"]
            for item in load(self._wire, self.name)["paths"].values()
            for method, operation in item.items()
            if method in METHODS
        }
        self._mend(gathering.components)
        return found, gathering.components

    def _measure(self, operation_id: str, status: int) -> Any:
        """What measures one answer, None where nothing is published; reading the references takes a while."""
        if (operation_id, status) not in self._measures:
            responses, components = self._published
            response = responses[operation_id].get(str(status), {})
            if "$ref" in response:
                response = components["responses"][response["$ref"].rsplit("/", 1)[-1]]
            content = response.get("content", {})
            schema = next((content[kind].get("schema") for kind in (self._media, *_KINDS) if kind in content), None)
            made = schema and self._checker({**schema, "components": components}, format_checker=FormatChecker())
            self._measures[operation_id, status] = made
        return self._measures[operation_id, status]


def _pattern(slips: Mapping[str, str]) -> Callable[..., Any]:
    """Published patterns use classes that Python's own expressions do not have."""

    def check(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Any:
        if isinstance(instance, str) and regex.search(slips.get(pattern, pattern), instance) is None:
            yield ValidationError(f"{instance!r} does not match {pattern!r}")

    return check
