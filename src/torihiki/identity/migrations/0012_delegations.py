"""Members act in the stead of others for some time; what a session may do by that."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import Owned


class Migration(migrations.Migration):
    dependencies = [("identity", "0011_own_roles")]

    operations = [
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                (
                    "permissions",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.company")),
                (
                    "giver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="given", to="identity.member"
                    ),
                ),
                (
                    "taker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="taken", to="identity.member"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "-ends_at", "-id"], name="delegation_by_company")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="delegation_lasts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("giver", models.F("taker")), _negated=True), name="delegation_to_another"
                    ),
                ],
            },
        ),
        Protect("identity_delegation", Owned(commands=("SELECT", "INSERT", "UPDATE (ended_at)"))),
        composite_key("identity_delegation", "giver_id, company_id", "identity_member", "id, company_id"),
        composite_key("identity_delegation", "taker_id, company_id", "identity_member", "id, company_id"),
        definer_function(
            "identity_session_loans(key bytea, moment timestamptz)",
            "jsonb",
            """SELECT coalesce(jsonb_agg(jsonb_build_object('member', m.id, 'name', m.name, 'role', m.role, 'lent',
    d.permissions, 'own', (SELECT coalesce(jsonb_agg(DISTINCT held.permission), '[]') FROM identity_rolegrant g
        JOIN identity_ownrole r ON r.id = g.role_id CROSS JOIN LATERAL unnest(r.permissions) AS held(permission)
        WHERE g.member_id = m.id)) ORDER BY d.created_at, d.id), '[]')
FROM identity_session s JOIN identity_delegation d ON d.taker_id = s.member_id
JOIN identity_member m ON m.id = d.giver_id
WHERE s.key_hash = key AND d.starts_at <= moment AND moment < d.ends_at AND d.ended_at IS NULL
    AND m.suspended_at IS NULL""",
            roles="torihiki_application",
            volatility="STABLE",
        ),
    ]
