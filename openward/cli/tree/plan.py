"""What the supervisor tells a child: one JSON document on standard input, so that no command line holds a secret."""

from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from openward.config import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """socket: the number of the listening socket's descriptor, for an API process or the listener for HL7 messages."""

    settings: Settings
    dsn: str
    socket: int = -1


def encode(plan: Plan) -> bytes:
    """The document."""
    values = {name: str(value) if name == "data_dir" else value for name, value in asdict(plan.settings).items()}
    return msgspec.json.encode({"settings": values, "dsn": plan.dsn, "socket": plan.socket})


def decode(raw: bytes) -> Plan:
    """The plan again."""
    document = msgspec.json.decode(raw)
    values = document["settings"]
    return Plan(Settings(**values | {"data_dir": Path(values["data_dir"])}), document["dsn"], document["socket"])
