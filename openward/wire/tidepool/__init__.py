"""Served: clinic.v1, data, auth, confirmations and metadata of the Tidepool platform."""

from openward.care.errors import CareError
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, Wiring
from openward.wire.tidepool import (
    access,
    accounts,
    accounts_session,
    blobs,
    clinics,
    confirm,
    confirm_clinic,
    confirm_invites,
    consents,
    data,
    device_tokens,
    devices,
    errors,
    messages,
    metadata,
    metrics,
    oauth2,
    oauth_login,
    oauth_providers,
    openid,
    prescriptions,
    provider_sessions,
    restricted_tokens,
    summaries,
)
from openward.wire.tidepool.auth import identify

# One line for each file that serves something: add yours.
_ROUTES: list[Route] = [
    *accounts.ROUTES,
    *accounts_session.ROUTES,
    *restricted_tokens.ROUTES,
    *provider_sessions.ROUTES,
    *oauth_providers.ROUTES,
    *confirm.ROUTES,
    *confirm_clinic.ROUTES,
    *confirm_invites.ROUTES,
    *metadata.ROUTES,
    *access.ROUTES,
    *oauth2.ROUTES,
    *oauth_login.ROUTES,
    *openid.ROUTES,
    *clinics.ROUTES,
    *data.ROUTES,
    *summaries.ROUTES,
    *messages.ROUTES,
    *metrics.ROUTES,
    *consents.ROUTES,
    *devices.ROUTES,
    *device_tokens.ROUTES,
    *prescriptions.ROUTES,
    *blobs.ROUTES,
]

_PREFIXES = (
    "/v1/",
    "/auth",
    "/login",
    "/logout",
    "/oauthlogin",
    "/user",
    "/serverlogin",
    "/token/",
    "/confirm",
    "/metadata",
    "/access",
    "/realms",
    "/data",
    "/dataset",
    "/upload_sessions",
    "/info",
    "/export",
    "/message",
    "/metrics/",
)

_ACCOUNT_PATHS = ("/auth", "/login", "/logout", "/user", "/serverlogin", "/token/", "/confirm", "/metadata", "/access")


def _render(error: CareError, call: Call) -> Reply:
    """The Clinics API's manner, and for unknown paths that of the service which owns the beginning of the path."""
    if call.url_path.startswith(_ACCOUNT_PATHS):
        return errors.account(error, call)
    if call.url_path.startswith("/data"):
        return errors.data(error, call)
    if call.url_path.startswith("/message"):
        return errors.messages(error, call)
    return errors.clinic(error, call)


WIRING = Wiring("tidepool", _PREFIXES, _ROUTES, identify, _render)
