"""Code lists that what people enter could break."""

import re
from collections.abc import Mapping
from typing import Any

MIME_TYPES = (
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/csv",
    "application/xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
)
_ALLOWANCES = re.compile(r"4[12]|60|6[2-8]|7[01]|88|95|10[02345]", re.ASCII)
_CHARGES = re.compile(r"[A-Z0-9]{1,3}", re.ASCII)


def reason_known(adjustment: Mapping[str, Any]) -> bool:
    """Whether the reason code of an allowance is in UNTDID 5189, or that of a charge looks like one of 7161."""
    code = adjustment.get("reason_code") or ""
    return not code or bool((_CHARGES if adjustment["is_charge"] else _ALLOWANCES).fullmatch(code))
