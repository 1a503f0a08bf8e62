"""What pydantic finds wrong, said to people: in their language, with what to do."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

COMPLAINTS = {
    "missing": _("Fill this in."),
    "too_short": _("Enter at least one line."),
    "too_long": _("These are too many: at most %(max_length)s are possible."),
    "string_too_short": _("Fill this in."),
    "string_too_long": _("This is too long: at most %(max_length)s characters are possible."),
    "greater_than": _("Enter a number above %(gt)s."),
    "decimal_max_digits": _("This number has too many digits: at most %(max_digits)s are possible."),
    "decimal_max_places": _("This number has too many decimals: at most %(decimal_places)s are possible."),
    "decimal_parsing": _("Enter a number."),
    "date_from_datetime_parsing": _("Enter a date."),
}
"""What pydantic finds wrong, by its type of error, for people to read."""


def complaint(error: Mapping[str, Any]) -> str:
    """The body's own words for a rule of its own, else ours for the type of error."""
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    words = COMPLAINTS.get(error["type"], _("This cannot be used as it is. Check it and enter it again."))
    return str(words % error.get("ctx", {}))
