"""What the pump cloud permits."""

from openward.care.connections.policy import Policy

POLICY = Policy(
    interval_minutes=(20, 40),
    login_path="/oauth/authorize",
    token_path="/oauth/token",  # noqa: S106 -- a path
    revoke_path="/oauth/revoke",
    requests_per_minute=6000,
    batch_days=14,
    # A record comes when what it tells of has ended, and a pump may be out of reach for half a day.
    overlap_minutes=1440,
    access_token_minutes=120,
    refresh_token_days=90,
    page_size=500,
)
