"""Announcements, and who has read them."""

import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0003_suspension_ends_sessions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Announcement",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                (
                    "level",
                    models.CharField(
                        choices=[("info", "Information"), ("maintenance", "Maintenance"), ("incident", "Incident")],
                        max_length=20,
                    ),
                ),
                ("title_ja", models.CharField(max_length=100)),
                ("title_en", models.CharField(max_length=100)),
                ("text_ja", models.TextField(max_length=5000)),
                ("text_en", models.TextField(max_length=5000)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.UUIDField()),
                ("released_at", models.DateTimeField(null=True)),
                ("released_by", models.UUIDField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_by", models.UUIDField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["-starts_at", "-id"], name="announcement_by_start")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"),
                        name="announcement_ends_after_start",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("read_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
                (
                    "announcement",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="announcements.announcement"),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.member"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("announcement", "member"), name="reading_once_per_member")
                ],
            },
        ),
    ]
