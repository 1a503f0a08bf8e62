"""How amounts, quantities, dates and waiting times read, in the page's language. Pure: text in, text out."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext

from torihiki.lib.money import MINOR_DIGITS

SIGNS = {"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "KRW": "₩", "CNY": "CN¥", "TWD": "NT$", "SGD": "S$"}
SIGNS |= {"AUD": "A$", "CAD": "C$"}
MINUS = "−"  # U+2212
LOSS = "▲"  # how Japanese books mark a negative amount
WEEKDAYS = "月火水木金土日"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Number = Decimal | int | float | str | None


def format_amount(value: Number, currency: str = "JPY") -> str:
    """`¥1,234,567`; negative `▲¥500` in Japanese, `−¥500` in English. No decimal is ever dropped."""
    number = _decimal(value)
    if number is None:
        return "" if value in (None, "") else str(value)
    digits = max(MINOR_DIGITS.get(currency, 2), _decimals(number))
    sign = SIGNS.get(currency, f"{currency} ")
    return f"{_negative() if number < 0 else ''}{sign}{abs(number):,.{digits}f}"


def format_number(value: Number) -> str:
    """A quantity or unit price with separators and without trailing zeros: `1,200`, `0.5`."""
    number = _decimal(value)
    if number is None:
        return "" if value in (None, "") else str(value)
    return f"{MINUS if number < 0 else ''}{abs(number):,.{_decimals(number)}f}"


def format_day(value: date | None) -> str:
    """`2026年11月23日(月)` · `23 Nov 2026`."""
    day = _local(value)
    if day is None:
        return ""
    if _japanese():
        return f"{day.year}年{day.month}月{day.day}日({WEEKDAYS[day.weekday()]})"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def format_day_short(value: date | None) -> str:
    """`2026/11/23` · `23 Nov 2026`."""
    day = _local(value)
    if day is None:
        return ""
    return f"{day.year}/{day.month:02}/{day.day:02}" if _japanese() else format_day(day)


def format_moment(value: date | None) -> str:
    """Date and time in Asia/Tokyo, to the minute: `2026/11/23 14:05`."""
    moment = _local(value)
    if not isinstance(moment, datetime):
        return format_day_short(moment)
    return f"{format_day_short(moment)} {moment:%H:%M}"


def format_elapsed(value: date | None, *, now: datetime | None = None) -> str:
    """How long since `value`, in the one unit that matters: `5 minutes`, `3 hours`, `12 days`; a date in days."""
    if value is None:
        return ""
    now = timezone.localtime(now)
    moment = _local(value)
    days = (now.date() - (moment.date() if isinstance(moment, datetime) else value)).days
    seconds = (now - moment).total_seconds() if isinstance(moment, datetime) else days * 86_400
    if seconds < 60:
        return gettext("today") if not isinstance(moment, datetime) else gettext("less than a minute")
    if seconds < 3_600:
        minutes = int(seconds // 60)
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if seconds < 86_400:
        hours = int(seconds // 3_600)
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def format_bytes(value: int | None) -> str:
    """`812 bytes`, `34 KB`, `1.2 MB`: powers of 1024, as file managers count."""
    if value is None:
        return ""
    if value < 1_024:
        return ngettext("%(n)d byte", "%(n)d bytes", value) % {"n": value}
    if value < 1_024**2:
        return f"{value / 1_024:.0f} KB"
    return f"{value / 1_024**2:.1f} MB" if value < 1_024**3 else f"{value / 1_024**3:.1f} GB"


def _decimal(value: Number) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _decimals(number: Decimal) -> int:
    """How many decimals are needed to show `number` exactly."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _local(value: date | None) -> date | None:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _japanese() -> bool:
    return (get_language() or "ja").startswith("ja")


def _negative() -> str:
    return LOSS if _japanese() else MINUS
