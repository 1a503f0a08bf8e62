"""One index for each way of looking: none on a column with which another index begins already."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0002_walls"),
        ("identity", "0003_suspension_ends_sessions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="attachment",
            name="document",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="attachments",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="attachmentchunk",
            name="attachment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="chunks",
                to="exchange.attachment",
            ),
        ),
        migrations.AlterField(
            model_name="attachmentkey",
            name="attachment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="keys",
                to="exchange.attachment",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="document",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comments",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="line",
            name="document",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="exchange.document"
            ),
        ),
        migrations.AlterField(
            model_name="line",
            name="version",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="exchange.version"
            ),
        ),
        migrations.AlterField(
            model_name="link",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links_out",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="link",
            name="target",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links_in",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="numberseries",
            name="company",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
            ),
        ),
        migrations.AlterField(
            model_name="partyview",
            name="company",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
            ),
        ),
        migrations.AlterField(
            model_name="partyview",
            name="document",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="views",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="company",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="identity.company",
            ),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="document",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="recipients",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="transition",
            name="document",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="transitions",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="version",
            name="document",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="versions",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="writekey",
            name="company",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
            ),
        ),
    ]
