"""Roles that companies make for themselves, who holds them, and what a session may do by them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import Owned

ROLES = [
    ("limited", "Own roles only"),
    ("viewer", "Viewer"),
    ("clerk", "Clerk"),
    ("approver", "Approver"),
    ("administrator", "Administrator"),
]


class Migration(migrations.Migration):
    dependencies = [("identity", "0010_passkeys")]

    operations = [
        migrations.AlterField("member", "role", models.CharField(choices=ROLES, max_length=20)),
        migrations.AlterField("invitation", "role", models.CharField(choices=ROLES, max_length=20)),
        migrations.AddField(
            "invitation",
            "own_roles",
            django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
        ),
        # The release before this one writes invitations without naming the column.
        migrations.RunSQL(
            "ALTER TABLE identity_invitation ALTER COLUMN own_roles SET DEFAULT '{}'",
            reverse_sql="ALTER TABLE identity_invitation ALTER COLUMN own_roles DROP DEFAULT",
        ),
        migrations.CreateModel(
            name="OwnRole",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                (
                    "permissions",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None),
                ),
                ("created_by", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.company")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "name"), name="own_role_name_unique"),
                    models.UniqueConstraint(fields=("id", "company"), name="own_role_of_company"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("granted_by", models.CharField(max_length=100)),
                ("granted_at", models.DateTimeField()),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.company")),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="identity.member"
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="identity.ownrole"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("member", "role"), name="role_granted_once")],
            },
        ),
        Protect("identity_ownrole", Owned(commands=("SELECT", "INSERT", "UPDATE (name, permissions)", "DELETE"))),
        Protect("identity_rolegrant", Owned(commands=("SELECT", "INSERT", "DELETE"))),
        composite_key("identity_rolegrant", "member_id, company_id", "identity_member", "id, company_id"),
        composite_key("identity_rolegrant", "role_id, company_id", "identity_ownrole", "id, company_id"),
        definer_function(
            "identity_session_rights(key bytea)",
            "text[]",
            """SELECT coalesce(array_agg(DISTINCT held.permission), '{}')
FROM identity_session s JOIN identity_rolegrant g ON g.member_id = s.member_id
JOIN identity_ownrole r ON r.id = g.role_id CROSS JOIN LATERAL unnest(r.permissions) AS held(permission)
WHERE s.key_hash = key""",
            roles="torihiki_application",
            volatility="STABLE",
        ),
    ]
