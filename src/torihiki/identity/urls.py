"""Addresses of sign-in, members, units and the own profile."""

from django.urls import path

from torihiki.identity import api
from torihiki.identity.pages import invitations, members, profile, proving, security, signing, tokens, two_step, units
from torihiki.ledger.endpoints import address

urlpatterns = [
    address("me", api.get_me, name="api-me"),
    path("sign-in", signing.sign_in_page, name="sign-in"),
    path("sign-in/code", signing.second_step_page, name="second-step"),
    path("sign-in/forgotten", signing.forgotten_page, name="forgotten"),
    path("sign-in/reset/<str:token>", signing.reset_page, name="password-reset"),
    path("sign-in/password", signing.expired_password_page, name="expired-password"),
    path("sign-out", signing.sign_out_page, name="sign-out"),
    path("language", signing.language_page, name="language"),
    path("invitation/<str:token>", invitations.invitation_page, name="invitation"),
    path("profile", profile.profile_page, name="profile"),
    path("profile/password", profile.password_page, name="password"),
    path("profile/sessions", profile.sessions_page, name="sessions"),
    path("profile/sessions/<uuid:session_id>", profile.end_session_page, name="end-session"),
    path("profile/two-step", two_step.two_step_page, name="two-step"),
    path("profile/two-step/app", two_step.app_page, name="two-step-app"),
    path("profile/two-step/recovery", two_step.recovery_page, name="two-step-recovery"),
    path("profile/companies", profile.companies_page, name="companies"),
    path("profile/companies/<uuid:member_id>", signing.switch_company_page, name="switch-company"),
    path("prove", proving.prove_page, name="prove"),
    path("security", security.security_page, name="security"),
    path("security/<str:topic>", security.security_topic_page, name="security-topic"),
    path("security/<str:topic>/history", security.security_history_page, name="security-history"),
    path("members", members.members_page, name="members"),
    path("members/invite", members.invite_page, name="invite-member"),
    path("members/<uuid:member_id>", members.member_page, name="member"),
    path("members/<uuid:member_id>/suspend", members.suspend_page, name="suspend-member"),
    path("members/<uuid:member_id>/two-step", members.reset_two_step_page, name="reset-two-step"),
    path("members/<uuid:member_id>/unlock", members.unlock_page, name="unlock-member"),
    path("members/<uuid:member_id>/reactivate", members.reactivate_page, name="reactivate-member"),
    path("members/invitations/<uuid:invitation_id>/resend", members.resend_page, name="resend-invitation"),
    path("members/invitations/<uuid:invitation_id>/withdraw", members.withdraw_page, name="withdraw-invitation"),
    path("tokens", tokens.tokens_page, name="tokens"),
    path("tokens/new", tokens.new_token_page, name="new-token"),
    path("tokens/<uuid:token_id>/revoke", tokens.revoke_token_page, name="revoke-token"),
    path("units", units.units_page, name="units"),
    path("units/new", units.new_unit_page, name="new-unit"),
    path("units/<uuid:unit_id>", units.unit_page, name="unit"),
    path("units/<uuid:unit_id>/close", units.close_unit_page, name="close-unit"),
    path("units/<uuid:unit_id>/reopen", units.reopen_unit_page, name="reopen-unit"),
]
