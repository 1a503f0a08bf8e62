"""The append-only ledger; its row format is final (the sealer fills `position` later)."""

from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect
from torihiki.tenancy.row_security import Ledger


class Migration(migrations.Migration):
    initial = True
    dependencies = [("tenancy", "0001_actor_and_grants")]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("event", models.CharField(max_length=80)),
                ("company_id", models.UUIDField(null=True)),
                ("account_id", models.UUIDField(null=True)),
                ("actor_name", models.CharField(max_length=200)),
                ("subject_type", models.CharField(max_length=40)),
                ("subject_id", models.UUIDField(null=True)),
                ("subject_label", models.CharField(max_length=200)),
                ("format", models.SmallIntegerField()),
                ("payload", models.BinaryField(null=True)),
                ("salt", models.BinaryField()),
                ("leaf", models.BinaryField()),
                ("position", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["company_id", "-at", "-id"], name="entry_by_company"),
                    models.Index(fields=["company_id", "event", "-at", "-id"], name="entry_by_event"),
                    models.Index(fields=["company_id", "subject_id", "-at"], name="entry_by_subject"),
                ]
            },
        ),
        migrations.RunSQL(
            [
                "ALTER TABLE ledger_entry ADD COLUMN transaction xid8 NOT NULL DEFAULT pg_current_xact_id()",
                "CREATE INDEX entry_unsealed ON ledger_entry (transaction, id) WHERE position IS NULL",
                "CREATE UNIQUE INDEX entry_sealed ON ledger_entry (position) WHERE position IS NOT NULL",
            ],
            migrations.RunSQL.noop,
        ),
        Protect("ledger_entry", Ledger()),
    ]
