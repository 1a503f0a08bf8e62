"""Addresses of partners and of the own company's card."""

from django.urls import path, re_path

from torihiki.exchange.partners.pages import company, invitations, partners, terms

urlpatterns = [
    path("partners", partners.partners_page, name="partners"),
    path("partners/new", partners.new_partner_page, name="new-partner"),
    path("partners/invite", invitations.invite_page, name="invite-partner"),
    path(
        "partners/invitations/<uuid:relationship_id>/resend", invitations.resend_page, name="resend-partner-invitation"
    ),
    path(
        "partners/invitations/<uuid:relationship_id>/withdraw",
        invitations.withdraw_page,
        name="withdraw-partner-invitation",
    ),
    path("partners/<uuid:partner_id>", partners.partner_page, name="partner"),
    path("partners/<uuid:partner_id>/edit", partners.edit_partner_page, name="edit-partner"),
    path("partners/<uuid:partner_id>/invite", invitations.invite_page, name="invite-external-partner"),
    path("partners/<uuid:partner_id>/archive", partners.archive_page, name="archive-partner"),
    path("partners/<uuid:partner_id>/restore", partners.restore_page, name="restore-partner"),
    path("partners/<uuid:partner_id>/suspend", partners.suspend_page, name="suspend-partner"),
    path("partners/<uuid:partner_id>/resume", partners.resume_page, name="resume-partner"),
    path("partners/<uuid:partner_id>/end", partners.end_page, name="end-partner"),
    path("partners/<uuid:partner_id>/terms", terms.terms_page, name="partner-terms"),
    path("partners/<uuid:partner_id>/terms/<uuid:terms_id>/agree", terms.agree_page, name="agree-terms"),
    path("partners/<uuid:partner_id>/terms/<uuid:terms_id>/decline", terms.decline_page, name="decline-terms"),
    path("partner-invitation/<str:token>", invitations.landing_page, name="partner-invitation"),
    re_path(
        r"^partner-invitation/(?P<token>[^/]+)/(?P<answer>accept|decline|register)\Z",
        invitations.answer_page,
        name="answer-partner-invitation",
    ),
    path("company", company.company_page, name="company"),
]
