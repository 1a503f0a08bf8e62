"""What else a new company needs: higher floors add to it, in the founding transaction, without being known here."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from torihiki.identity.models import Company
from torihiki.tenancy.actor import Actor

Complete = Callable[[Actor, Company, Mapping[str, Any], datetime], None]

_completions: list[Complete] = []


def at_founding(complete: Complete) -> Complete:
    """Run `complete(actor, company, card, at)` in the scope of every new company; from an app's `founding.py`."""
    if complete not in _completions:
        _completions.append(complete)
    return complete


def complete_founding(actor: Actor, company: Company, card: Mapping[str, Any], at: datetime) -> None:
    for complete in _completions:
        complete(actor, company, card, at)
