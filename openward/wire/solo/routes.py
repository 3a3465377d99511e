"""What is served, resource by resource: 42 published operations."""

from openward.gateway.wiring import Route

ROUTES: list[Route] = []
