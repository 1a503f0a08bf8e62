"""Webhooks: endpoints and messages of one company each."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import Owned


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0004_many_at_once"),
        ("identity", "0002_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("url", models.CharField(max_length=2100)),
                ("description", models.CharField(blank=True, max_length=200)),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None
                    ),
                ),
                ("secret", models.BinaryField()),
                ("secret_since", models.DateTimeField()),
                ("former_secret", models.BinaryField(null=True)),
                ("former_until", models.DateTimeField(null=True)),
                (
                    "stopped",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("by_hand", "Switched off"),
                            ("gone", "Switched off: it answered that it is gone (410)"),
                            ("failing", "Switched off: every attempt failed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("stopped_at", models.DateTimeField(null=True)),
                ("quiet_until", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("created_by", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("message_id", models.CharField(max_length=40)),
                ("event", models.CharField(max_length=60)),
                ("label", models.CharField(blank=True, max_length=100)),
                ("document_id", models.UUIDField(null=True)),
                ("body", models.TextField(max_length=4000)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "On its way"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("attempts_made", models.PositiveIntegerField(default=0)),
                ("attempts", models.JSONField(default=list)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.company"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="exchange.webhookendpoint",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
            },
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="webhook_endpoint_of_company"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "-created_at", "-id"], name="webhook_by_endpoint"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["created_at"], name="webhook_by_age"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(fields=("endpoint", "message_id"), name="webhook_message_once"),
        ),
        Protect("exchange_webhookendpoint", Owned()),
        Protect(
            "exchange_webhookdelivery",
            Owned(
                commands=(
                    "SELECT",
                    "INSERT",
                    "UPDATE (state, tries, attempts_made, attempts, next_attempt_at)",
                    "DELETE",
                )
            ),
        ),
        composite_key(
            "exchange_webhookdelivery",
            "endpoint_id, company_id",
            "exchange_webhookendpoint",
            "id, company_id",
            on_delete="CASCADE",
        ),
        definer_function(
            "exchange_webhooks_sweep(before timestamptz)",
            "void",
            "DELETE FROM exchange_webhookdelivery WHERE created_at < before AND state <> 'waiting'",
            roles="torihiki_system",
        ),
    ]
