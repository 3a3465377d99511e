"""The OpenAPI 3.1 documents of what this server really serves, made from the routes themselves."""

from openward.openapi.document import SYSTEMS, document
from openward.openapi.pages import wiring

__all__ = ["SYSTEMS", "document", "wiring"]
