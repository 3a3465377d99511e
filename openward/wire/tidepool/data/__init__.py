"""The data plane: data sets, data in and out, export, time."""

from openward.wire.tidepool.data.routes import ROUTES

__all__ = ["ROUTES"]
