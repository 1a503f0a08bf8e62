"""Lists by partner and dates cost the same however many documents there are: one walk along one index. Words are always
looked up in theirs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0008_line_links"),
        ("identity", "0008_own_sessions"),
    ]

    operations = [
        # What it costs for each row, so that nobody looks through all rows instead of into the index.
        migrations.RunSQL("ALTER FUNCTION exchange_bigrams(text) COST 10000", migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name="partyview",
            name="view_by_change",
        ),
        migrations.RemoveIndex(
            model_name="partyview",
            name="view_by_counterparty",
        ),
        migrations.AddIndex(
            model_name="partyview",
            index=models.Index(fields=["company", "-changed_at", "-document", "issued_on"], name="view_by_last_change"),
        ),
        migrations.AddIndex(
            model_name="partyview",
            index=models.Index(
                fields=["company", "counterparty", "-changed_at", "-document", "issued_on"], name="view_by_partner"
            ),
        ),
    ]
