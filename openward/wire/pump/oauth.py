"""How the pump cloud hands out tokens: PKCE, HTTP Basic, refresh tokens of one use."""

from openward.care.connections.ports import OAuth

OAUTH = OAuth(scopes=("devices:read", "offline_access"), uses_pkce=True, has_secret_in_body=False)
