"""A summary as other programs hand it in for the patient lists, held against the published schema."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from openward.care.errors import Invalid
from openward.care.roster import FIELDS
from openward.care.summaries import Kind
from openward.wire.tidepool.clinics.bodies import Moment, converted, in_utc, instant

SummaryId = Annotated[str, msgspec.Meta(pattern="^[a-f0-9]{0,24}$", max_length=24)]

_WITHOUT_FLAG: Final = ("min", "max", "standardDeviation", "coefficientOfVariation", "hoursWithData", "daysWithData")
_NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.CGM: _WITHOUT_FLAG,
    Kind.BGM: ("min", "max", "daysWithData"),
}


class Config(msgspec.Struct):
    """By which thresholds a summary was made."""

    schemaVersion: float
    highGlucoseThreshold: float
    veryHighGlucoseThreshold: float
    lowGlucoseThreshold: float
    veryLowGlucoseThreshold: float


class Dates(msgspec.Struct, omit_defaults=True):
    """How fresh a summary is."""

    hasFirstData: bool
    hasLastData: bool
    hasLastUploadDate: bool
    hasOutdatedSince: bool
    lastUpdatedDate: Moment | None = None
    lastUpdatedReason: list[str] | None = None
    firstData: Moment | None = None
    lastData: Moment | None = None
    lastUploadDate: Moment | None = None
    outdatedSince: Moment | None = None
    outdatedSinceLimit: Moment | None = None
    outdatedReason: list[str] | None = None


class StatsBody(msgspec.Struct):
    """One kind of summary; without an id it is passed over."""

    id: SummaryId | None = None
    config: Config | None = None
    dates: Dates | None = None
    periods: dict[str, dict[str, Any]] | None = None


class SummaryBody(msgspec.Struct):
    """The kinds that are given."""

    cgmStats: StatsBody | None = None
    bgmStats: StatsBody | None = None


def stats_of(raw: Any) -> dict[Kind, dict[str, Any]] | None:
    """The summaries to keep by kind, None for an empty body, which takes all away; `Invalid` against the schema."""
    body = converted({} if raw is None else raw, SummaryBody)
    given = {kind: stats for kind, stats in ((Kind.CGM, body.cgmStats), (Kind.BGM, body.bgmStats)) if stats is not None}
    if not given:
        return None
    ready = {kind: _stats(kind, stats) for kind, stats in given.items()}
    return {kind: stats for kind, stats in ready.items() if stats.get("id")}


def _stats(kind: Kind, body: StatsBody) -> dict[str, Any]:
    stats: dict[str, Any] = {"id": body.id or ""}
    if body.config is not None:
        stats["config"] = msgspec.to_builtins(body.config)
        stats["config"]["schemaVersion"] = int(body.config.schemaVersion)
    if body.dates is not None:
        stats["dates"] = _dates(body.dates)
    if body.periods is not None:
        stats["periods"] = {name: _period(kind, name, period) for name, period in body.periods.items()}
    return stats


def _dates(dates: Dates) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name in dates.__struct_fields__:
        value = getattr(dates, name)
        if isinstance(value, datetime):
            at = in_utc(value)
            value = None if at is None else instant(at)
        if value is not None:
            written[name] = value
    return written


def _period(kind: Kind, name: str, period: Mapping[str, Any]) -> dict[str, Any]:
    """The published properties of a period, each checked; what else is there is left out."""
    flags = [_flag(figure) for figure in FIELDS[kind] if not figure.endswith("Delta") and figure not in _WITHOUT_FLAG]
    numbers = dict.fromkeys([*FIELDS[kind], *(f"{one}{end}" for one in _NEEDED[kind] for end in ("", "Delta"))])
    for flag in flags:
        if not isinstance(period.get(flag), bool):
            raise Invalid(f"periods.{name}.{flag} is not true or false")
    for one in _NEEDED[kind]:
        for figure in (one, f"{one}Delta"):
            if figure not in period:
                raise Invalid(f"periods.{name}.{figure} is missing")
    for figure in numbers:
        value = period.get(figure)
        if figure in period and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise Invalid(f"periods.{name}.{figure} is not a number")
    return {one: period[one] for one in (*flags, *numbers) if one in period}


def _flag(figure: str) -> str:
    return f"has{figure[0].upper()}{figure[1:]}"
