"""How Dexcom hands out tokens: no PKCE, the secret in the body, refresh tokens of one use."""

from openward.care.connections.ports import OAuth

OAUTH = OAuth(scopes=("offline_access",), uses_pkce=False, has_secret_in_body=True)
