"""Numbers, dates and spans of time in words, as pages show them."""

from datetime import date, datetime, timedelta

MGDL_PER_MMOL = 18.01559


def glucose_number(mmol: float | None, units: str) -> str:
    """A glucose value without its unit: whole mg/dL or mmol/L with one decimal, half to even; "" for none."""
    if mmol is None:
        return ""
    return f"{mmol * MGDL_PER_MMOL:.0f}" if units == "mg/dL" else f"{mmol:.1f}"


def percent(fraction: float, decimals: int = 0) -> str:
    """A fraction 0..1 as percent."""
    return f"{round(100 * fraction, 9):.{decimals}f} %"


def years(born: date | None, today: date) -> int | None:
    """The age in full years; None for an unknown birth date."""
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in its largest unit; "" for never."""
    if moment is None:
        return ""
    gone = now - moment
    if gone < timedelta(minutes=1):
        return "just now"
    if gone < timedelta(hours=1):
        return f"{gone // timedelta(minutes=1)} min ago"
    if gone < timedelta(days=1):
        return f"{gone // timedelta(hours=1)} h ago"
    days = gone // timedelta(days=1)
    if days < 61:
        return "1 day ago" if days == 1 else f"{days} days ago"
    return f"{days * 12 // 365} months ago" if days < 730 else f"{days // 365} years ago"


def day(value: date) -> str:
    """A date as people write it: 3 Mar 2026."""
    return f"{value.day} {value:%b %Y}"
