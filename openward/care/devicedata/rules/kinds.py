"""Kinds of data: how a datum names what it is, and how one inside another is split off."""

from collections.abc import Mapping
from typing import Any

from openward.care.devicedata.rules.reading import Checked, Notebook, Reader, quoted, quoted_list
from openward.care.devicedata.rules.shapes import Shape


class Kind:
    """One value of `type`: a single shape, or several told apart by a further field."""

    def __init__(
        self, name: str, shape: Shape | None = None, *, by: str = "", shapes: Mapping[str, Shape] | None = None
    ):
        self.name = name
        self._by = by
        self._shapes: Mapping[str, Shape] = shapes if shapes is not None else {}
        self._shape = shape
        self._plain_meta = {"type": name}
        self._metas = {variant: {"type": name, by: variant} for variant in self._shapes}

    def read(self, value: dict[str, Any], at: str, notes: Notebook, *, inside: bool = False) -> Checked | None:
        """Read one object of this kind; `inside` says that it belongs to another datum, whose faults it shares."""
        shape = self._shape
        variant = ""
        if not inside:
            notes.meta = self._plain_meta
        if shape is None:
            chosen = discriminator(value, self._by, tuple(self._shapes), at, notes)
            if chosen is None:
                return None
            variant = chosen
            shape = self._shapes[variant]
            if not inside:
                notes.meta = self._metas[variant]
        fields = shape(value, at, notes)
        if fields is None or "time" not in fields:
            return None
        time = fields.pop("time")
        if variant:
            fields[self._by] = variant
        return Checked(self.name, time, fields)


def discriminator(value: dict[str, Any], name: str, allowed: tuple[str, ...], at: str, notes: Notebook) -> str | None:
    """Read the word that decides how to go on; without it nothing can be parsed, so its faults are parse faults."""
    found = value.get(name)
    if found is None:
        notes.unparsed("value-not-exists", f"{at}/{name}")
    elif type(found) is not str:
        notes.wrong_type("string", found, f"{at}/{name}")
    elif found not in allowed:
        detail = f"value {quoted(found)} is not one of {quoted_list(allowed)}"
        notes.unparsed("value-not-allowed", f"{at}/{name}", detail)
    else:
        return found
    return None


def embedded(kind: Kind) -> Reader:
    """Read a full datum inside another one; it is split off as its own datum and its parent keeps the id."""

    def read(value: Any, at: str, notes: Notebook) -> str | None:
        if type(value) is not dict:
            notes.wrong_type("object", value, at)
            return None
        if discriminator(value, "type", (kind.name,), at, notes) is None:
            return None
        checked = kind.read(value, at, notes, inside=True)
        if checked is None:
            return None
        if "id" not in checked.fields:
            checked.fields["id"] = notes.mint_id()
        notes.split_off.append(checked)
        return str(checked.fields["id"])

    return read
