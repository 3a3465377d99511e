"""Identifiers from all systems: shapes, minting, resolving."""

from openward.care.identity.born_store import Born
from openward.care.identity.moving import clashes, hand_over, move_scope
from openward.care.identity.names import (
    add,
    add_many,
    adopt,
    find,
    match,
    merge,
    mint,
    mint_many,
    mint_people,
    name,
    names,
    remove,
    resolve,
    resolve_many,
)
from openward.care.identity.shapes import BORN_WITH, Identifier, Kind, System, hex24, is_valid, require, share_code

__all__ = [
    "BORN_WITH",
    "Born",
    "Identifier",
    "Kind",
    "System",
    "add",
    "add_many",
    "adopt",
    "clashes",
    "find",
    "hand_over",
    "hex24",
    "is_valid",
    "match",
    "merge",
    "mint",
    "mint_many",
    "mint_people",
    "move_scope",
    "name",
    "names",
    "remove",
    "require",
    "resolve",
    "resolve_many",
    "share_code",
]
