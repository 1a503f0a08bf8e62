"""Everybody may choose a sign-in theme (clause 2-7)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0008_own_sessions")]

    operations = [
        migrations.AddField("account", "sign_in_theme", models.CharField(max_length=40, blank=True, db_default="")),
    ]
