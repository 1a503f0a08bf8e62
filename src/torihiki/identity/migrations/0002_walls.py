"""Row-level security of the identity tables, and the few functions that sign-in needs before there is an actor."""

from django.db import migrations

from torihiki.tenancy.operations import Protect, composite_key, definer_function
from torihiki.tenancy.row_security import GRANTED, ME, ByFunctionOnly, Owned, PartyVisible, Personal

APPLICATION = "torihiki_application"
SIGN_IN_COLUMNS = "TABLE (account_id uuid, password text, is_active boolean)"
SESSION_COLUMNS = (
    "TABLE (account_id uuid, member_id uuid, company_id uuid, unit_id uuid, role text, member_name text,"
    " company_name text, language text)"
)
INVITATION_COLUMNS = (
    "TABLE (invitation_id uuid, company_id uuid, company_name text, email text, name text, role text, unit_id uuid,"
    " expires_at timestamptz, invited_by text)"
)


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_tables"), ("tenancy", "0001_actor_and_grants")]

    operations = [
        Protect("identity_account", Personal()),
        Protect(
            "identity_company",
            PartyVisible(
                commands=("SELECT", "INSERT", "UPDATE (name, approval_kinds)"),
                read=f"id = {ME} OR EXISTS (SELECT 1 FROM identity_member m"  # noqa: S608 - a policy of our own constants
                " WHERE m.company_id = identity_company.id AND m.account_id = actor_account())",
                insert=f"id = {ME}",
                update=f"id = {ME}",
                granted="true",
            ),
        ),
        Protect("identity_companykey", Owned(commands=("SELECT", "INSERT"))),
        Protect("identity_unit", Owned()),
        Protect(
            "identity_member",
            PartyVisible(
                # A person joins a company by an own act; nobody else's account can be made a member, nor a member another's.
                commands=("SELECT", "INSERT", "UPDATE (unit_id, name, email, role, suspended_at)", "DELETE"),
                read=f"company_id = {ME} OR account_id = actor_account()",
                insert=f"company_id = {ME} AND account_id = actor_account()",
                update=f"company_id = {ME}",
                delete=f"company_id = {ME}",
                granted=GRANTED.format(column="company_id"),
            ),
        ),
        Protect("identity_invitation", Owned()),
        Protect("identity_session", ByFunctionOnly()),
        composite_key("identity_unit", "parent_id, company_id", "identity_unit", "id, company_id"),
        composite_key("identity_member", "unit_id, company_id", "identity_unit", "id, company_id"),
        composite_key("identity_invitation", "unit_id, company_id", "identity_unit", "id, company_id"),
        definer_function(
            "identity_sign_in(wanted text)",
            SIGN_IN_COLUMNS,
            "SELECT id, password, is_active FROM identity_account WHERE lower(login_id) = lower(wanted)",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "identity_session_open(key bytea, member uuid, moment timestamptz)",
            "boolean",
            """BEGIN
    INSERT INTO identity_session (key_hash, account_id, member_id, created_at, last_seen_at)
    SELECT key, m.account_id, m.id, moment, moment FROM identity_member m
    WHERE m.id = member AND m.account_id = actor_account() AND m.suspended_at IS NULL;
    RETURN FOUND;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_session_resume(key bytea, moment timestamptz, idle interval, absolute interval)",
            SESSION_COLUMNS,
            """BEGIN
    UPDATE identity_session SET last_seen_at = moment
    WHERE key_hash = key AND last_seen_at < moment - interval '1 minute'
        AND last_seen_at > moment - idle AND created_at > moment - absolute;
    RETURN QUERY
    SELECT m.account_id, m.id, m.company_id, m.unit_id, m.role::text, m.name::text, c.name::text, a.language::text
    FROM identity_session s
    JOIN identity_member m ON m.id = s.member_id
    JOIN identity_company c ON c.id = m.company_id
    JOIN identity_account a ON a.id = s.account_id
    WHERE s.key_hash = key AND s.last_seen_at > moment - idle AND s.created_at > moment - absolute
        AND m.suspended_at IS NULL AND c.suspended_at IS NULL AND a.is_active;
END""",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_session_close(key bytea)",
            "void",
            "DELETE FROM identity_session WHERE key_hash = key",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_sessions_end(person uuid, kept bytea)",
            "void",
            "DELETE FROM identity_session WHERE account_id = person AND key_hash IS DISTINCT FROM kept"
            " AND person = actor_account()",
            roles=APPLICATION,
        ),
        definer_function(
            "identity_sessions_sweep(before timestamptz)",
            "void",
            "DELETE FROM identity_session WHERE last_seen_at < before",
            roles="torihiki_system",
        ),
        definer_function(
            "identity_invitation_of(token bytea, moment timestamptz)",
            INVITATION_COLUMNS,
            """SELECT i.id, i.company_id, c.name, i.email, i.name, i.role, i.unit_id, i.expires_at, i.invited_by
FROM identity_invitation i JOIN identity_company c ON c.id = i.company_id
WHERE i.token_hash = token AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > moment
    AND c.suspended_at IS NULL""",
            roles=APPLICATION,
            volatility="STABLE",
        ),
        definer_function(
            "identity_login_id_taken(wanted text)",
            "boolean",
            "SELECT EXISTS (SELECT 1 FROM identity_account WHERE lower(login_id) = lower(wanted))",
            roles=APPLICATION,
            volatility="STABLE",
        ),
    ]
