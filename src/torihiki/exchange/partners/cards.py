"""A party's card: everything that documents print of it, and its copy in columns for lists and search."""

from typing import Any

from django.db.models import CharField, Func, Value

from torihiki.exchange.bodies import PartyDetails


class Fold(Func):
    """Width, case and kana made equal, by the database's own function: what is stored and what is asked agree."""

    function = "exchange_fold"
    output_field = CharField()


def card_columns(details: PartyDetails) -> dict[str, Any]:
    """Columns of `Party`."""
    return {
        "name": details.name,
        "name_kana": details.name_kana,
        "corporate_number": details.corporate_number,
        "registration_number": details.registration_number,
        "email": details.contact.email if details.contact else "",
        "details": details.model_dump(mode="json"),
    }


def search_words(details: PartyDetails, *, own_name: str, own_code: str) -> Fold:
    words = (own_code, own_name, details.name, details.name_kana, details.registration_number)
    return Fold(Value(" ".join(filter(None, words))[:SEARCH_LENGTH_MAX]))


SEARCH_LENGTH_MAX = 700  # NFKC may make it longer
