"""Who acts, as the policies read it; and the grants under which staff may read."""

from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect
from torihiki.tenancy.row_security import FourEyes

ACTOR_FUNCTION = """
CREATE FUNCTION actor_{name}() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT NULLIF(current_setting('torihiki.{name}', true), '')::uuid $$
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        *(
            migrations.RunSQL(ACTOR_FUNCTION.format(name=name), f"DROP FUNCTION actor_{name}()")
            for name in ("company", "account", "staff")
        ),
        migrations.RunSQL(
            "GRANT EXECUTE ON FUNCTION actor_company(), actor_account(), actor_staff()"
            " TO torihiki_application, torihiki_console, torihiki_system",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="AccessGrant",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("staff_id", models.UUIDField()),
                ("company_id", models.UUIDField()),
                ("reason", models.TextField(max_length=2000)),
                ("requested_at", models.DateTimeField()),
                ("approved_by", models.UUIDField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["staff_id", "company_id"], name="tenancy_acc_staff_i_00e686_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("staff_id")),
                        name="accessgrant_approved_by_another",
                    )
                ],
            },
        ),
        Protect("tenancy_accessgrant", FourEyes()),
    ]
