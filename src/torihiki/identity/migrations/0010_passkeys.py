"""Passkeys, the challenges that they answered, and sessions that end when a company demands one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import torihiki.lib.ids
from torihiki.tenancy.operations import Protect, definer_function
from torihiki.tenancy.row_security import ByFunctionOnly, Personal

APPLICATION = "torihiki_application"
ALONE = (
    "m.id = member AND m.company_id = actor_company() AND r.account_id = m.account_id AND NOT EXISTS"
    " (SELECT 1 FROM identity_member o WHERE o.account_id = m.account_id AND o.company_id <> m.company_id)"
)


class Migration(migrations.Migration):
    dependencies = [("identity", "0009_sign_in_theme")]

    operations = [
        migrations.CreateModel(
            name="Passkey",
            fields=[
                ("id", models.UUIDField(default=torihiki.lib.ids.new_id, primary_key=True, serialize=False)),
                ("credential_id", models.BinaryField(unique=True)),
                ("public_key", models.BinaryField()),
                ("uses", models.BigIntegerField(default=0)),
                ("synced", models.BooleanField(default=False)),
                ("name", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={"indexes": [models.Index(fields=["account", "created_at"], name="passkey_by_account")]},
        ),
        migrations.CreateModel(
            name="UsedChallenge",
            fields=[
                ("challenge_hash", models.BinaryField(primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["expires_at"], name="identity_challenge_expires")]},
        ),
        Protect(
            "identity_passkey",
            Personal(column="account_id", commands=("SELECT", "INSERT", "UPDATE (name, uses, last_used_at)", "DELETE")),
        ),
        Protect("identity_usedchallenge", ByFunctionOnly()),
        definer_function(
            "identity_passkey_of(credential bytea)",
            "TABLE (account_id uuid, is_active boolean)",
            "SELECT a.id, a.is_active FROM identity_passkey p JOIN identity_account a ON a.id = p.account_id"
            " WHERE p.credential_id = credential",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "identity_challenge_use(challenge bytea, until timestamptz)",
            "boolean",
            """BEGIN
    INSERT INTO identity_usedchallenge (challenge_hash, expires_at) VALUES (challenge, until) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_challenges_sweep(before timestamptz)",
            "void",
            "DELETE FROM identity_usedchallenge WHERE expires_at < before",
            roles="torihiki_system",
        ),
        definer_function(
            "identity_passkey_sessions_end(demanded text[])",
            "void",
            """DELETE FROM identity_session s USING identity_member m
WHERE m.id = s.member_id AND m.company_id = actor_company() AND CASE
    WHEN demanded IS NULL THEN s.proof = 'passkey'
    ELSE (demanded = '{}' OR m.role = ANY (demanded)) AND s.proof <> 'sso' AND s.proof NOT LIKE '%passkey'
END""",
            roles=APPLICATION,
        ),
        migrations.RunSQL("DROP FUNCTION identity_two_step_reset", reverse_sql=migrations.RunSQL.noop),
        definer_function(
            "identity_two_step_reset(member uuid)",
            "boolean",
            f"""DECLARE
    removed integer;
    counted integer;
BEGIN
    DELETE FROM identity_recoverycode r USING identity_member m WHERE {ALONE};
    DELETE FROM identity_authenticator r USING identity_member m WHERE {ALONE};
    GET DIAGNOSTICS removed = ROW_COUNT;
    DELETE FROM identity_passkey r USING identity_member m WHERE {ALONE};
    GET DIAGNOSTICS counted = ROW_COUNT;
    RETURN removed + counted > 0;
END""",  # noqa: S608 - constants of this file
            roles=APPLICATION,
        ),
    ]
