"""Views are written by kept plans; text is normalised only where it is not normal yet, and only what has hiragana is
looked through for it; bigrams are cut without a table in between."""

from django.db import migrations

# A plan for the ids at hand is never cheaper than the kept one; PostgreSQL guesses otherwise and plans each time anew.
KEPT_PLANS = [
    "ALTER FUNCTION exchange_sync_views(uuid[]) SET plan_cache_mode = force_generic_plan",
    "ALTER FUNCTION exchange_first_views(uuid[], uuid, uuid) SET plan_cache_mode = force_generic_plan",
]

# The same results as before: those of an indexed function may never change. A test holds both against each other.
FOLD = """CREATE OR REPLACE FUNCTION exchange_fold(written text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := lower(CASE WHEN written IS NFKC NORMALIZED THEN written ELSE normalize(written, NFKC) END);
BEGIN
    IF folded COLLATE "C" ~ '[ぁ-ん]' THEN
        RETURN translate(folded,
    'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをん',
    'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲン');
    END IF;
    RETURN folded;
END
$$"""

# Its cost is what it takes for a text of usual length: an index spares it for each row.
BIGRAMS = """CREATE OR REPLACE FUNCTION exchange_bigrams(folded text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
DECLARE
    characters text[] := string_to_array(folded, NULL);
BEGIN
    RETURN ARRAY(SELECT unnest(characters[:cardinality(characters) - 1]) || unnest(characters[2:]));
END
$$"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0010_one_key_for_lines")]

    operations = [
        migrations.RunSQL(KEPT_PLANS, migrations.RunSQL.noop),
        migrations.RunSQL([FOLD, BIGRAMS], migrations.RunSQL.noop),
    ]
