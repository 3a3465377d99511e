"""The published descriptions of this system as a measure: the base contract and the rewards beside it."""

from typing import Any

from tests.wire.contract import Contract

JSON_API = "application/vnd.api+json"
FILES = ("twine.v7", "rewards.v7")
CONTRACTS = {name: Contract("twine", name, media=JSON_API) for name in FILES}
PLAIN = Contract("twine", "twine.v7")
"""Answers in plain JSON, which only the operation that gives tokens describes."""


def contract_of(operation: str) -> Contract:
    """The file that describes an operation."""
    return next(one for one in CONTRACTS.values() if operation in one.operation_ids())


def statuses(operation: str) -> set[int]:
    """What it may answer: 409 also where the file forgot that any operation refuses unknown parameters."""
    return contract_of(operation).statuses(operation) | {409}


def faults(operation: str, status: int, body: Any) -> list[str]:
    """Where a JSON:API answer differs from what is published."""
    described = contract_of(operation)
    if status not in described.statuses(operation):
        operation = "createGroup"  # what a refusal of parameters looks like is the same everywhere
        described = contract_of(operation)
    return described.faults(operation, status, body)
