"""Half-finished sign-ins: a row before there is a session, reached by narrow functions only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from torihiki.tenancy.operations import Protect, definer_function
from torihiki.tenancy.row_security import ByFunctionOnly

APPLICATION = "torihiki_application"
ATTEMPT_COLUMNS = (
    "TABLE (account_id uuid, member_id uuid, company_id uuid, unit_id uuid, role text, member_name text,"
    " company_name text, language text, proof text, passed text, next text)"
)


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_suspension_ends_sessions")]

    operations = [
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                ("key_hash", models.BinaryField(primary_key=True, serialize=False)),
                ("proof", models.CharField(max_length=20)),
                ("passed", models.JSONField(default=list)),
                ("next", models.CharField(max_length=2000)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                ("member", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="identity.member")),
            ],
            options={"indexes": [models.Index(fields=["expires_at"], name="identity_attempt_expires")]},
        ),
        Protect("identity_signinattempt", ByFunctionOnly()),
        definer_function(
            "identity_attempt_open(key bytea, member uuid, proof text, passed jsonb, after text, moment timestamptz,"
            " until timestamptz)",
            "boolean",
            """BEGIN
    INSERT INTO identity_signinattempt (key_hash, account_id, member_id, proof, passed, next, created_at, expires_at)
    SELECT key, m.account_id, m.id, proof, passed, after, moment, until FROM identity_member m
    WHERE m.id = member AND m.account_id = actor_account() AND m.suspended_at IS NULL;
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_attempt_pass(key bytea, stages jsonb)",
            "void",
            "UPDATE identity_signinattempt SET passed = stages WHERE key_hash = key AND account_id = actor_account()",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_attempt_resume(key bytea, moment timestamptz)",
            ATTEMPT_COLUMNS,
            """SELECT m.account_id, m.id, m.company_id, m.unit_id, m.role, m.name, c.name, a.language, t.proof,
    t.passed::text, t.next
FROM identity_signinattempt t
JOIN identity_member m ON m.id = t.member_id
JOIN identity_company c ON c.id = m.company_id
JOIN identity_account a ON a.id = t.account_id
WHERE t.key_hash = key AND t.expires_at > moment AND m.suspended_at IS NULL AND c.suspended_at IS NULL AND a.is_active""",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "identity_attempt_close(key bytea)",
            "boolean",
            """BEGIN
    DELETE FROM identity_signinattempt WHERE key_hash = key;
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_attempts_sweep(before timestamptz)",
            "void",
            "DELETE FROM identity_signinattempt WHERE expires_at < before",
            roles="torihiki_system",
        ),
    ]
