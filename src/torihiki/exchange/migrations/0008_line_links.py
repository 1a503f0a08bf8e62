"""Links of lines hold for one version of their source, so that a new version's replace them and nothing is deleted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0007_write_key_answers")]

    operations = [
        migrations.AddField("link", "source_version", models.PositiveIntegerField(default=1)),
        migrations.RemoveConstraint("link", "link_once"),
        migrations.AddConstraint(
            "link",
            models.UniqueConstraint(
                fields=["source", "target", "name", "source_line", "target_line", "source_version"], name="link_once"
            ),
        ),
    ]
