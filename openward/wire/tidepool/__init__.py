"""Served: clinic.v1, data, auth, confirmations and metadata of the Tidepool platform."""
