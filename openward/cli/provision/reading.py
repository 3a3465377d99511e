"""Turn the text of a provisioning file into plain values: YAML or JSON, nothing twice, no surprises."""

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from openward.cli.provision.faults import BadFile, Fault

LARGEST_BYTES = 8 * 1024 * 1024


class _Loader(yaml.SafeLoader):
    """YAML without the trap that a key given twice silently keeps its last value."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping; raises when a key comes twice."""
        seen: set[object] = set()
        for key, _value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} is not a text; put it in quotes", key.start_mark
                )
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r} comes twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def read(path: Path) -> object:
    """The content of the file as plain Python values; raises BadFile when it cannot be read or parsed."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadFile([Fault("", f"the file cannot be read: {error.strerror}")]) from None
    if len(raw) > LARGEST_BYTES:
        raise BadFile([Fault("", f"the file is larger than {LARGEST_BYTES >> 20} MiB")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile([Fault("", f"the file is not UTF-8 text (byte {error.start})")]) from None
    return parse(text)


def parse(text: str) -> object:
    """Parse YAML or JSON; JSON is tried first where the text begins like it, because YAML is not quite its superset."""
    try:
        if text.lstrip().startswith("{"):
            try:
                return json.loads(text, object_pairs_hook=_once)
            except json.JSONDecodeError:
                pass  # It may still be YAML in its flow style; if not, YAML's message names line and column.
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadFile([Fault("", f"{place}{error.problem or error.context or 'not valid YAML'}")]) from None
    except (yaml.YAMLError, ValueError) as error:
        # A ValueError is a date such as 2026-02-30, or a number with more digits than Python takes.
        raise BadFile([Fault("", f"not valid YAML: {error}")]) from None
    except RecursionError:
        raise BadFile([Fault("", "the file is nested too deeply")]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise BadFile([Fault("", f"the key {name!r} comes twice")])
        found[name] = value
    return found
