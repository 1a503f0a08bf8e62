"""The operator's staff write entries too, into the ledger that belongs to no company."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_entries")]

    operations = [
        migrations.RunSQL(
            [
                "DROP POLICY IF EXISTS console_insert ON ledger_entry",
                "CREATE POLICY console_insert ON ledger_entry FOR INSERT TO torihiki_console WITH CHECK"
                " (company_id IS NULL AND position IS NULL AND transaction = pg_current_xact_id())",
                "GRANT INSERT ON ledger_entry TO torihiki_console",
            ],
            migrations.RunSQL.noop,
        )
    ]
