"""Staff, their sessions, and openings of companies."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import torihiki.lib.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Staff",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("login_id", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=100)),
                ("password", models.CharField(max_length=128)),
                ("role", models.CharField(choices=[("operator", "Operator")], max_length=20)),
                (
                    "language",
                    models.CharField(choices=[("ja", "Japanese"), ("en", "English")], default="ja", max_length=5),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("tries_since", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("disabled_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "staff",
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("login_id"), name="staff_login_id_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyOpening",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("company_id", models.UUIDField(db_index=True)),
                ("name", models.CharField(max_length=200)),
                ("person", models.CharField(max_length=100)),
                ("email", models.EmailField(max_length=254)),
                ("requested_at", models.DateTimeField()),
                ("requested_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="operations.staff")),
            ],
        ),
        migrations.CreateModel(
            name="StaffSession",
            fields=[
                ("key_hash", models.BinaryField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("staff", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="operations.staff")),
            ],
        ),
    ]
