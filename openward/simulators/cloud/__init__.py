"""What partner clouds have in common: people with a login, consent, tokens, an endless stream of data, and faults."""

from openward.simulators.cloud.clock import Clock
from openward.simulators.cloud.faults import FAULTS, Faults, parse
from openward.simulators.cloud.lives import Person, person
from openward.simulators.cloud.server import BadRequest, Cloud, Resource, Setup
from openward.simulators.cloud.world import World

__all__ = [
    "FAULTS",
    "BadRequest",
    "Clock",
    "Cloud",
    "Faults",
    "Person",
    "Resource",
    "Setup",
    "World",
    "parse",
    "person",
]
