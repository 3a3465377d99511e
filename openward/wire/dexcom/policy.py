"""What Dexcom permits."""

from datetime import time

from openward.care.connections.policy import Pause, Policy

POLICY = Policy(
    interval_minutes=(45, 75),
    pause=Pause(time(2, 45), time(3, 45), "America/Los_Angeles"),
    login_path="/v2/oauth2/login",
    token_path="/v2/oauth2/token",  # noqa: S106 -- a path
    batch_days=30,
    # A phone out of reach of its sensor delivers the missing readings within a day.
    overlap_minutes=1440,
)
