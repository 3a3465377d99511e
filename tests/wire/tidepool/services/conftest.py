"""The callers and clinics of the Clinics API's tests serve here too."""

from tests.wire.tidepool.clinics.conftest import a_clinic, clinic, house, http

__all__ = ["a_clinic", "clinic", "house", "http"]
