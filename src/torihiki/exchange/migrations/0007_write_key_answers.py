"""A write key keeps what the API answered, so that a repeated request gets the same."""

from django.db import migrations, models

from torihiki.tenancy.row_security import ME

UPDATE = (
    'GRANT UPDATE (answer) ON "exchange_writekey" TO torihiki_application',
    'CREATE POLICY application_update ON "exchange_writekey" FOR UPDATE TO torihiki_application'
    f" USING (company_id = {ME}) WITH CHECK (company_id = {ME})",
)
BACK = (
    'DROP POLICY application_update ON "exchange_writekey"',
    'REVOKE UPDATE (answer) ON "exchange_writekey" FROM torihiki_application',
)


class Migration(migrations.Migration):
    dependencies = [("exchange", "0006_words")]

    operations = [
        migrations.AddField(
            model_name="writekey",
            name="answer",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.RunSQL(UPDATE, BACK),
    ]
