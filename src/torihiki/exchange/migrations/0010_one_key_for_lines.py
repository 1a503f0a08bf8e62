"""A line hangs on its version by one key, which holds its document and number too: two others were checked beside it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0009_lists_by_partner"),
    ]

    operations = [
        migrations.AlterField(
            model_name="line",
            name="document",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="line",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="exchange.version",
            ),
        ),
    ]
