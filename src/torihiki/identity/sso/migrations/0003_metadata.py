"""Metadata that is read anew from its address: when it was, and what of it waits for an administrator."""

from django.db import migrations, models

from torihiki.tenancy.operations import definer_function

SYSTEM = "torihiki_system"


class Migration(migrations.Migration):
    dependencies = [("sso", "0002_walls")]

    operations = [
        migrations.AddField("identityprovider", "metadata_tried_at", models.DateTimeField(null=True)),
        migrations.AddField("identityprovider", "metadata_failed_since", models.DateTimeField(null=True)),
        migrations.AddField("identityprovider", "metadata_waiting", models.JSONField(null=True)),
        migrations.AddField("identityprovider", "keys_changed_at", models.DateTimeField(null=True)),
        definer_function(
            "sso_metadata_due(before timestamptz, most integer)",
            "TABLE (company_id uuid, provider_id uuid)",
            "SELECT p.company_id, p.id FROM sso_identityprovider p JOIN identity_company c ON c.id = p.company_id"
            " WHERE p.settings ->> 'metadata_url' <> '' AND p.state <> 'off' AND c.suspended_at IS NULL"
            " AND (p.metadata_tried_at IS NULL OR p.metadata_tried_at < before)"
            " ORDER BY p.metadata_tried_at NULLS FIRST, p.id LIMIT most",
            roles=SYSTEM,
            volatility="STABLE",
        ),
    ]
