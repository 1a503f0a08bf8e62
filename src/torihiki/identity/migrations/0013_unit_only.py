"""Members whose rights about documents hold in their own unit and those below it."""

from django.db import migrations, models

from torihiki.tenancy.operations import definer_function

LOANS = """CREATE OR REPLACE FUNCTION identity_session_loans(key bytea, moment timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $function$
SELECT coalesce(jsonb_agg(jsonb_build_object('member', m.id, 'name', m.name, 'role', m.role, 'lent',
    d.permissions, 'own', (SELECT coalesce(jsonb_agg(DISTINCT held.permission), '[]') FROM identity_rolegrant g
        JOIN identity_ownrole r ON r.id = g.role_id CROSS JOIN LATERAL unnest(r.permissions) AS held(permission)
        WHERE g.member_id = m.id)) ORDER BY d.created_at, d.id), '[]')
FROM identity_session s JOIN identity_delegation d ON d.taker_id = s.member_id
JOIN identity_member m ON m.id = d.giver_id
WHERE s.key_hash = key AND d.starts_at <= moment AND moment < d.ends_at AND d.ended_at IS NULL
    AND m.suspended_at IS NULL AND NOT m.unit_only
$function$"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0012_delegations")]

    operations = [
        migrations.AddField("member", "unit_only", models.BooleanField(default=False)),
        migrations.AddField("invitation", "unit_only", models.BooleanField(default=False)),
        migrations.AddConstraint(
            "member",
            models.CheckConstraint(
                condition=models.Q(unit_only=False) | (models.Q(unit__isnull=False) & ~models.Q(role="administrator")),
                name="unit_only_of_a_unit",
            ),
        ),
        migrations.RunSQL(
            "GRANT UPDATE (unit_only) ON identity_member TO torihiki_application",
            "REVOKE UPDATE (unit_only) ON identity_member FROM torihiki_application",
        ),
        definer_function(
            "identity_session_units(key bytea)",
            "uuid[]",
            """SELECT CASE WHEN m.unit_only THEN (
    WITH RECURSIVE below AS (
        SELECT m.unit_id AS id UNION SELECT u.id FROM identity_unit u JOIN below ON u.parent_id = below.id
    ) SELECT array_agg(id) FROM below) END
FROM identity_session s JOIN identity_member m ON m.id = s.member_id WHERE s.key_hash = key""",
            roles="torihiki_application",
            volatility="STABLE",
        ),
        migrations.RunSQL(LOANS, migrations.RunSQL.noop),
    ]
