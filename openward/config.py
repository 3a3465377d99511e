"""Every setting, its default and one line of meaning; read once, passed down.

Flags of the command line come first, then `OPENWARD_*` environment variables, then `openward.toml` (in the working
folder, or where `OPENWARD_CONFIG` points), then the defaults here.
"""

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


def _setting(default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"meaning": meaning, "secret": secret})


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration of one installation."""

    data_dir: Path = _setting(Path("var"), "Folder with the embedded database, blobs, keys and the mail outbox.")
    database_url: str = _setting("", "PostgreSQL 15 or newer to use in place of the embedded one.", secret=True)
    postgres_bin_dir: str = _setting("", "Folder with PostgreSQL binaries to run in place of the packaged ones.")
    host: str = _setting("127.0.0.1", "Address that the server listens on.")
    port: int = _setting(8000, "Port that the server listens on.")
    base_url: str = _setting("", "Public address used in links and mails; the listening address when empty.")
    processes: int = _setting(0, "Number of API processes; 0 takes one for each core, four at most.")
    workers: int = _setting(1, "Number of job worker processes that `serve` starts.")
    pool_size: int = _setting(10, "Database connections of one process.")
    mllp_port: int = _setting(-1, "Port for HL7 version 2 messages over MLLP; -1 for none, 0 picks a free one.")
    mllp_host: str = _setting("", "Address for HL7 messages; that of the server when empty.")
    mllp_max_mb: int = _setting(10, "Largest HL7 message in MiB.")
    mllp_idle_seconds: int = _setting(3600, "Silence after which a connection of an HL7 sender is closed.")
    mllp_message_seconds: int = _setting(60, "Time within which an HL7 message has to arrive, from its first byte.")
    mllp_connections: int = _setting(64, "Connections of HL7 senders at the same time.")
    mllp_tls_cert: str = _setting("", "File with our certificate chain (PEM); with it HL7 messages come over TLS.")
    mllp_tls_key: str = _setting("", "File with the key of that certificate.")
    mllp_tls_client_ca: str = _setting("", "File with authorities (PEM) by one of which senders must be certified.")
    operators: str = _setting("", "E-mail addresses, comma separated, of who may see the outbox and the whole audit.")
    product_name: str = _setting("Openward", "Name shown on pages, in mails and in EHR forms.")
    outbox_dir: str = _setting("", "Folder where mail lands as .eml files when no SMTP server is set.")
    smtp_url: str = _setting(
        "", "SMTP server: smtp://user:password@host:port, smtps://..., ?starttls=required or no.", secret=True
    )
    mail_from: str = _setting("Openward <no-reply@openward.invalid>", "Sender of all mail.")
    service_secret: str = _setting("", "Secret of POST /auth/serverlogin; provisioning can set it too.", secret=True)
    demo_patient_user_id: str = _setting("", "User that becomes the demo patient of each new clinic.")
    webhooks_allow_private: bool = _setting(False, "Let webhooks and partner connections call private addresses.")
    webhook_log_days: int = _setting(30, "Days for which finished deliveries of webhooks stay in the log.")
    apple_team_id: str = _setting("", "Apple developer team whose apps `GET /v1/device_check/verify` asks about.")
    apple_key_id: str = _setting("", "Name of that team's DeviceCheck key.")
    apple_key_file: str = _setting("", "File with that key (.p8); without it no device is ever verified.")
    device_check_url: str = _setting("https://api.devicecheck.apple.com", "Where Apple answers about devices.")
    video_stun_urls: str = _setting("", "STUN servers of video calls, comma separated: stun:turn.example.org:3478.")
    video_turn_urls: str = _setting("", "TURN servers, comma separated: turns:turn.example.org:5349?transport=tcp.")
    video_turn_secret: str = _setting("", "Secret shared with them for passwords that expire.", secret=True)
    video_relay_only: bool = _setting(False, "Let pictures and sound of video calls go through TURN servers only.")
    video_engine_url: str = _setting(
        "", "Jitsi or LiveKit page to use for calls: https://meet.example.org/{room}?jwt={token}."
    )
    video_engine_token: str = _setting("", "Kind of token that this page wants: jitsi or livekit; empty for none.")
    video_engine_key: str = _setting("", "Application id (Jitsi) or API key (LiveKit) that these tokens name.")
    video_engine_secret: str = _setting("", "Secret that they are signed with.", secret=True)
    video_away_seconds: int = _setting(15, "Silence of a page after which its person is no more in the video call.")
    video_left_seconds: int = _setting(120, "Absence after which a patient left the waiting room without being seen.")
    scan_command: str = _setting("", "Program that looks at attachments on its standard input, such as `clamdscan -`.")
    trusted_proxies: int = _setting(0, "Number of reverse proxies whose X-Forwarded-For is believed.")
    session_hours: int = _setting(24 * 7, "Life of a session token in hours.")
    max_body_mb: int = _setting(64, "Largest request body in MiB, after decompression.")
    reports_zip_cipher: str = _setting("aes256", "Lock of encounter reports: aes256, or zipcrypto for old tools.")
    twine_require_scope_filter: bool = _setting(False, "Refuse lists of the coaching API without a scope filter.")
    reference_edges: bool = _setting(False, "Classify glucose on unrounded mmol/L, as the reference platform does.")
    reference_merging: bool = _setting(False, "Merge buckets as the reference platform does, with its known losses.")
    log_level: str = _setting("info", "debug, info, warning or error.")
    tracing: bool = _setting(False, "Send OpenTelemetry traces.")
    rehearsal: bool = _setting(False, "Allows settings that no real installation may use.")
    clock_offset_seconds: int = _setting(0, "Shifts the server's idea of now; needs rehearsal.")

    def __post_init__(self) -> None:
        if self.clock_offset_seconds and not self.rehearsal:
            raise ConfigError("clock_offset_seconds is refused unless rehearsal is on (OPENWARD_REHEARSAL=1)")
        if self.reports_zip_cipher not in ("aes256", "zipcrypto"):
            raise ConfigError(f"reports_zip_cipher: {self.reports_zip_cipher!r} is neither aes256 nor zipcrypto")
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port: {self.port} is not between 0 and 65535")

        if not -1 <= self.mllp_port <= 65535:
            raise ConfigError(f"mllp_port: {self.mllp_port} is not between -1 and 65535")
        for name in ("mllp_max_mb", "mllp_idle_seconds", "mllp_message_seconds", "mllp_connections"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}: {getattr(self, name)} is not at least 1")
        if self.mllp_tls_client_ca and not self.mllp_tls_cert:
            raise ConfigError("mllp_tls_client_ca: senders show certificates over TLS only; set mllp_tls_cert, too")
        if self.video_relay_only and not self.video_turn_urls:
            raise ConfigError("video_relay_only: needs video_turn_urls")
        self._check_engine()

    def _check_engine(self) -> None:
        url, kind = self.video_engine_url, self.video_engine_token
        if url and not (url.startswith(("https://", "http://")) and ("{room}" in url or "{token}" in url)):
            raise ConfigError("video_engine_url: write a web address that says {room} where the room's name belongs")
        if kind not in ("", "jitsi", "livekit"):
            raise ConfigError(f"video_engine_token: {kind!r} is neither jitsi nor livekit")
        if bool(kind) != ("{token}" in url):
            raise ConfigError("video_engine_url: it says {token} if and only if video_engine_token says of what kind")
        if kind == "jitsi" and "{room}" not in url:
            raise ConfigError("video_engine_url: Jitsi wants {room} beside the token")
        if kind and not (self.video_engine_key and self.video_engine_secret):
            raise ConfigError("video_engine_token: needs video_engine_key and video_engine_secret")

    @property
    def outbox(self) -> Path:
        """Where mail lands when no SMTP server is set."""
        return Path(self.outbox_dir) if self.outbox_dir else self.data_dir / "outbox"

    @property
    def public_url(self) -> str:
        """The address that links point at, without a slash at its end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


