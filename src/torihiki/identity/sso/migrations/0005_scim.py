"""Members and groups as providers keep them by SCIM 2.0."""

import django.db.models.deletion
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.identity.sso.models import Grouping, ProvisionedGroup, ProvisionedUser
from torihiki.tenancy.operations import Protect, composite_key


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0012_delegations"),
        ("sso", "0004_sso_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProvisionedGroup",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("display_name", models.CharField(max_length=200)),
                ("external_id", models.CharField(blank=True, max_length=200)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.company")),
                ("provider", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="sso.identityprovider")),
            ],
        ),
        migrations.CreateModel(
            name="ProvisionedUser",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("adopted", models.BooleanField()),
                ("user_name", models.CharField(max_length=200)),
                ("external_id", models.CharField(blank=True, max_length=200)),
                ("attributes", models.JSONField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField(null=True)),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.company")),
                ("member", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="identity.member")),
                ("provider", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="sso.identityprovider")),
            ],
        ),
        migrations.CreateModel(
            name="Grouping",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="identity.company")),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="groupings",
                        to="sso.provisionedgroup",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="groupings", to="sso.provisioneduser"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="provisionedgroup",
            constraint=models.UniqueConstraint(fields=("provider", "display_name"), name="group_name_once"),
        ),
        migrations.AddConstraint(
            model_name="provisionedgroup",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="group_of_company"),
        ),
        migrations.AddConstraint(
            model_name="provisioneduser",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)), fields=("provider", "user_name"), name="user_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="provisioneduser",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None), models.Q(("external_id", ""), _negated=True)),
                fields=("provider", "external_id"),
                name="external_id_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="provisioneduser",
            constraint=models.UniqueConstraint(fields=("provider", "member"), name="member_provisioned_once"),
        ),
        migrations.AddConstraint(
            model_name="provisioneduser",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="user_of_company"),
        ),
        migrations.AddConstraint(
            model_name="grouping",
            constraint=models.UniqueConstraint(fields=("group", "user"), name="in_group_once"),
        ),
        Protect("sso_provisioneduser", ProvisionedUser.row_security),
        Protect("sso_provisionedgroup", ProvisionedGroup.row_security),
        Protect("sso_grouping", Grouping.row_security),
        composite_key(
            "sso_provisioneduser",
            "provider_id, company_id",
            "sso_identityprovider",
            "id, company_id",
            on_delete="CASCADE",
        ),
        composite_key("sso_provisioneduser", "member_id, company_id", "identity_member", "id, company_id"),
        composite_key(
            "sso_provisionedgroup",
            "provider_id, company_id",
            "sso_identityprovider",
            "id, company_id",
            on_delete="CASCADE",
        ),
        composite_key(
            "sso_grouping",
            "user_id, company_id",
            "sso_provisioneduser",
            "id, company_id",
            on_delete="CASCADE",
        ),
        composite_key(
            "sso_grouping",
            "group_id, company_id",
            "sso_provisionedgroup",
            "id, company_id",
            on_delete="CASCADE",
        ),
    ]
