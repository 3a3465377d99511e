"""The published description of the Clinics API as a measure: what each operation may answer with."""

import functools
from typing import Any

import regex
from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

from openward.openapi.published import Gathering, load

# The published pattern of the report's filters forgot the minus sign of a drop.
_SLIPS = {r"^(>=|>|<=|<)\d\.\d\d?$": r"^(>=|>|<=|<)-?\d\.\d\d?$"}


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Any:
    """The patterns of names use classes that Python's own expressions do not have."""
    if isinstance(instance, str) and regex.search(_SLIPS.get(pattern, pattern), instance) is None:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator = validators.extend(Draft202012Validator, {"pattern": _pattern})


@functools.cache
def _responses() -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The responses of each operation by its id, and the components that they refer to."""
    gathering = Gathering("tidepool")
    names = [
        operation["operationId"]
        for item in load("tidepool", "clinic.v1")["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    ]
    found = {name: gathering.operation("clinic.v1", name)[1]["responses"] for name in names}
    # What is granted is an object; the published text is a slip.
    gathering.components["schemas"]["confirmation.v1"]["properties"]["context"] = {"type": "object"}
    return found, gathering.components


def operation_ids() -> set[str]:
    """Every operation of the file."""
    return set(_responses()[0])


@functools.cache
def _validator(operation_id: str, status: int) -> Any:
    """What measures one answer, None where nothing is published; reading the references takes a while."""
    responses, components = _responses()
    response = responses[operation_id].get(str(status), {})
    if "$ref" in response:
        response = components["responses"][response["$ref"].rsplit("/", 1)[-1]]
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    return schema and _Validator({**schema, "components": components}, format_checker=FormatChecker())


def faults(operation_id: str, status: int, body: Any) -> list[str]:
    """Where a success body differs from what is published for this status; nothing published allows everything."""
    validator = _validator(operation_id, status)
    found = validator.iter_errors(body) if validator else ()
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in found]
