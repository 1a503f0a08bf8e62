"""Where views get their door from; it stands in `ledger`, so that the audit pages have one too."""

from torihiki.ledger.desk import DeskRequest, desk, public, refusal_page

__all__ = ["DeskRequest", "desk", "public", "refusal_page"]
