"""Tokens for programs, and the function by which a request's token becomes its actor."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import Owned

RESUME = """BEGIN
    UPDATE identity_apitoken SET last_used_at = moment
    WHERE secret_hash = secret AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > moment)
        AND (last_used_at IS NULL OR last_used_at < moment - interval '1 minute');
    RETURN QUERY
    SELECT t.id, t.created_by_id, t.company_id, t.name::text, c.name::text, t.scopes::text[],
        (SELECT v.values::text FROM identity_policyversion v
        WHERE v.company_id = t.company_id AND v.topic = 'network' ORDER BY v.number DESC LIMIT 1)
    FROM identity_apitoken t JOIN identity_company c ON c.id = t.company_id
    WHERE t.secret_hash = secret AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > moment)
        AND c.suspended_at IS NULL;
END"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0005_policies")]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("hint", models.CharField(max_length=12)),
                ("secret_hash", models.BinaryField(unique=True)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None),
                ),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "company",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.company"),
                ),
                (
                    "created_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.member"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "-created_at", "-id"], name="token_by_company")],
            },
        ),
        Protect("identity_apitoken", Owned(commands=("SELECT", "INSERT", "UPDATE (revoked_at)"))),
        composite_key("identity_apitoken", "created_by_id, company_id", "identity_member", "id, company_id"),
        definer_function(
            "identity_token_resume(secret bytea, moment timestamptz)",
            "TABLE (token_id uuid, member_id uuid, company_id uuid, name text, company_name text, scopes text[], network text)",
            RESUME,
            roles="torihiki_application",
        ),
    ]
