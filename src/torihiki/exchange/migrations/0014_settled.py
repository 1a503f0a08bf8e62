"""What is owed and not settled is found however much was settled before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0013_approvals"),
        ("identity", "0013_unit_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="partyview",
            name="settled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="partyview",
            index=models.Index(
                condition=models.Q(("amount_minor__isnull", False), ("settled_at__isnull", True)),
                fields=["company", "kind", "state", "due_on", "document"],
                name="view_owed",
            ),
        ),
        migrations.RunSQL(
            "GRANT UPDATE (settled_at) ON exchange_partyview TO torihiki_application", migrations.RunSQL.noop
        ),
    ]
