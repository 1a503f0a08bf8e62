"""Suspending a member deletes its sessions, so that reactivation brings back no browser that was left somewhere."""

from django.db import migrations

from torihiki.tenancy.operations import definer_function


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_walls")]

    operations = [
        definer_function(
            "identity_sessions_end_of_member(member uuid)",
            "void",
            "DELETE FROM identity_session s USING identity_member m"
            " WHERE m.id = s.member_id AND m.id = member AND m.company_id = actor_company()",
            roles="torihiki_application",
        ),
    ]
