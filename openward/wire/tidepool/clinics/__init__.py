"""The Clinics API: clinics, clinicians, patients, tags, sites, settings."""

from openward.wire.tidepool.clinics.routes import ROUTES

__all__ = ["ROUTES"]
