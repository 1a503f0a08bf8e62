"""The index on words is of the expression: no array of bigrams is kept beside the text that it was cut from, and its
entries are compared byte by byte."""

from django.db import migrations

from torihiki.tenancy.operations import definer_function

# Not distinct and in no order: an index of arrays sorts and thins its keys itself.
BIGRAMS = """CREATE OR REPLACE FUNCTION exchange_bigrams(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT ARRAY(SELECT a || b FROM ROWS FROM
    (string_to_table(left(folded, -1), NULL), string_to_table(substr(folded, 2), NULL)) pair (a, b))
$$"""

SEARCH_VIEWS = """DECLARE
    folded_words text := exchange_fold(wanted);
    grams text[] := exchange_bigrams(folded_words);
BEGIN
    RETURN QUERY SELECT v.document_id FROM exchange_partyview v
    WHERE v.company_id = actor_company() AND exchange_bigrams(v.folded) COLLATE "C" @> grams
        AND position(folded_words IN v.folded) > 0
    LIMIT most;
END"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0005_webhooks")]

    operations = [
        migrations.RunSQL("ALTER TABLE exchange_partyview DROP COLUMN bigrams", migrations.RunSQL.noop),
        migrations.RunSQL(BIGRAMS, migrations.RunSQL.noop),
        migrations.RunSQL(
            "CREATE INDEX view_by_words ON exchange_partyview"
            ' USING gin (company_id, (exchange_bigrams(folded)) COLLATE "C")',
            "DROP INDEX view_by_words",
        ),
        migrations.RunSQL("DROP FUNCTION exchange_search_views", migrations.RunSQL.noop),
        definer_function(
            "exchange_search_views(wanted text, most integer)",
            "SETOF uuid",
            SEARCH_VIEWS,
            roles="torihiki_application",
            volatility="STABLE",
        ),
    ]
