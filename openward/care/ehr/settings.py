"""How an organization is linked with a system of health records: its settings, read, checked and kept.

They are kept as the document that the Clinics API publishes, because lists of organizations are filtered by it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from openward.care import organizations
from openward.care.errors import Invalid
from openward.care.organizations import Organization
from openward.care.work import OrganizationKey, Work

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class Provider(StrEnum):
    """The systems through which records of health are reached; each has its own subscriptions."""

    REDOX = "redox"
    XEALTH = "xealth"


class Destinations(msgspec.Struct, frozen=True, rename="camel"):
    """Where each kind of message is sent."""

    flowsheet: _Text
    results: _Text
    notes: _Text


class ProcedureCodes(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which code of an order asks for what; for Xealth `create_account_and_enable_reports` is the id of the program."""

    enable_summary_reports: _Text | None = None
    disable_summary_reports: _Text | None = None
    create_account: _Text | None = None
    create_account_and_enable_reports: str | None = None


class ScheduledReports(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """When reports are pushed by themselves: each `cadence`, and after an upload."""

    on_upload_enabled: bool
    cadence: Literal["1d", "7d", "14d", "30d", "DISABLED"]
    on_upload_note_event_type: Literal["New", "Replace"] | None = None


class TagSettings(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which entries of an order name tags, and what keeps several in one entry apart."""

    codes: tuple[str, ...] | None = None
    separator: _Text | None = None


class Flowsheets(msgspec.Struct, frozen=True, rename="camel"):
    """Whether figures are rounded as the iCoDE-2 project asks."""

    icode: bool


class Notes(msgspec.Struct, frozen=True):
    """Whether a note says the GMI."""

    include_gmi: bool = msgspec.field(default=False, name="includeGMI")


class EHRSettings(msgspec.Struct, frozen=True, rename="camel"):
    """All settings of one organization."""

    enabled: bool
    source_id: Annotated[str, msgspec.Meta(max_length=255)]
    procedure_codes: ProcedureCodes
    mrn_id_type: _Text
    provider: Provider
    scheduled_reports: ScheduledReports
    tags: TagSettings
    flowsheets: Flowsheets
    destination_ids: Destinations | None = None
    notes: Notes = Notes()


def read_settings(document: Mapping[str, Any]) -> EHRSettings:
    """The settings in a document, completed by what holds when it says nothing; `Invalid` for a bad one.

    How a note replaces another is kept only when notes are sent after uploads.
    """
    try:
        read = msgspec.convert(_said(document), EHRSettings)
    except msgspec.ValidationError as error:
        # The message names the kind and the place only, never a value.
        raise Invalid(str(error)) from None
    reports = read.scheduled_reports
    kind = (reports.on_upload_note_event_type or "New") if reports.on_upload_enabled else None
    return msgspec.structs.replace(
        read, scheduled_reports=msgspec.structs.replace(reports, on_upload_note_event_type=kind)
    )


def _said(value: Any) -> Any:
    """The document without what is null: a property that may be left out may be null, too."""
    if isinstance(value, Mapping):
        return {name: _said(item) for name, item in value.items() if item is not None}
    return value


def document_of(settings: EHRSettings) -> dict[str, Any]:
    """The settings as they are kept and shown; what is not set is left out."""
    document: dict[str, Any] = _said(msgspec.to_builtins(settings))
    return document


def settings_of(organization: Organization) -> EHRSettings | None:
    """The settings of an organization, None before they were ever set."""
    return None if organization.ehr is None else read_settings(organization.ehr)


async def put_settings(work: Work, organization: OrganizationKey, settings: EHRSettings) -> None:
    """Replace all settings of an organization."""
    await organizations.set_ehr(work, organization, document_of(settings))
