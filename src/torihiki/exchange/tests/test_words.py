"""How words are folded and cut may be made quicker and never different: an index and a stored column depend on it."""

import random
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from tests.world import Desk

FIRST_FOLD = import_module("torihiki.exchange.migrations.0002_walls").SEARCH[0]
CUT = import_module("torihiki.exchange.migrations.0006_words").BIGRAMS
ALPHABET = "ぁあんゔゕゖゝゞ゛゜がばぱっょヮヱヲンーヽヾｶﾞﾊﾟ㌔㍻①ＡａßİıΣς髙﨑𠮷😀 -,0aZ\u3099\u309a\u0301\u3000\n"


@pytest.fixture
def formerly(issuer: Desk) -> Iterator[Any]:
    """A cursor that knows the functions as they were at first, beside those of today."""
    with issuer.acting(), connection.cursor() as cursor:
        cursor.execute(FIRST_FOLD.replace("exchange_fold", "pg_temp.first_fold"))
        cursor.execute(CUT.replace("OR REPLACE FUNCTION exchange_bigrams", "FUNCTION pg_temp.first_bigrams"))
        yield cursor


def test_every_character_of_the_first_plane_folds_as_ever(formerly: Any) -> None:
    formerly.execute("""SELECT array_agg(c) FILTER (WHERE exchange_fold(chr(c)) <> pg_temp.first_fold(chr(c))), count(*)
        FROM generate_series(1, 65535) c WHERE c NOT BETWEEN 55296 AND 57343""")
    assert formerly.fetchone() == (None, 65535 - 2048)


def test_hiragana_become_katakana_and_iteration_marks_stay(formerly: Any) -> None:
    formerly.execute("SELECT exchange_fold('ｶﾞっこうのゝゞ ゔ ＡＢ'), exchange_fold(''), exchange_fold('か゛')")
    assert formerly.fetchone() == ("ガッコウノゝゞ ゔ ab", "", "カ \u3099")


def test_any_text_folds_and_is_cut_as_ever(formerly: Any) -> None:
    chance = random.Random(1)
    texts = ["".join(chance.choices(ALPHABET, k=chance.randrange(40))) for _ in range(2_000)]
    formerly.execute(
        """SELECT array_agg(written) FILTER (WHERE exchange_fold(written) <> pg_temp.first_fold(written)
            OR exchange_bigrams(written) IS DISTINCT FROM pg_temp.first_bigrams(written)), count(*)
        FROM unnest(%s::text[]) written""",
        [texts],
    )
    assert formerly.fetchone() == (None, len(texts))
