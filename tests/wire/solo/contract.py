"""The published description of this system as a measure."""

from tests.wire.contract import Contract

SOLO = Contract("solo", "solo.v1")