class ConfigError(Exception):
    """A setting that cannot be; the message names it and says what is allowed."""


_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def _convert(name: str, kind: object, value: object) -> object:
    if kind is bool:
        word = str(value).strip().lower()
        if word not in _TRUE | _FALSE:
            raise ConfigError(f"{name}: {value!r} is neither true nor false")
        return word in _TRUE
    if kind is int:
        try:
            return int(str(value))
        except ValueError:
            raise ConfigError(f"{name}: {value!r} is not a whole number") from None
    if kind is Path:
        return Path(str(value)).expanduser()
    return str(value)


def load(flags: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from flags (None means not given), environment and file, in this order of precedence."""
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    place = Path(environ.get("OPENWARD_CONFIG", "openward.toml"))
    from_file: dict[str, object] = {}
    if place.is_file():
        try:
            from_file = tomllib.loads(place.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{place}: {error}") from None
    known = {item.name: item for item in fields(Settings)}
    for name in from_file:
        if name not in known:
            raise ConfigError(f"{place}: unknown setting {name!r}")
    values: dict[str, Any] = {}
    for name, item in known.items():
        raw = given.get(name, environ.get(f"OPENWARD_{name.upper()}", from_file.get(name)))
        if raw is not None:
            values[name] = _convert(name, item.type, raw)
    return Settings(**values)


def reference() -> str:
    """The page `docs/reference/settings.md`, made from this file: name, default and meaning of each setting."""
    lines = [
        "# Settings",
        "",
        "For operators. Made from the code by `make docs`; do not edit. Flags of the command line win over",
        "environment variables, these over `openward.toml` (in the working folder, or where `OPENWARD_CONFIG` points),",
        "and that over the defaults.",
        "",
        "| environment variable | in `openward.toml` | default | meaning |",
        "|---|---|---|---|",
    ]
    for item in fields(Settings):
        shown = str(item.default).lower() if isinstance(item.default, bool) else str(item.default) or "(empty)"
        secret = " Keep it secret." if item.metadata["secret"] else ""
        row = (f"`OPENWARD_{item.name.upper()}`", f"`{item.name}`", f"`{shown}`", item.metadata["meaning"] + secret)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
