"""Passwords for TURN servers, and what browsers are told of the servers."""

from datetime import UTC, datetime

from openward.infra.turn import ice_servers

NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)


def test_a_password_is_the_hmac_of_a_name_that_says_until_when() -> None:
    found = ice_servers("stun:a:3478", " turn:a:3478 ,turns:a:5349?transport=tcp,", "north", "page", NOW)
    assert found == [
        {"urls": ["stun:a:3478"]},
        {
            "urls": ["turn:a:3478", "turns:a:5349?transport=tcp"],
            "username": "1773187200:page",
            # printf %s 1773187200:page | openssl dgst -sha1 -hmac north -binary | base64
            "credential": "42YM0hT5lvVkwEfmMTrymPWNyyU=",
        },
    ]


def test_without_settings_nobody_is_asked() -> None:
    assert ice_servers("", " , ", "", "page", NOW) == []
